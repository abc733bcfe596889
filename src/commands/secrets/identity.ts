import { readFile, stat } from 'node:fs/promises'
import { shellWord } from '../../model/shell-word.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'
import { isPrivateKey } from './age.ts'

export interface IdentityOptions {
  /** File with private keys of age; `-` for stdin. */
  readonly identity?: string
}

/** Private keys of age. */
export type Identities = readonly string[]

/** The ways to give an identity, as a hint. */
const identityWays =
  'pass --identity FILE (- for stdin), or set CONVERGE_IDENTITY to the text of a private key of age'

/** From --identity, else CONVERGE_IDENTITY, which has the text of a key; undefined if there is neither. */
export async function identitiesOf({ identity }: IdentityOptions, io: Io): Promise<Identities | undefined> {
  const { CONVERGE_IDENTITY: text } = io.env
  if (identity === '-') return parseIdentities('stdin', (await io.readInput()).toString('utf8'))
  if (identity !== undefined) return parseIdentities(identity, await readPrivate(identity))
  return text === undefined ? undefined : parseIdentities('CONVERGE_IDENTITY', text)
}

/** Throws a SpecError that says what it is needed for: `to open web/db`. */
export async function neededIdentities(options: IdentityOptions, io: Io, why: string): Promise<Identities> {
  const identities = await identitiesOf(options, io)
  if (identities === undefined) throw usageError(`an identity is needed ${why}`, identityWays)
  return identities
}

async function readPrivate(file: string): Promise<string> {
  const there = await stat(file)
  if (there.isFile() && (there.mode & 0o077) !== 0)
    throw usageError(`${file} is a key that others can read`, `run \`chmod 600 ${shellWord(file)}\``)
  return await readFile(file, 'utf8')
}

const onlyX25519 = 'make one with `age-keygen`, or with `converge secrets init NAME --new-identity FILE`'

/** What else people call their key, none of which is repeated in a message. */
const others: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(?:age-encryption\.org\/v1|-----BEGIN AGE ENCRYPTED FILE-----)/,
    'is an identity that is encrypted with a passphrase',
    'decrypt it on the way: `age -d KEY.age | converge ... --identity -`',
  ],
  [
    /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m,
    'has a key of SSH or TLS, which opens no secrets here',
    onlyX25519,
  ],
  [/^AGE-PLUGIN-/m, 'needs a plugin of age, and converge runs none', onlyX25519],
  [/^AGE-SECRET-KEY-(?!1)/m, 'has a key of age that is not of type X25519', onlyX25519],
  [/^(?:age1|ssh-)/m, 'has a public key', 'the private one begins with AGE-SECRET-KEY-1'],
]

/** The private keys of a file as age-keygen writes it. */
async function parseIdentities(where: string, text: string): Promise<Identities> {
  const other = others.find(([pattern]) => pattern.test(text))
  if (other !== undefined) throw usageError(`${where} ${other[1]}`, other[2])
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  for (const key of keys) {
    if (!key.startsWith('AGE-SECRET-KEY-1')) {
      const hint =
        where === 'CONVERGE_IDENTITY'
          ? 'it has the text of a key, which begins with AGE-SECRET-KEY-1; a file follows --identity'
          : 'a key begins with AGE-SECRET-KEY-1, and a comment with #'
      throw usageError(`${where} is not an identity of age`, hint)
    }
    if (!(await isPrivateKey(key)))
      throw usageError(`${where} has a damaged key: its checksum is wrong`, 'copy it again, as a whole')
  }
  if (keys.length === 0) throw usageError(`${where} has no key`, onlyX25519)
  return keys
}
