import { Type } from 'typebox'
import { checkAuthorizedKeys } from '../../formats/authorized-keys.ts'
import { FormatError } from '../../formats/format-error.ts'
import { describe, FilledText, HostPath } from '../../model/schema.ts'
import { block } from '../block.ts'
import { defineComposite } from '../define/define-composite.ts'
import { AccountName, used } from '../define/schema-types.ts'

const AuthorizedKeySchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    maxLength: 100,
    description: 'letters, digits, dots, hyphens and underscores; by which its line is found again',
  }),
  user: used('whom it lets in', AccountName),
  key: describe(FilledText, 'a line of authorized_keys: a public key, with options before it if need be'),
  home: Type.Optional(used('the directory of the user; /root or /home/USER if absent', HostPath)),
})

/** A key in a user's authorized_keys, in which others have keys as well (sshd(8)). */
export const { resource: authorizedKey, kind: authorizedKeyKind } = defineComposite({
  kind: 'authorizedKey',
  schema: AuthorizedKeySchema,
  defaults: {},
  key: 'name',
  parts: ({ name, user, key, home = user === 'root' ? '/root' : `/home/${user}` }) => {
    const mistakes = checkAuthorizedKeys([key.trim()], () => ['key'])
    if (mistakes.length > 0) throw new FormatError(mistakes)
    const path = `${home}/.ssh/authorized_keys`
    return [block({ path, name, content: `${key.trim()}\n`, mode: '0600', owner: user, group: user })]
  },
})
