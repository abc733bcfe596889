import { Type } from 'typebox'
import type { Mistake } from '../model/diagnostic.ts'
import { type Data, FilledText, type JsonSchema, ShellCommand, wholeNumber } from '../model/schema.ts'
import { type SecretKind, secretKeyPattern, secretKinds } from '../model/secret-need.ts'

const base64 = '[A-Za-z0-9+/]+={0,2}'

const key = { pattern: secretKeyPattern, description: 'the key of another secret, such as pki/ca' }

const Certificate = Type.String({
  pattern: `^MII${base64}$`,
  description: 'a certificate in base64 (DER), as `converge secrets generate` writes it',
})

/** The options of each kind, which generate and rotate use. */
const optionsOf: Readonly<Record<SecretKind, readonly string[]>> = {
  password: ['length'],
  token: ['bytes'],
  sshKey: ['public'],
  wireguardKey: ['public'],
  authority: ['days', 'next', 'certificate', 'previous'],
  certificate: ['authority', 'days', 'certificate'],
  opaque: [],
}

/** Where the value of a secret is: in the file, or somewhere else. */
const sources = ['value', 'environment', 'file', 'command'] as const
type Source = (typeof sources)[number]

const SecretEntry = Type.Object(
  {
    kind: Type.Optional(
      Type.Unsafe<SecretKind>({
        enum: [...secretKinds],
        description: `What it is: ${secretKinds.join(', ')}. Default: opaque.`,
      }),
    ),
    length: Type.Optional(wholeNumber(8, 'characters of a password')),
    bytes: Type.Optional(wholeNumber(8, 'random bytes of a token')),
    authority: Type.Optional(Type.String(key)),
    days: Type.Optional(wholeNumber(1, 'days that the certificate is valid')),
    public: Type.Optional(Type.String({ minLength: 1, description: 'text; the public half of the key' })),
    certificate: Type.Optional(Certificate),
    next: Type.Optional(
      Type.String({
        ...key,
        description: 'the key of another authority, which is trusted too and will take the place of this one',
      }),
    ),
    previous: Type.Optional({
      ...Certificate,
      description: 'the certificate in base64 (DER) of the authority before, which is still trusted',
    }),
    value: Type.Optional(
      Type.String({
        pattern: `^YWdlLWVuY3J5cHRpb24ub3JnL3YxC${base64}$`,
        description: 'an encrypted file of age in base64, as `converge secrets set` writes it',
      }),
    ),
    environment: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: 'the name of an environment variable that has the value',
      }),
    ),
    file: Type.Optional(
      Type.Unsafe<string>({
        ...FilledText,
        description: 'the path of a file that has the value, relative to the folder of this one',
      }),
    ),
    command: Type.Optional(
      Type.Unsafe<string>({ ...ShellCommand, description: 'a shell command that prints the value' }),
    ),
  },
  { additionalProperties: false, description: 'One secret, on one line.' },
)
export type SecretEntry = Data<typeof SecretEntry>

