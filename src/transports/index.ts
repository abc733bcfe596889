import { ConvergeError } from '../model/errors.ts'
import { isSystemError, type SystemError, systemMessage } from '../model/system-error.ts'
import type { Connection, ConnectOptions, Transport } from '../model/transport.ts'
import { assertNever } from '../model/value.ts'
import { connectDirectory } from './local/directory.ts'
import { createMemoryHosts } from './local/memory.ts'
import type { SshTransport } from './ssh/ssh.ts'

/** All transports; each connection uses the one of its target. `specRoot`: where a spec may have files added to. */
export function createTransports(specRoot?: string): Transport {
  let ssh: Promise<SshTransport> | undefined
  const memory = createMemoryHosts()
  const open = async (options: ConnectOptions): Promise<Connection> => {
    const { host, target } = options
    switch (target.transport) {
      case 'ssh': {
        ssh ??= loadSsh(specRoot)
        const { address, ssh: settings } = target
        return (await ssh).connect({ ...options, address, ssh: settings })
      }
      case 'directory':
        return connectDirectory(host, target.directory)
      case 'memory':
        return memory.connect(host)
      default:
        return assertNever(target)
    }
  }
  return {
    async connect(options) {
      options.signal?.throwIfAborted()
      return open(options).catch((error: unknown) => {
        throw isSystemError(error) ? failedHere(options.host, error) : error
      })
    },
    async close() {
      await Promise.all([memory.close(), ssh?.then((transport) => transport.close())])
    },
  }
}

/** Loaded on demand: the SSH libraries are slow to load, and most commands do not need them. */
async function loadSsh(specRoot: string | undefined): Promise<SshTransport> {
  const { createSshTransport, currentEnvironment } = await import('./ssh/ssh.ts')
  return createSshTransport(currentEnvironment(), { specRoot })
}

function failedHere(host: string, cause: SystemError): ConvergeError {
  const message = `cannot connect from this machine: ${systemMessage(cause)}`
  return new ConvergeError('connect-failed', message, { host, step: 'connect', cause })
}
