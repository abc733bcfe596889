import { createHmac } from 'node:crypto'
import type { Position } from '../model/diagnostic.ts'
import { type Keyring, type PublicPart, Secret } from '../model/secret.ts'
import type { SecretNeed } from '../model/secret-need.ts'
import { certificatesOf, pemOf } from './certificates.ts'
import type { SecretsFile } from './secrets-file.ts'

/** Where a spec or a recipe asks for a secret. */
export interface SecretUse {
  readonly key: string
  /** Unknown if the spec refers to it by `!secret`. */
  readonly need: SecretNeed | undefined
  readonly part: PublicPart | undefined
  /** Such as `recipe web`. */
  readonly by: string
  readonly position: Position | undefined
}

/** What a file of secrets has, and the values that are open. */
interface OpenedSecrets {
  readonly file: SecretsFile
  valueOf(key: string): string | undefined
}

/** A text of the right shape for what is not made yet, so that kinds which check it do not hide that it is missing. */
function standIn(need: SecretNeed | undefined, part: PublicPart): string | undefined {
  const zeros = Buffer.alloc(32)
  if (part === 'certificate')
    return `-----BEGIN CERTIFICATE-----\n${zeros.toString('base64')}\n-----END CERTIFICATE-----\n`
  if (need?.kind === 'wireguardKey') return zeros.toString('base64')
  if (need?.kind !== 'sshKey') return undefined
  // Two strings of RFC 4251, each after its length.
  const words = [Buffer.from('ssh-ed25519'), zeros].map((word) =>
    Buffer.concat([Buffer.from([0, 0, 0, word.length]), word]),
  )
  return `ssh-ed25519 ${Buffer.concat(words).toString('base64')}`
}

/** The secrets of a spec while it is loaded: who asks for which, and, once they are known, what they are. */
export interface SecretsInUse {
  /** The secret of `!secret web/db`, or of `!secret web/tls.certificate`. */
  refer(name: string, position: Position): Secret
  /** The secret that a recipe declares. */
  declare(use: Omit<SecretUse, 'part'> & { readonly need: SecretNeed }): Secret
  fill(secrets: OpenedSecrets): void
  /** Each once, in the order in which they were asked for. */
  readonly uses: readonly SecretUse[]
}

export function createSecretsInUse(): SecretsInUse {
  let opened: OpenedSecrets | undefined
  const uses = new Map<string, SecretUse>()
  const keyring: Keyring = {
    valueOf: (key) => opened?.valueOf(key),
    publicOf(key, part) {
      const secrets = opened?.file.secrets
      const entry = secrets?.get(key)
      if (secrets !== undefined && entry?.[part] !== undefined)
        return part === 'public' ? entry.public : certificatesOf(entry, secrets).map(pemOf).join('')
      const asking = [...uses.values()].filter((one) => one.key === key)
      for (const one of asking) use({ ...one, part })
      return asking.map(({ need }) => standIn(need, part)).find((text) => text !== undefined)
    },
    fingerprint: (text) =>
      createHmac('sha256', opened?.file.salt ?? '')
        .update(text)
        .digest('hex'),
  }
  const use = (one: SecretUse): void => {
    const id = JSON.stringify([one.key, one.need, one.part, one.by, one.position?.file, one.position?.line])
    if (!uses.has(id)) uses.set(id, one)
  }
  return {
    refer(name, position) {
      const [, key = name, part] = /^(.*)\.(public|certificate)$/.exec(name) ?? []
      const wanted = part === 'public' || part === 'certificate' ? part : undefined
      use({ key, need: undefined, part: wanted, by: 'the spec', position })
      return Secret.of(keyring, key, wanted)
    },
    declare({ key, need, by, position }) {
      use({ key, need, part: undefined, by, position })
      return Secret.of(keyring, key)
    },
    fill(secrets) {
      opened = secrets
    },
    get uses() {
      return [...uses.values()]
    },
  }
}
