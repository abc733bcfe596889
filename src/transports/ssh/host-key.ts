import type { ServerHostKeyAlgorithm } from 'ssh2'
import { ConvergeError } from '../../model/errors.ts'
import {
  entriesFor,
  fingerprint,
  judgeHostKey,
  type KnownHost,
  keyTypeOf,
  knownHostName,
} from './known-hosts.ts'
import type { KnownHostsStore } from './known-hosts-store.ts'
import type { SshRoute } from './settings.ts'

const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
]

export interface HostKeyCheck {
  /** Host key algorithms: those of known keys first, so that a second key of the host raises no alarm. */
  readonly algorithms: ServerHostKeyAlgorithm[]
  /** Resolves if the key is trusted; rejects with the reason and the remedy. */
  verify(key: Uint8Array): Promise<void>
}

export async function hostKeyCheck(
  host: string,
  route: SshRoute,
  store: KnownHostsStore,
): Promise<HostKeyCheck> {
  const name = route.hostKeyAlias ?? knownHostName(route.hostname, route.port)
  const entries = entriesFor(await store.entries(route.knownHostsFiles), name)
  const [file = ''] = route.knownHostsFiles
  return {
    algorithms: offeredAlgorithms(entries),
    async verify(key) {
      const judged = judgeHostKey(entries, key)
      const presented = `${keyTypeOf(key)} ${fingerprint(key)}`
      const fields = { host, step: 'connect' } as const
      switch (judged.verdict) {
        case 'known':
          return
        case 'unknown':
          if (route.hostKeyChecking === 'accept-new') return store.append(file, name, key)
          throw new ConvergeError('host-key-unknown', `the host key of ${name} is not known: ${presented}`, {
            ...fields,
            remedy: `Compare it with the key on the host, then run \`ssh-keyscan -p ${route.port} ${route.hostname} >> ${file}\`, or set \`hostKeyChecking: accept-new\` under \`ssh\`.`,
          })
        case 'changed':
          throw new ConvergeError(
            'host-key-changed',
            `the host key of ${name} has changed: ${presented}; the known key is ${known(judged.entry)}`,
            {
              ...fields,
              remedy: `The connection may be intercepted. If the host was reinstalled, remove the old key with \`ssh-keygen -R '${name}' -f ${judged.entry.file}\`.`,
            },
          )
        case 'revoked':
          throw new ConvergeError(
            'host-key-revoked',
            `the host key of ${name} is revoked: ${presented} (${place(judged.entry)})`,
            { ...fields, remedy: 'Give the host a new key; a revoked one must not be used again.' },
          )
        case 'authority':
          throw new ConvergeError(
            'unsupported',
            `${name} is known only by a certificate authority (${place(judged.entry)}), and host certificates cannot be verified`,
            {
              ...fields,
              remedy: `Add the host's own key, ${presented}, to ${file} after comparing it with the key on the host.`,
            },
          )
      }
    },
  }
}

function offeredAlgorithms(entries: readonly KnownHost[]): ServerHostKeyAlgorithm[] {
  const types = new Set(entries.filter((entry) => entry.marker === undefined).map((entry) => entry.keyType))
  const isKnown = (algorithm: string) => types.has(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((algorithm) => !isKnown(algorithm))]
}

function known(entry: KnownHost): string {
  return `${entry.keyType} ${fingerprint(Buffer.from(entry.key, 'base64'))} (${place(entry)})`
}

function place(entry: KnownHost): string {
  return `${entry.file}:${entry.line}`
}
