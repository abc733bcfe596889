import { Type } from 'typebox'

/** The name of a file in a directory of drop-ins, which its program reads in the order of the names. */
export const FileStem = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
  maxLength: 200,
  description: 'letters, digits, hyphens and underscores; the name of its file without the extension',
})

export const HostName = Type.String({
  pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
  maxLength: 253,
  description: 'the name of a host',
})
