import { setTimeout as delay } from 'node:timers/promises'

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

/** Writes a key every 20 ms through whichever of the URLs answers, over etcd's JSON gateway. */
export function startWriter(urls: () => readonly string[], prefix: string): Writer {
  const acknowledged: string[] = []
  let isFinished = false
  let lastMs = performance.now()
  let longestStallMs = 0
  let preferred = 0
  const put = async (key: string): Promise<void> => {
    const all = urls()
    const url = all[preferred % all.length]
    try {
      await call(`${url}/v3/kv/put`, { key: encode(key), value: encode(key) })
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
      const present = await readAll(urls(), prefix)
      return {
        acknowledged: acknowledged.length,
        lost: acknowledged.filter((key) => !present.has(key)),
        longestStallMs: Math.round(longestStallMs),
      }
    },
  }
}

async function readAll(urls: readonly string[], prefix: string): Promise<ReadonlySet<string>> {
  for (const url of urls) {
    try {
      const range = { key: encode(`${prefix}/`), range_end: encode(`${prefix}0`), keys_only: true }
      const { kvs = [] } = await call(`${url}/v3/kv/range`, range)
      return new Set(kvs.map(({ key }) => Buffer.from(key, 'base64').toString()))
    } catch {}
  }
  throw new Error('no member answers')
}

async function call(
  url: string,
  body: object,
): Promise<{ readonly kvs?: readonly { readonly key: string }[] }> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return Object(await response.json())
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
