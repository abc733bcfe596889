import type { Host } from '../model/cluster.ts'
import { ConvergeError, InternalError } from '../model/errors.ts'
import { given } from '../model/given.ts'
import type { Progress } from '../model/report.ts'
import type { Connection, ConnectOptions } from '../model/transport.ts'

/** The open connections of a session, one per host. */
export interface Connections {
  /** Does the work over the host's connection; over a new one, if the old one has died before it carried anything. */
  use<T>(host: string, signal: AbortSignal, work: Work<T>): Promise<T>
  /** Does the work over a new connection, which replaces the old one. */
  useNew<T>(host: string, signal: AbortSignal, work: Work<T>): Promise<T>
  close(): Promise<void>
}

type Work<T> = (connection: Connection) => Promise<T>

interface Opening {
  readonly transports: { connect(options: ConnectOptions): Promise<Connection> }
  readonly sudoPassword?: (host: string) => Promise<string | undefined>
}

export function openConnections(
  { transports, sudoPassword }: Opening,
  hosts: ReadonlyMap<string, Host>,
  onProgress: (event: Progress) => void,
): Connections {
  const open = new Map<string, Promise<Connection>>()
  const connect = (name: string, signal: AbortSignal): Promise<Connection> => {
    const host = hosts.get(name)
    if (host === undefined) throw new InternalError(`unknown host ${name}`)
    onProgress({ event: 'connecting', host: name })
    const password = sudoPassword && (() => sudoPassword(name))
    const connection = transports.connect({
      host: name,
      target: host.target,
      signal,
      ...given({ sudoPassword: password }),
    })
    open.set(name, connection)
    return connection
  }
  const connections: Connections = {
    async use(name, signal, work) {
      signal.throwIfAborted()
      const known = open.get(name)
      const connection = await (known ?? connect(name, signal))
      try {
        return await work(endedBy(signal, connection))
      } catch (error) {
        const hadDied = known !== undefined && error instanceof ConvergeError && error.nothingSent
        if (!hadDied) throw error
        return connections.useNew(name, signal, work)
      }
    },
    async useNew(name, signal, work) {
      const old = open.get(name)
      if (old !== undefined) await closeOne(old)
      signal.throwIfAborted()
      return work(endedBy(signal, await connect(name, signal)))
    },
    async close() {
      await Promise.all([...open.values()].map(closeOne))
      open.clear()
    },
  }
  return connections
}

/** The connection with a default signal for each exec and upload. */
function endedBy(signal: AbortSignal, connection: Connection): Connection {
  return {
    host: connection.host,
    exec: (options) => connection.exec({ signal, ...options }),
    upload: (directory, files, other = signal) => connection.upload(directory, files, other),
    download: (path, file, other = signal) => connection.download(path, file, other),
    close: () => connection.close(),
  }
}

async function closeOne(pending: Promise<Connection>): Promise<void> {
  const [settled] = await Promise.allSettled([pending])
  if (settled?.status === 'fulfilled') await settled.value.close()
}
