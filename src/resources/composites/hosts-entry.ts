import { Type } from 'typebox'
import { block } from '../block.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent, used } from '../define/schema-types.ts'
import { HostName } from './names.ts'

const HostsEntrySchema = Type.Object({
  name: used('the first name of the line', HostName),
  absent,
  address: Type.String({
    pattern: '^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)$',
    description: 'an IPv4 or IPv6 address',
  }),
  aliases: Type.Array(HostName, { description: 'a list of further names' }),
})

const path = '/etc/hosts'

/** A line of `/etc/hosts`, which others own as well. */
export const { resource: hostsEntry, kind: hostsEntryKind } = defineComposite({
  kind: 'hostsEntry',
  schema: HostsEntrySchema,
  defaults: { aliases: [] as string[] },
  key: 'name',
  absent: (name) => [block({ path, name, absent: true })],
  parts: ({ name, address, aliases }) => [
    block({ path, name, content: `${[address, name, ...aliases].join(' ')}\n` }),
  ],
})
