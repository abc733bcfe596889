import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join, normalize } from 'node:path'

export interface FileServer {
  /** `http://ADDRESS:PORT`, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

/** Serves the files below a directory over HTTP, on a free port of the address. It does not keep the process alive. */
export async function serveFiles(directory: string, address: string): Promise<FileServer> {
  const server = createServer((request, response) => {
    sendFile(directory, request.url ?? '/', response).catch((error) => response.destroy(error))
  })
  server.listen(0, address)
  await once(server, 'listening')
  server.unref()
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error(`no port on ${address}`)
  return {
    url: `http://${address}:${bound.port}`,
    close: async () => {
      server.closeAllConnections()
      if (server.listening) await once(server.close(), 'close')
    },
  }
}

async function sendFile(directory: string, url: string, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(url, 'http://lab').pathname)
  // An absolute path cannot be normalised to above its root.
  const file = join(directory, normalize(path))
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) {
    response.writeHead(404).end(`there is no ${path}\n`)
    return
  }
  response.writeHead(200, { 'content-length': found.size, 'content-type': 'application/octet-stream' })
  createReadStream(file).pipe(response)
}
