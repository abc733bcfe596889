import fc from 'fast-check'
import pLimit from 'p-limit'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError } from '../../src/model/errors.ts'
import { after } from '../../src/transports/after.ts'
import { createSshTransport } from '../../src/transports/ssh/ssh.ts'
import { run, text } from '../contracts/transport.ts'
import { figure } from '../figure.ts'
import { type SshFixture, withHosts } from '../transports/embedded-host.ts'
import { namesItsPlace } from './failures.ts'
import { type Meddle, startProxy } from './meddling-proxy.ts'

const seed = 20260301
/** The places that are tried; each costs a connection. */
const samples = Math.min(500, Number(process.env.CONVERGE_FUZZ ?? 6))
const parallel = pLimit(8)
const limitMs = 6_000

/** One conversation, of which each kind of message is a part; how it came out, and how many bytes the host said. */
async function converse(
  { directory, host, embedded }: SshFixture,
  run_: number,
  meddle: Meddle,
): Promise<{ readonly outcome: ConvergeError | 'done'; readonly saidBytes: number }> {
  let saidBytes = 0
  const proxy = await startProxy(host('node0').port, (chunk, sentBytes) => {
    saidBytes = sentBytes + chunk.length
    return meddle(chunk, sentBytes)
  })
  const environment = { homeDirectory: directory, userName: 'root', variables: {} }
  const patience = { sessionMs: 500, uploadMs: 500, keepAliveMs: 10_000, cleanUpMs: 100, after }
  const transport = createSshTransport(environment, { patience, specRoot: directory })
  const ssh = {
    user: 'root',
    port: proxy.port,
    identityFile: embedded.identityFile,
    // Each proxy has a port, and so a name, of its own.
    knownHostsFile: `${directory}/known-${proxy.port}`,
    hostKeyChecking: 'accept-new',
    connectTimeoutSeconds: 1,
  } as const
  const started = performance.now()
  try {
    const connection = await transport.connect({ host: 'node0', address: '127.0.0.1', ssh })
    try {
      const first = await run(connection, 'printf first\n', { timeoutMs: 500 })
      assert.is(text(first.stdout), 'first')
      await connection.upload(`/var/tmp/staged-${run_}`, [{ name: 'a', bytes: Buffer.alloc(1000) }])
      const second = await run(connection, 'printf second\n', { timeoutMs: 500 })
      assert.is(text(second.stdout), 'second')
    } finally {
      await connection.close()
    }
    return { outcome: 'done', saidBytes }
  } catch (error) {
    if (!(error instanceof ConvergeError)) throw error
    namesItsPlace(error)
    return { outcome: error, saidBytes }
  } finally {
    const tookMs = performance.now() - started
    assert.ok(tookMs < limitMs, `it took ${tookMs} ms`)
    await transport.close()
    await proxy.close()
  }
}

const upTo =
  (end: 'cut' | 'stall') =>
  (place: number): Meddle =>
  (chunk, sentBytes) =>
    sentBytes >= place ? end : chunk.subarray(0, place - sentBytes)

const ways: readonly (readonly [title: string, meddle: (place: number) => Meddle])[] = [
  ['is cut off after any byte', upTo('cut')],
  ['falls silent after any byte', upTo('stall')],
  [
    'has any one byte changed',
    (place) => (chunk, sent) => {
      const garbled = Buffer.from(chunk)
      const at = place - sent
      if (at >= 0 && at < garbled.length) garbled[at] = (garbled[at] ?? 0) ^ 0x55
      return garbled
    },
  ],
  [
    'goes on in nonsense after any byte',
    (place) => (chunk, sent) => {
      const nonsense = Buffer.from(chunk)
      for (let at = Math.max(0, place - sent); at < nonsense.length; at++)
        nonsense[at] = (at * 197 + place) % 256
      return nonsense
    },
  ],
]

for (const [title, meddle] of ways) {
  test(`what a host says ${title}: it is said so in time, or nothing was lost`, () =>
    withHosts({}, async (fixture) => {
      const whole = await converse(fixture, 0, (chunk) => chunk)
      assert.is(whole.outcome, 'done')
      const places = fc.sample(fc.integer({ min: 0, max: whole.saidBytes - 1 }), { numRuns: samples, seed })
      const outcomes = await Promise.all(
        places.map((place, index) => parallel(() => converse(fixture, index + 1, meddle(place)))),
      )
      const failed = outcomes.filter(({ outcome }) => outcome !== 'done').length
      assert.ok(failed > samples / 2, `only ${failed} of ${samples} failed`)
      figure(`connections on which what a host says ${title}`, samples)
    }))
}

test.run()
