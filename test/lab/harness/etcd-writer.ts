import { request as plainRequest, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'

interface Writes {
  /** How many were acknowledged. */
  readonly acknowledged: number
  /** The keys that were acknowledged and are not there. */
  readonly lost: readonly string[]
  /** The longest time without an acknowledgement. */
  readonly longestStallMs: number
}

export interface Writer {
  /** Stops writing, and reads all keys back. */
  finish(): Promise<Writes>
}

const everyMs = 20
const patienceMs = 1000
/** All keys are a large answer. */
const readPatienceMs = 20_000

/** What a client of TLS has, as PEM. */
export interface Client {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

interface Writing {
  /** Of the suite. */
  readonly title: string
  readonly what: string
  readonly urls: () => readonly string[]
  readonly client?: () => Partial<Client>
}

/** Works while a writer writes, and holds what was acknowledged to what is there. */
export async function whileWriting(
  { title, what, urls, client }: Writing,
  work: () => Promise<void>,
): Promise<void> {
  const writer = startWriter(urls, what.replaceAll(/[^a-z0-9]+/g, '-'), client)
  try {
    await work()
  } finally {
    const { acknowledged, lost, longestStallMs } = await writer.finish()
    console.log(
      `${title}: ${what}: ${acknowledged} writes acknowledged, ${lost.length} lost, longest stall ${longestStallMs} ms`,
    )
    assert.equal(lost, [], `${what}: lost`)
    assert.ok(acknowledged > 0, what)
  }
}

/** Writes a key every 20 ms through whichever of the URLs answers, over etcd's JSON gateway. */
export function startWriter(
  urls: () => readonly string[],
  prefix: string,
  client: () => Partial<Client> = () => ({}),
): Writer {
  const acknowledged: string[] = []
  let isFinished = false
  let lastMs = performance.now()
  let longestStallMs = 0
  let preferred = 0
  const put = async (key: string): Promise<void> => {
    const all = urls()
    const url = all[preferred % all.length]
    try {
      await call(`${url}/v3/kv/put`, { key: encode(key), value: encode(key) }, client())
    } catch {
      // A write without an answer may be there or not.
      preferred += 1
      return
    }
    acknowledged.push(key)
    const nowMs = performance.now()
    longestStallMs = Math.max(longestStallMs, nowMs - lastMs)
    lastMs = nowMs
  }
  const writing = (async () => {
    for (let index = 0; !isFinished; index += 1) {
      await put(`${prefix}/${String(index).padStart(8, '0')}`)
      await delay(everyMs)
    }
  })()
  return {
    async finish() {
      isFinished = true
      await writing
      const present = await readAll(urls(), prefix, client())
      return {
        acknowledged: acknowledged.length,
        lost: acknowledged.filter((key) => !present.has(key)),
        longestStallMs: Math.round(longestStallMs),
      }
    },
  }
}

async function readAll(
  urls: readonly string[],
  prefix: string,
  client: Partial<Client>,
): Promise<ReadonlySet<string>> {
  const failures: unknown[] = []
  for (const url of urls) {
    try {
      const range = { key: encode(`${prefix}/`), range_end: encode(`${prefix}0`), keys_only: true }
      const { kvs = [] } = await call(`${url}/v3/kv/range`, range, client, readPatienceMs)
      return new Set(kvs.map(({ key }) => Buffer.from(key, 'base64').toString()))
    } catch (error) {
      failures.push(error)
    }
  }
  throw new AggregateError(failures, `no member answers: ${failures.join('; ')}`)
}

async function call(
  url: string,
  body: object,
  client: Partial<Client>,
  timeoutMs = patienceMs,
): Promise<{ readonly kvs?: readonly { readonly key: string }[] }> {
  const options: RequestOptions = { method: 'POST', signal: AbortSignal.timeout(timeoutMs) }
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:')
      ? tlsRequest(url, { ...options, ...client })
      : plainRequest(url, options)
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(Object(JSON.parse(text)))
        else reject(new Error(`${url} answers ${response.statusCode}: ${text}`))
      })
    })
    request.end(JSON.stringify(body))
  })
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
