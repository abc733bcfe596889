import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

/** What a server has, and its checksum. */
export interface Release {
  readonly url: string
  readonly sha256: string
}

/** An HTTP server for files that can be told to fail. It counts what it has given away. */
export async function serveFiles() {
  let failing = false
  let given = 0
  const files = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    const body = files.get(request.url ?? '')
    response.statusCode = failing || body === undefined ? 404 : 200
    if (response.statusCode === 200) given += 1
    response.end(response.statusCode === 200 ? body : '')
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address.port)
    })
  })
  return {
    put(name: string, bytes: Uint8Array): Release {
      files.set(`/${name}`, bytes)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      return { url: `http://127.0.0.1:${port}/${name}`, sha256 }
    },
    given: () => given,
    fail(now: boolean) {
      failing = now
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