const SecretsFile = Type.Object(
  {
    salt: Type.String({
      pattern: '^[0-9a-f]{32}$',
      description:
        '32 random hexadecimal digits; checksums of secrets that leave this machine are made with them',
    }),
    recipients: Type.Optional(
      Type.Unsafe<Readonly<Record<string, string>> | null>({
        type: ['object', 'null'],
        additionalProperties: {
          type: 'string',
          pattern: '^age1[02-9ac-hj-np-z]{58}$',
          description: 'an X25519 public key of age (age1...)',
        },
        description: 'Who can open the values: names and public keys of age.',
      }),
    ),
    secrets: Type.Optional(
      Type.Unsafe<Readonly<Record<string, SecretEntry>> | null>({
        type: ['object', 'null'],
        additionalProperties: SecretEntry,
        description: 'Secrets by key, such as web/db, sorted, one on each line.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** The content of secrets.yaml. */
export interface SecretsFile {
  readonly salt: string
  readonly recipients: ReadonlyMap<string, string>
  readonly secrets: ReadonlyMap<string, SecretEntry>
}

/** The JSON Schema (2020-12) of secrets.yaml. */
export const secretsSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'secrets.yaml of converge',
  ...SecretsFile,
}

export type WrittenSecrets = Data<typeof SecretsFile>

export function secretsOf({ salt, recipients, secrets }: WrittenSecrets): SecretsFile {
  return {
    salt,
    recipients: new Map(Object.entries(recipients ?? {})),
    secrets: new Map(Object.entries(secrets ?? {})),
  }
}

export function kindOf({ kind = 'opaque' }: SecretEntry): SecretKind {
  return kind
}

/** How far the rotation of an authority is: 1 while the next one is only trusted, 2 once it issues; undefined if it is not rotated. */
export function rotationStep({ next, previous }: SecretEntry): 1 | 2 | undefined {
  if (next !== undefined) return 1
  return previous === undefined ? undefined : 2
}

/** Where the value of a secret comes from, and what is written there. */
export function sourceOf(entry: SecretEntry): { readonly source: Source; readonly at: string } | undefined {
  for (const source of sources) {
    const at = entry[source]
    if (at !== undefined) return { source, at }
  }
  return undefined
}

/** A mistake that the schema cannot express, at a member of an entry or at the entry itself. */
export interface EntryMistake extends Mistake {
  readonly member: string | undefined
}

/** By the key of each authority that will take the place of another one: that other one. */
export function followed(secrets: SecretsFile['secrets']): ReadonlyMap<string, string> {
  const following = new Map<string, string>()
  for (const [key, { next }] of secrets)
    if (next !== undefined && !following.has(next)) following.set(next, key)
  return following
}

export function mistakesIn(
  key: string,
  entry: SecretEntry,
  secrets: SecretsFile['secrets'],
  following: ReadonlyMap<string, string>,
): readonly EntryMistake[] {
  const kind = kindOf(entry)
  const given = sources.filter((source) => entry[source] !== undefined)
  const allowed = [...optionsOf[kind], 'kind', ...sources]
  const mistakes: (EntryMistake | false)[] = [
    given.length === 0 && {
      member: undefined,
      message: 'it has no value',
      hint: 'run `converge secrets set`, or name its environment, file or command',
    },
    given.length > 1 && {
      member: given[1],
      message: `${given.join(' and ')} are both set`,
      hint: 'keep one of them',
    },
    ...Object.keys(entry)
      .filter((member) => !allowed.includes(member))
      .map((member) => ({
        member,
        message: `${member} is not for the kind ${kind}`,
        hint: `it takes ${[...optionsOf[kind], 'a value'].join(', ')}`,
      })),
    nextMistake(key, entry, secrets, following),
    ...(['authority', 'next'] as const).map((member) => authorityMistake(member, entry[member], secrets)),
    entry.authority !== undefined &&
      following.has(entry.authority) && {
        member: 'authority',
        message: `${entry.authority} issues nothing before it takes the place of ${following.get(entry.authority)}`,
        hint: `name ${following.get(entry.authority)}`,
      },
  ]
  return mistakes.filter((mistake) => mistake !== false)
}

function nextMistake(
  key: string,
  { next, previous }: SecretEntry,
  secrets: SecretsFile['secrets'],
  following: ReadonlyMap<string, string>,
): EntryMistake | false {
  if (next === undefined) return false
  const at = (message: string, hint: string) => ({ member: 'next', message, hint })
  const order =
    'an authority has a next one before its rotation issues anything, and a previous one after that'
  if (previous !== undefined) return at('next and previous are both set', order)
  if (next === key) return at('it is its own next one', order)
  if (rotationStep(secrets.get(next) ?? {}) !== undefined)
    return at(`${next} is being rotated itself`, 'name an authority that is not')
  const other = following.get(next)
  return other !== key && at(`${next} is the next one of ${other} already`, 'name another one')
}

function authorityMistake(
  member: 'authority' | 'next',
  named: string | undefined,
  secrets: SecretsFile['secrets'],
): EntryMistake | false {
  const issuer = named === undefined ? undefined : secrets.get(named)
  if (named === undefined || (issuer !== undefined && kindOf(issuer) === 'authority')) return false
  const message = issuer === undefined ? `there is no secret ${named}` : `${named} is not an authority`
  return { member, message, hint: 'name a secret of kind authority' }
}
