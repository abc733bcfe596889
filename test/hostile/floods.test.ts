import type { Writable } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connection } from '../../src/model/transport.ts'
import { after } from '../../src/transports/after.ts'
import { outputLimit } from '../../src/transports/output-limit.ts'
import { run } from '../contracts/transport.ts'
import { figure } from '../figure.ts'
import { withHosts } from '../transports/embedded-host.ts'
import { boundedFailure } from './failures.ts'
import { ownTime } from './own-time.ts'
import { withScript } from './scripted-host.ts'

const megabyte = 1024 * 1024
const gigabyte = 1024 * megabyte
const memoryLimitBytes = 500 * megabyte
/** A flood is cut off by its size: its time is never up. */
const patient = { timeoutMs: 120_000 }
/** Nor does a host that floods hang, however busy the machine is. */
const patience = { sessionMs: 120_000, uploadMs: 120_000, keepAliveMs: 120_000, cleanUpMs: 100, after }
const upload = (connection: Connection) =>
  connection.upload('/var/tmp/staged', [{ name: 'a', bytes: Buffer.from('a') }])

/** Writes a gigabyte, or as much of it as is taken; so many units before others have their turn. */
function flood(stream: Writable, unit: Buffer, atOnce = 16): void {
  let sentBytes = 0
  let closed = false
  stream.on('close', () => {
    closed = true
  })
  const more = (): void => {
    for (let count = 0; count < atOnce && !closed && sentBytes < gigabyte; count++) {
      sentBytes += unit.length
      if (!stream.write(unit)) {
        stream.once('drain', more)
        return
      }
    }
    if (!closed && sentBytes < gigabyte) setImmediate(more)
  }
  more()
}

/** What the work adds to this process's memory at its highest. The hosts live in it too. */
async function addedMemory(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss
  let highest = before
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss)
  }, 10)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(highest, process.memoryUsage().rss) - before
}

const banners: readonly (readonly [what: string, unit: Buffer, message: RegExp])[] = [
  ['zeros', Buffer.alloc(64 * 1024), /Header line too long$/],
  ['lines', Buffer.from('hello\n'.repeat(8192)), /^cannot connect to .* does not speak SSH$/],
  ['carriage returns', Buffer.from('\r'.repeat(64 * 1024)), /^no connection to .* does not speak SSH$/],
]

for (const [what, unit, message] of banners) {
  test(`a gigabyte of ${what} in place of the banner is not read to its end`, () =>
    withScript({ onSocket: (socket) => flood(socket, unit) }, async ({ connect }) => {
      const added = await addedMemory(async () => {
        const error = await boundedFailure(2_000, () => connect({ connectTimeoutSeconds: 0.5 }))
        assert.match(error.message, message)
      })
      assert.ok(added < memoryLimitBytes, `${added} bytes`)
    }))
}

const programs: readonly (readonly [what: string, program: string])[] = [
  ['output', 'head -c 1073741824 /dev/zero\n'],
  ['errors', 'head -c 1073741824 /dev/zero >&2\n'],
]

for (const [what, program] of programs) {
  test(`a gigabyte of ${what} is cut off at the limit`, () =>
    withHosts({}, async ({ connect }) => {
      const connection = await connect('node0')
      const limited = { ...patient, maxOutputBytes: 8 * megabyte }
      const added = await addedMemory(async () => {
        const error = await boundedFailure(10_000, () => run(connection, program, limited), ownTime)
        assert.is(error.code, 'answer-unreadable')
        assert.is(error.message, 'the host answered with more than 8388608 bytes')
      })
      assert.ok(added < memoryLimitBytes, `${added} bytes`)
      await connection.close()
    }))
}

test('an answer without a limit of its own is cut off at 64 MiB', () => {
  const limit = outputLimit('node0')
  for (let at = 0; at < 64; at += 1) assert.not(limit.exceeds(Buffer.alloc(megabyte)))
  assert.ok(limit.exceeds(Buffer.alloc(1)))
  assert.is(limit.error().message, 'the host answered with more than 67108864 bytes')
})

test('a login shell that prints single bytes without end is left soon', () =>
  withScript(
    {
      patience,
      onSession: (session) => session.on('exec', (accept) => flood(accept(), Buffer.from('x'), 1000)),
    },
    async ({ connect }) => {
      const connection = await connect()
      const error = await boundedFailure(10_000, () => run(connection, 'echo\n', patient), ownTime)
      assert.is(error.message, 'the login shell prints endlessly before it starts /bin/sh')
      await connection.close()
    },
  ))

test('a sudo that asks without end is left soon', () =>
  withScript(
    {
      patience,
      onSession: (session) =>
        session.on('exec', (accept) => flood(accept().stderr, Buffer.from('converge-password:'.repeat(100)))),
    },
    async ({ connect }) => {
      const connection = await connect({ sudo: 'always' })
      const error = await boundedFailure(10_000, () => run(connection, 'echo\n', patient), ownTime)
      assert.is(error.code, 'answer-unreadable')
      await connection.close()
    },
  ))

test('an SFTP server that floods instead of answering is cut off', () =>
  withScript(
    {
      onSession: (session) => session.on('subsystem', (accept) => flood(accept(), Buffer.alloc(32 * 1024))),
    },
    async ({ connect }) => {
      const connection = await connect()
      const error = await boundedFailure(4_000, () => upload(connection))
      assert.is(error.step, 'upload')
      await connection.close()
    },
  ))

figure('kinds of floods', banners.length + programs.length + 3)
test.run()
