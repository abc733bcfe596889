import type { Host } from '../model/cluster.ts'
import { InternalError } from '../model/errors.ts'
import type { Progress } from '../model/report.ts'
import type { Connection, ConnectOptions } from '../model/transport.ts'

/** The open connections of a session, one per host, made when first asked for. */
export interface Connections {
  get(host: string): Promise<Connection>
  /** A new connection in place of one that was lost. */
  renew(host: string): Promise<Connection>
  close(): Promise<void>
}

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
  const connect = (name: string): Promise<Connection> => {
    const host = hosts.get(name)
    if (host === undefined) throw new InternalError(`unknown host ${name}`)
    onProgress({ event: 'connecting', host: name })
    return transports.connect({
      host: name,
      target: host.target,
      ...(sudoPassword === undefined ? {} : { sudoPassword: () => sudoPassword(name) }),
    })
  }
  const closeOne = async (pending: Promise<Connection>): Promise<void> => {
    const settled = await Promise.allSettled([pending])
    await Promise.all(
      settled.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)),
    )
  }
  return {
    get(name) {
      const connection = open.get(name) ?? connect(name)
      open.set(name, connection)
      return connection
    },
    async renew(name) {
      const old = open.get(name)
      if (old !== undefined) await closeOne(old)
      const connection = connect(name)
      open.set(name, connection)
      return connection
    },
    async close() {
      await Promise.all([...open.values()].map(closeOne))
      open.clear()
    },
  }
}
