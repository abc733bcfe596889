import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'

export interface SlowNetwork {
  /** The ports of this machine that lead to the hosts, by their names. */
  readonly ports: Readonly<Record<string, number>>
  readonly knownHostsFile: string
  close(): Promise<void>
}

interface Slowness {
  readonly roundTripMs: number
  /** Of so many pieces one is lost and sent again, what comes after it waiting behind it, as TCP has it; none unless given. */
  readonly losesOneIn?: number
}

/** A slow way to the lab's hosts. Proxies make it where the kernel has no netem. */
export async function slowNetwork(
  lab: Pick<Lab, 'hosts' | 'knownHostsFile'>,
  directory: string,
  slowness: Slowness,
): Promise<SlowNetwork> {
  const sockets = new Set<Socket>()
  const servers = await Promise.all(lab.hosts.map(({ address }) => slowProxy(address, sockets, slowness)))
  const ports = Object.fromEntries(lab.hosts.map(({ name }, index) => [name, servers[index]?.port ?? 0]))
  const lines = (await readFile(lab.knownHostsFile, 'utf8')).trim().split('\n')
  const knownHostsFile = join(directory, 'known_hosts')
  const aliases = lab.hosts.flatMap(({ name, address }) =>
    lines
      .filter((line) => line.startsWith(`${address} `))
      .map((line) => line.replace(address, `[127.0.0.1]:${ports[name]}`)),
  )
  await writeFile(knownHostsFile, `${aliases.join('\n')}\n`)
  return {
    ports,
    knownHostsFile,
    async close() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map(({ close }) => close()))
    },
  }
}

async function slowProxy(address: string, sockets: Set<Socket>, slowness: Slowness) {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: address, port: 22, noDelay: true })
    slowly(near, far, slowness)
    slowly(far, near, slowness)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** Passes on what comes from one side to the other, late and in order. */
function slowly(from: Socket, to: Socket, { roundTripMs, losesOneIn = 0 }: Slowness): void {
  // Linux waits 200 ms at least before it sends a lost segment again, on top of the round trip.
  const resendMs = roundTripMs + 200
  let pieces = 0
  const queue: { readonly atMs: number; readonly act: () => void }[] = []
  // One timer at a time: several that are due in the same millisecond may fire in any order.
  const pump = (): void => {
    while (queue[0] !== undefined && queue[0].atMs <= performance.now()) queue.shift()?.act()
    if (queue[0] !== undefined) setTimeout(pump, queue[0].atMs - performance.now())
  }
  const later = (act: () => void): void => {
    pieces += 1
    const delayMs = roundTripMs / 2 + (pieces % losesOneIn === 0 ? resendMs : 0)
    queue.push({ atMs: performance.now() + delayMs, act })
    if (queue.length === 1) setTimeout(pump, delayMs)
  }
  from.on('data', (chunk) => later(() => to.write(chunk)))
  from.on('close', () => later(() => to.destroy()))
}
