import type { ServerHostKeyAlgorithm } from 'ssh2'
import { ConvergeError } from '../../model/errors.ts'
import { fingerprint, keyTypeOf, readPublicKey, rsaBits } from '../../model/public-key.ts'
import { shellWord } from '../../model/shell-word.ts'
import { entriesFor, isPlainName, judgeHostKey, type KnownHost, knownHostName } from './known-hosts.ts'
import type { KnownHostsStore } from './known-hosts-store.ts'
import { isRevoked } from './revoked.ts'
import type { SshRoute } from './settings.ts'

/** Whether a host key was known before this run, or recorded by `accept-new` in it. */
export type KnownSince = 'before' | 'this run'

export interface HostKeyCheck {
  /** Host key algorithms: those of known keys first, so that a second key of the host raises no alarm. */
  readonly algorithms: ServerHostKeyAlgorithm[]
  /** Resolves if the key is trusted, with when it became known; rejects with the reason and the remedy. */
  verify(key: Buffer): Promise<KnownSince>
}

export async function hostKeyCheck(
  host: string,
  route: SshRoute,
  store: KnownHostsStore,
): Promise<HostKeyCheck> {
  const name = knownHostName(route)
  const entries = await store.entries(route.knownHostsFiles)
  const file = route.newKeysFile
  const fields = { host, step: 'connect' } as const
  const records = route.hostKeyChecking === 'accept-new' && file !== undefined
  if (records && !route.isOwnFile) {
    const problem = await store.recordingProblem(file)
    if (problem !== undefined) throw notRecorded(host, file, problem)
  }
  return {
    algorithms: offeredAlgorithms(route, entriesFor(entries, name)),
    async verify(key) {
      const presented = `${keyTypeOf(key)} ${fingerprint(key)}`
      const revoked = (place: string) =>
        new ConvergeError('host-key-revoked', `the host key of ${name} is revoked: ${presented} (${place})`, {
          ...fields,
          remedy: 'Give the host a new key; a revoked one must not be used again.',
        })
      if (await isInRevokedFile(host, route, key)) throw revoked(`${route.revokedKeysFile}`)
      const bits = rsaBits(key) ?? route.requiredRsaBits
      if (bits < route.requiredRsaBits) {
        const problem = `the host key of ${name} is too short: RSA with ${bits} bits, and ${route.requiredRsaBits} are required`
        const remedy = 'Give the host a new key; RequiredRSASize in ssh_config is the least size.'
        throw new ConvergeError('unsupported', problem, { ...fields, remedy })
      }
      // Its type and size would be the server's to choose, also in the line that is recorded.
      if (readPublicKey(keyTypeOf(key), key.toString('base64')) === undefined)
        throw new ConvergeError('unsupported', `the host key of ${name} is malformed`, {
          ...fields,
          remedy: 'Check what listens there; OpenSSH refuses such a key, too.',
        })
      const judged = judgeHostKey(entries, route, key)
      switch (judged.verdict) {
        case 'known':
          return store.isNew(key) ? 'this run' : 'before'
        case 'unknown':
          if (records && isPlainName(name)) {
            await store.append(file, name, key, await route.recordedForm())
            return 'this run'
          }
          throw new ConvergeError('host-key-unknown', `the host key of ${name} is not known: ${presented}`, {
            ...fields,
            remedy: records
              ? `accept-new records only the names of single hosts: correct HostKeyAlias in ssh_config, or add the key to ${file} yourself.`
              : `Compare it with the key on the host, then run \`ssh-keyscan -p ${route.port} ${shellWord(route.hostname)} >> ${shellWord(file ?? '~/.ssh/known_hosts')}\`, or set \`hostKeyChecking: accept-new\` under \`ssh\`.`,
          })
        case 'changed':
          throw new ConvergeError(
            'host-key-changed',
            `the host key of ${name} has changed: ${presented}; the known key is ${known(judged.entry)}`,
            {
              ...fields,
              remedy: `The connection may be intercepted. If the host was reinstalled, remove the old key with \`ssh-keygen -R ${shellWord(name)} -f ${shellWord(judged.entry.file)}\`.`,
            },
          )
        case 'revoked':
          throw revoked(place(judged.entry))
        case 'authority':
          throw new ConvergeError(
            'unsupported',
            `${name} is known only by a certificate authority (${place(judged.entry)}), and host certificates cannot be verified`,
            {
              ...fields,
              remedy: `Add the host's own key, ${presented}, to ${file ?? '~/.ssh/known_hosts'} after comparing it with the key on the host.`,
            },
          )
      }
    },
  }
}

export function notRecorded(host: string, file: string, problem: string): ConvergeError {
  return new ConvergeError('unsupported', `no host key may be added to ${file}: ${problem}`, {
    host,
    step: 'connect',
    remedy:
      "Set `knownHostsFile` under `ssh` to a file in the spec's repository or leave it out, or set `hostKeyChecking: yes`.",
  })
}

/** As ssh, which refuses every key if it cannot read the list. */
async function isInRevokedFile(host: string, { revokedKeysFile }: SshRoute, key: Buffer): Promise<boolean> {
  if (revokedKeysFile === undefined) return false
  return isRevoked(revokedKeysFile, key).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConvergeError(
      'connect-failed',
      `cannot check the host key: RevokedHostKeys ${revokedKeysFile}: ${reason}`,
      {
        host,
        step: 'connect',
        remedy: 'Make the file a list of public keys, or a KRL of `ssh-keygen -k`, that you can read.',
        cause,
      },
    )
  })
}

function offeredAlgorithms(
  { algorithms }: SshRoute,
  entries: readonly KnownHost[],
): ServerHostKeyAlgorithm[] {
  const types = new Set(entries.filter((entry) => entry.marker === undefined).map((entry) => entry.keyType))
  const isKnown = (algorithm: string) => types.has(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)
  const { hostKeys } = algorithms
  return [...hostKeys.filter(isKnown), ...hostKeys.filter((algorithm) => !isKnown(algorithm))]
}

function known(entry: KnownHost): string {
  return `${entry.keyType} ${fingerprint(entry.key)} (${place(entry)})`
}

function place(entry: KnownHost): string {
  return `${entry.file}:${entry.line}`
}
