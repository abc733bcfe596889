import { Type } from 'typebox'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { file } from '../file.ts'

const HostnameSchema = Type.Object({
  name: Type.String({
    pattern:
      '^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$',
    description: 'a hostname of at most 64 letters, digits, hyphens and dots',
  }),
})

/** The hostname, now and after a boot (hostname(5)). */
export const { resource: hostname, kind: hostnameKind } = defineComposite({
  kind: 'hostname',
  schema: HostnameSchema,
  defaults: {},
  key: 'name',
  parts: ({ name }) => [
    file({ path: '/etc/hostname', content: `${name}\n` }),
    command({
      name: `set the hostname ${name}`,
      // In a container the file cannot be written.
      command: `if command -v hostname >/dev/null; then hostname ${name}; else echo ${name} >/proc/sys/kernel/hostname; fi`,
      unless: `[ "$(cat /proc/sys/kernel/hostname)" = ${name} ]`,
      live: true,
    }),
  ],
})
