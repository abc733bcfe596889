import { connect, createServer, type Socket } from 'node:net'

/** A way to a host on which one message gets lost with the connection that it was on. */
export interface CuttingProxy {
  readonly address: string
  readonly port: number
  /** How many messages have passed, in both directions together. */
  messages(): number
  close(): void
}

export interface CuttingOptions {
  readonly to: { readonly address: string; readonly port: number }
  /** The message, counted from 1 over all connections, of which half still arrives; then both sides are cut off. */
  readonly cutAt?: number
  /** Called instead of cutting. */
  readonly onReached?: () => void
}

/** Every connection after the cut one passes untouched. */
export async function startCuttingProxy({ to, cutAt, onReached }: CuttingOptions): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let messages = 0
  const server = createServer({ noDelay: true }, (client) => {
    const host = connect({ host: to.address, port: to.port, noDelay: true })
    const cut = (): void => {
      client.destroy()
      host.destroy()
    }
    const pass = (from: Socket, into: Socket): void => {
      sockets.add(from)
      from.on('error', cut)
      from.on('close', () => {
        sockets.delete(from)
        into.end()
      })
      from.on('data', (chunk: Buffer) => {
        messages += 1
        if (messages !== cutAt) return into.write(chunk)
        if (onReached !== undefined) {
          onReached()
          return into.write(chunk)
        }
        into.write(chunk.subarray(0, Math.floor(chunk.length / 2)), cut)
        return false
      })
    }
    pass(client, host)
    pass(host, client)
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address.port)
    })
  })
  return {
    address: '127.0.0.1',
    port,
    messages: () => messages,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
