import type { AlgorithmList, CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2'
import type { SshConfig } from './keywords.ts'

/** What ssh_config allows of what ssh2 can do; undefined where it leaves that open. */
export interface Algorithms {
  readonly hostKeys: readonly ServerHostKeyAlgorithm[]
  readonly cipher: AlgorithmList<CipherAlgorithm> | undefined
  readonly kex: AlgorithmList<KexAlgorithm> | undefined
  readonly hmac: AlgorithmList<MacAlgorithm> | undefined
  /** Those that the user's keys may sign with. */
  readonly userKeys: readonly string[] | undefined
}

/** What ssh2 offers by itself, in an order that depends on the machine, and what it can do besides. */
interface Abilities<Name> {
  readonly usual: readonly Name[]
  readonly more: readonly Name[]
}

const hostKeys: Abilities<ServerHostKeyAlgorithm> = {
  usual: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  more: ['ssh-rsa'],
}

const ciphers: Abilities<CipherAlgorithm> = {
  usual: [
    'chacha20-poly1305@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  more: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
}

const kex: Abilities<KexAlgorithm> = {
  usual: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
  ],
  more: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
}

const macs: Abilities<MacAlgorithm> = {
  usual: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
  more: ['hmac-md5', 'hmac-sha1-96', 'hmac-md5-96'],
}

/** Throws if ssh_config allows nothing that ssh2 can do. */
export function algorithmsOf(config: SshConfig): Algorithms {
  const allowed = allowedBy(config, 'hostkeyalgorithms', hostKeys)
  return {
    hostKeys: [...hostKeys.usual, ...hostKeys.more].filter(allowed ?? isUsual(hostKeys)),
    cipher: limited(ciphers, allowedBy(config, 'ciphers', ciphers)),
    kex: limited(kex, allowedBy(config, 'kexalgorithms', kex)),
    hmac: limited(macs, allowedBy(config, 'macs', macs)),
    userKeys: config.get('pubkeyacceptedalgorithms')?.[0]?.split(','),
  }
}

function allowedBy<Name extends string>(
  config: SshConfig,
  keyword: string,
  { usual, more }: Abilities<Name>,
): ((name: Name) => boolean) | undefined {
  const names = config.get(keyword)?.[0]?.split(',')
  if (names === undefined) return undefined
  const allowed = (name: Name) => names.includes(name)
  if (![...usual, ...more].some(allowed)) {
    throw new Error(`converge has none of the ${keyword} ${names.join(',')}`)
  }
  return allowed
}

function isUsual<Name>({ usual }: Abilities<Name>): (name: Name) => boolean {
  return (name) => usual.includes(name)
}

function limited<Name>(
  { usual, more }: Abilities<Name>,
  allowed: ((name: Name) => boolean) | undefined,
): AlgorithmList<Name> | undefined {
  if (allowed === undefined) return undefined
  return { remove: usual.filter((name) => !allowed(name)), append: more.filter(allowed), prepend: [] }
}
