import { createHmac, randomBytes } from 'node:crypto'
import { perObject } from '../../model/memo.ts'
import { keyTypeOf, readPublicKey } from '../../model/public-key.ts'

/** One usable line of a known_hosts file. */
export interface KnownHost {
  readonly file: string
  readonly line: number
  readonly marker?: 'revoked' | 'cert-authority'
  readonly names: string
  readonly keyType: string
  readonly key: Buffer
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
    const [names, keyType, base64] = fields
    if (names === undefined || keyType === undefined || base64 === undefined) return []
    const key = readPublicKey(keyType, base64)
    if (key === undefined) return []
    const entry = { file, line: index + 1, names, keyType, key }
    if (marker === undefined) return [entry]
    return marker === 'revoked' || marker === 'cert-authority' ? [{ ...entry, marker }] : []
  })
}

/** What known_hosts calls a host by. */
export interface NamedHost {
  readonly hostname: string
  readonly port: number
  readonly hostKeyAlias: string | undefined
}

/** The name of a host in known_hosts: its alias, else `host`, or `[host]:port` if the port is not 22. */
export function knownHostName({ hostname, port, hostKeyAlias }: NamedHost): string {
  if (hostKeyAlias !== undefined) return hostKeyAlias
  return port === 22 ? hostname.toLowerCase() : `[${hostname.toLowerCase()}]:${port}`
}

/** The name as HashKnownHosts has it. */
export function hashedName(name: string, salt = randomBytes(20)): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

/** Whether it is one IP address or name: no pattern, no list, nothing that a shell would read. */
export function isPlainHost(text: string): boolean {
  return /^(?:\w[\w.-]*|[\da-f:.]+(?:%[\w.-]+)?)$/i.test(text)
}

/** Whether a line of known_hosts with this name speaks of one host only. */
export function isPlainName(name: string): boolean {
  const [, bracketed = name] = /^\[([^\]]+)\]:\d+$/.exec(name) ?? []
  return isPlainHost(bracketed)
}

/** The number of the first line that is neither an entry nor a comment, as in a file that is no known_hosts. */
export function foreignLine(text: string): number | undefined {
  const entries = parseKnownHosts(text, '').filter(({ names }) => NAMES.test(names))
  const lines = new Set(entries.map(({ line }) => line))
  const at = text
    .split('\n')
    .findIndex((raw, index) => !lines.has(index + 1) && !/^\s*(?:#(?!!)|$)/.test(raw))
  return at < 0 ? undefined : at + 1
}

const NAMES = /^(?:\|1\|[\w+/=]+\|[\w+/=]+|[\w.:%*?!,[\]-]+)$/

/** The entries whose names match; a negated name that matches excludes its whole line. */
export function entriesFor(entries: readonly KnownHost[], name: string): readonly KnownHost[] {
  // A name with a comma would speak of several hosts: each of them counts.
  const names = name.split(',')
  return entries.filter((entry) => names.some((part) => matches(entry, part)))
}

/** Judges a presented key by the known hosts. As in OpenSSH, one that is known without the port is known with it. */
export function judgeHostKey(known: readonly KnownHost[], host: NamedHost, key: Uint8Array): HostKeyVerdict {
  const name = knownHostName(host)
  const judged = judge(entriesFor(known, name), key)
  if (judged.verdict !== 'unknown' || name === host.hostname || host.hostKeyAlias !== undefined) return judged
  const withoutPort = judge(entriesFor(known, host.hostname.toLowerCase()), key)
  return ['known', 'revoked'].includes(withoutPort.verdict) ? withoutPort : judged
}

function judge(entries: readonly KnownHost[], key: Uint8Array): HostKeyVerdict {
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key))
  if (revoked !== undefined) return { verdict: 'revoked', entry: revoked }
  const trusted = entries.filter((entry) => entry.marker === undefined)
  if (trusted.some((entry) => entry.key.equals(key))) return { verdict: 'known' }
  // A key of another type than the known ones is a changed key, too: the known types were offered first, so the host no
  // longer has them, and an interceptor must not get around `accept-new` by another type.
  const type = keyTypeOf(key)
  const changed = trusted.find((entry) => entry.keyType === type) ?? trusted[0]
  if (changed !== undefined) return { verdict: 'changed', entry: changed }
  const authority = entries.find((entry) => entry.marker === 'cert-authority')
  return authority === undefined ? { verdict: 'unknown' } : { verdict: 'authority', entry: authority }
}

function matches(entry: KnownHost, name: string): boolean {
  if (entry.names.startsWith('|')) return matchesHashed(entry.names, name)
  const lower = name.toLowerCase()
  const patterns = patternsOf(entry)
  if (patterns.some(({ isNegated, matches }) => isNegated && matches(lower))) return false
  return patterns.some(({ isNegated, matches }) => !isNegated && matches(lower))
}

/** Each line is asked about each host. */
const patternsOf = perObject(({ names }: KnownHost) =>
  names
    .toLowerCase()
    .split(',')
    .map((written) => {
      const isNegated = written.startsWith('!')
      const pattern = isNegated ? written.slice(1) : written
      if (!/[*?]/.test(pattern)) return { isNegated, matches: (name: string) => name === pattern }
      const expression = wildcard(pattern)
      return { isNegated, matches: (name: string) => expression.test(name) }
    }),
)

function matchesHashed(names: string, name: string): boolean {
  const [, version, salt = ''] = names.split('|')
  return version === '1' && hashedName(name, Buffer.from(salt, 'base64')) === names
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}
