import { Type } from 'typebox'
import { readPublicLine } from '../../model/public-key.ts'
import { describe, FilledText, wholeNumber } from '../../model/schema.ts'
import { block } from '../block.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { absent, used } from '../define/schema-types.ts'
import { HostName } from './names.ts'

const KnownHostSchema = Type.Object({
  name: used('the first name by which it is known', HostName),
  absent,
  keys: Type.Array(describe(FilledText, 'a public key, written TYPE BASE64'), {
    minItems: 1,
    description: 'a list of public keys, each as in a file of /etc/ssh/ssh_host_*.pub',
  }),
  aliases: Type.Array(
    Type.String({
      pattern: '^[A-Za-z0-9.:-]+$',
      description: 'the name or the address of a host',
    }),
    { description: 'a list of further names and addresses' },
  ),
  port: Type.Optional(wholeNumber(1, 'where its sshd listens, 22 if absent')),
})

const path = '/etc/ssh/ssh_known_hosts'

/** The public keys of a host in `/etc/ssh/ssh_known_hosts`, for all users; others own that file as well. */
export const { resource: knownHost, kind: knownHostKind } = defineComposite({
  kind: 'knownHost',
  schema: KnownHostSchema,
  defaults: { aliases: [] as string[] },
  key: 'name',
  absent: (name) => [block({ path, name, absent: true })],
  parts: ({ name, keys, aliases, port = 22 }, _host, self) => {
    const names = [name, ...aliases].map((one) => (port === 22 ? one : `[${one}]:${port}`)).join(',')
    const lines = keys.map((key) => {
      const [type, base64] = key.trim().split(/[ \t]+/)
      if (/[\r\n]/.test(key.trim()) || readPublicLine(key) === undefined)
        invalid(
          self,
          `this is not a public key: ${key.slice(0, 40)}`,
          'write TYPE BASE64, as ssh-keyscan prints it',
        )
      return `${names} ${type} ${base64}\n`
    })
    return [block({ path, name, content: lines.join('') })]
  },
})
