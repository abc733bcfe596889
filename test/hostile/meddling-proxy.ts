import { connect, createServer, type Socket } from 'node:net'

/** What a proxy does with the bytes that come from the host; `sentBytes` have been passed on before. */
export type Meddle = (chunk: Buffer, sentBytes: number) => Buffer | 'cut' | 'stall'

export interface Proxy {
  readonly port: number
  close(): Promise<void>
}

/** A proxy on the way to a host's port that meddles with what the host says. */
export async function startProxy(port: number, meddle: Meddle): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    let sentBytes = 0
    let stalled = false
    const cut = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', cut)
    }
    near.pipe(far)
    far.on('data', (chunk) => {
      if (stalled) return
      const passed = meddle(chunk, sentBytes)
      if (passed === 'stall') stalled = true
      else if (passed === 'cut') cut()
      else {
        sentBytes += chunk.length
        near.write(passed)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
