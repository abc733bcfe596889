import { type TSchema, Type } from 'typebox'
import { flag } from '../../model/schema.ts'
import type { Secret } from '../../model/secret.ts'

/** Text that may have secrets in it. */
export const secretText = (schema: object) =>
  Type.Unsafe<string | Secret>({ type: 'string', ...schema, secret: true })

/** A yes or no in a spec. */
export const yesOrNo = (use: string) => flag(`true or false; ${use}`)

/** The same schema, with what this property is for. */
export const used = <Schema extends TSchema>(use: string, schema: Schema): Schema => ({
  ...schema,
  description: `${Reflect.get(schema, 'description')}; ${use}`,
})

/** PATH_MAX of Linux. */
export const longestPath = 4096

/** An absolute, normalized path on a host, so that claims find two spellings of one path. */
export const NormalPath = Type.String({
  pattern: '^(/(?!\\.{1,2}(/|$))[^/\\u0000]+)+$',
  maxLength: longestPath,
  description: 'an absolute path without `//`, `.`, `..` or a slash at its end',
})

export const Mode = Type.String({
  pattern: '^[0-7]{4}$',
  description: 'four octal digits as a string, such as "0644"',
})

export const AccountName = Type.String({
  pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,30}\\$?$',
  description: 'the name of a user or group',
})

// Directory services have names such as `domain users` and `EXAMPLE\\ann`, which converge could not create.
const knownAccount =
  '[^-+~:,/\\u0000-\\u0020\\u007f]([^:,/\\u0000-\\u001f\\u007f]*[^:,/\\u0000-\\u0020\\u007f])?'

export const KnownAccount = Type.String({
  pattern: `^(?!\\d+$)${knownAccount}$`,
  description: 'the name of a user or group',
})

export const AccountNameOrId = Type.String({
  pattern: `^${knownAccount}$`,
  description: 'the name of a user or group, or its number as a string',
})

export const Sha256 = Type.String({
  pattern: '^[0-9a-fA-F]{64}$',
  description: '64 hexadecimal digits, as sha256sum prints them',
})

/** Plans show it, and so do the processes of the host. */
export const HttpUrl = (what: string) =>
  Type.String({
    pattern: '^https?://(?![^/?#]*@)[^\\s\\u0000]+$',
    description: `the http or https URL of ${what}, without a user or password`,
  })

export const absent = yesOrNo('true removes it from the host, and keeps it away')

export const accountFlags = (account: 'user' | 'group') => ({
  system: yesOrNo('true gives a new account a number from the range for services'),
  prune: yesOrNo(`true removes the ${account} when it is removed from the spec, if converge created it`),
})
