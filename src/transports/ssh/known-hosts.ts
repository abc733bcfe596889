import { createHash, createHmac } from 'node:crypto'

/** One usable line of a known_hosts file; `key` is the public key's base64 blob. */
export interface KnownHost {
  readonly file: string
  readonly line: number
  readonly marker?: 'revoked' | 'cert-authority'
  readonly names: string
  readonly keyType: string
  readonly key: string
}

/** What the known hosts say about a presented key. */
export type HostKeyVerdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'changed'; readonly entry: KnownHost }
  | { readonly verdict: 'revoked'; readonly entry: KnownHost }
  /** Only a certificate authority is trusted for this host, and certificates cannot be verified. */
  | { readonly verdict: 'authority'; readonly entry: KnownHost }

/** Parses a known_hosts file (format: sshd(8), SSH_KNOWN_HOSTS). Lines that OpenSSH would skip are skipped. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((raw, index) => {
    const fields = raw.trim().split(/[ \t]+/)
    if (raw.trim() === '' || raw.trim().startsWith('#')) return []
    const marker = fields[0]?.startsWith('@') ? fields.shift()?.slice(1) : undefined
    const [names, keyType, key] = fields
    if (names === undefined || keyType === undefined || key === undefined) return []
    const entry = { file, line: index + 1, names, keyType, key }
    if (marker === undefined) return [entry]
    return marker === 'revoked' || marker === 'cert-authority' ? [{ ...entry, marker }] : []
  })
}

/** The name of a host in known_hosts: `host`, or `[host]:port` if the port is not 22. */
export function knownHostName(hostname: string, port: number): string {
  const name = hostname.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

/** The entries whose names match; a negated name that matches excludes its whole line. */
export function entriesFor(entries: readonly KnownHost[], name: string): readonly KnownHost[] {
  return entries.filter((entry) => matches(entry.names, name))
}

/** Judges a presented key by the entries of its host. A revoked key is always refused. */
export function judgeHostKey(entries: readonly KnownHost[], key: Uint8Array): HostKeyVerdict {
  const presented = Buffer.from(key).toString('base64')
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key === presented)
  if (revoked !== undefined) return { verdict: 'revoked', entry: revoked }
  const trusted = entries.filter((entry) => entry.marker === undefined)
  if (trusted.some((entry) => entry.key === presented)) return { verdict: 'known' }
  // A key of another type than the known ones is a changed key, too: the known types were offered first, so the host no
  // longer has them, and an interceptor must not get around `accept-new` by another type.
  const type = keyTypeOf(key)
  const changed = trusted.find((entry) => entry.keyType === type) ?? trusted[0]
  if (changed !== undefined) return { verdict: 'changed', entry: changed }
  const authority = entries.find((entry) => entry.marker === 'cert-authority')
  return authority === undefined ? { verdict: 'unknown' } : { verdict: 'authority', entry: authority }
}

/** `SHA256:...` as OpenSSH prints it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The type that a public key blob names, such as `ssh-ed25519`. */
export function keyTypeOf(key: Uint8Array): string {
  const blob = Buffer.from(key)
  return blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|')) return matchesHashed(names, name)
  const patterns = names.toLowerCase().split(',')
  if (patterns.some((pattern) => pattern.startsWith('!') && wildcard(pattern.slice(1)).test(name)))
    return false
  return patterns.some((pattern) => !pattern.startsWith('!') && wildcard(pattern).test(name))
}

function matchesHashed(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|')
  if (version !== '1' || salt === undefined || hash === undefined) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}
