import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Serves the protocol by which members of etcd find each other (etcd's Documentation/discovery_protocol), for one token. */
export interface DiscoveryService {
  readonly url: string
  /** `NAME=PEERURL` of each member, in the order in which they registered. */
  registered(): readonly string[]
  close(): Promise<void>
}

export async function serveDiscovery(address: string, size: number): Promise<DiscoveryService> {
  const token = '3f2a9c0d41e84b6d9a57c1f0e6b2d813'
  const members = new Map<string, { readonly value: string; readonly index: number }>()
  const waiting = new Set<() => void>()
  const nodeOf = (id: string) => {
    const { value = '', index = 0 } = members.get(id) ?? {}
    return { key: `/_etcd/registry/${token}/${id}`, value, createdIndex: index, modifiedIndex: index }
  }
  const answer = (response: ServerResponse, status: number, body: object) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-etcd-index': String(members.size + 10),
    })
    response.end(`${JSON.stringify(body)}\n`)
  }
  const list = () => ({
    action: 'get',
    node: { key: `/_etcd/registry/${token}`, dir: true, nodes: [...members.keys()].map(nodeOf) },
  })
  const register = async (request: IncomingMessage, response: ServerResponse, id: string) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (members.has(id))
      return answer(response, 412, { errorCode: 105, message: 'Key already exists', cause: id, index: 1 })
    const value = new URLSearchParams(body).get('value') ?? ''
    members.set(id, { value, index: members.size + 11 })
    answer(response, 201, { action: 'create', node: nodeOf(id) })
    for (const wake of waiting) wake()
  }
  const watch = (response: ServerResponse, from: number) => {
    const next = () => [...members].find(([, { index }]) => index >= from)?.[0]
    const wake = () => {
      const id = next()
      if (id === undefined) return
      waiting.delete(wake)
      answer(response, 200, { action: 'create', node: nodeOf(id) })
    }
    waiting.add(wake)
    response.once('close', () => waiting.delete(wake))
    wake()
  }
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://any')
    const [, of, ...rest] = pathname.split('/')
    const id = rest.join('/')
    if (of !== token)
      return answer(response, 404, { errorCode: 100, message: 'Key not found', cause: pathname, index: 1 })
    if (id === '_config/size')
      return answer(response, 200, {
        action: 'get',
        node: {
          key: `/_etcd/registry/${token}/_config/size`,
          value: String(size),
          createdIndex: 10,
          modifiedIndex: 10,
        },
      })
    if (request.method === 'PUT') return void register(request, response, id)
    if (searchParams.has('wait')) return watch(response, Number(searchParams.get('waitIndex') ?? 0))
    if (id === '') return answer(response, 200, list())
    const isKnown = members.has(id)
    answer(
      response,
      isKnown ? 200 : 404,
      isKnown
        ? { action: 'get', node: nodeOf(id) }
        : { errorCode: 100, message: 'Key not found', cause: id, index: 1 },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the discovery service has no port')
  return {
    url: `http://${address}:${bound.port}/${token}`,
    registered: () => [...members.values()].map(({ value }) => value),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
