import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { given } from '../../src/model/given.ts'
import type { Connection } from '../../src/model/transport.ts'
import { after } from '../../src/transports/after.ts'
import { run } from '../contracts/transport.ts'
import { figure } from '../figure.ts'
import { boundedFailure } from './failures.ts'
import { longPatience, type Script, withScript } from './scripted-host.ts'

const upload = (connection: Connection, { signal }: Act) =>
  connection.upload('/var/tmp/staged', [{ name: 'a', bytes: Buffer.from('a') }], signal)
const exec = (connection: Connection, { signal, timeoutMs = 250 }: Act) =>
  run(connection, 'echo\n', { timeoutMs, ...given({ signal }) })

interface Act {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

interface Hang {
  readonly where: string
  readonly script: Script
  readonly act?: (connection: Connection, options: Act) => Promise<unknown>
  readonly code: string
  readonly step: string
  readonly message: RegExp
}

const hangs: readonly Hang[] = [
  {
    where: 'before the banner',
    script: { onSocket: () => undefined },
    code: 'connect-timeout',
    step: 'connect',
    message: /^no connection to 127\.0\.0\.1:\d+ within 0\.25 s: something listens but does not speak SSH$/,
  },
  {
    where: 'within the banner',
    script: { onSocket: (socket) => socket.write('SSH-2.0-Open') },
    code: 'connect-timeout',
    step: 'connect',
    message: /something listens but does not speak SSH$/,
  },
  {
    where: 'before the key exchange',
    script: { onSocket: (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n') },
    code: 'connect-timeout',
    step: 'connect',
    message: /something listens but does not speak SSH$/,
  },
  {
    where: 'at the login',
    script: { onAuthentication: () => undefined },
    code: 'connect-timeout',
    step: 'connect',
    message: /authentication did not finish$/,
  },
  {
    where: 'when a program is to be started',
    script: { onSession: (session) => session.on('exec', () => undefined) },
    act: exec,
    code: 'timeout',
    step: 'exec',
    message: /^the SSH server opened no session within 0\.25 s$/,
  },
  {
    where: 'before the first byte of an answer',
    script: { onSession: (session) => session.on('exec', (accept) => accept()) },
    act: exec,
    code: 'timeout',
    step: 'exec',
    message: /^the program was still running after 0\.25 s$/,
  },
  {
    where: 'in the middle of an answer',
    script: {
      onSession: (session) => session.on('exec', (accept) => accept().write('converge-shell\nconverge 1\n')),
    },
    act: exec,
    code: 'timeout',
    step: 'exec',
    message: /^the program was still running after 0\.25 s$/,
  },
  {
    where: 'behind a whole answer that it does not end',
    script: {
      onSession: (session) =>
        session.on('exec', (accept) => {
          const channel = accept()
          channel.write('converge-shell\nend\n')
          channel.exit(0)
        }),
    },
    act: exec,
    code: 'timeout',
    step: 'exec',
    message: /^the program was still running after 0\.25 s$/,
  },
  {
    where: 'when SFTP is to be started',
    script: { onSession: (session) => session.on('sftp', () => undefined) },
    act: upload,
    code: 'timeout',
    step: 'upload',
    message: /^(the SSH server opened no session|the upload did not finish) within 0(\.25)? s$/,
  },
  {
    where: 'at the first request over SFTP',
    script: { onSession: (session) => session.on('sftp', (accept) => accept()) },
    act: upload,
    code: 'timeout',
    step: 'upload',
    message: /^the upload did not finish within 0 s$/,
  },
  {
    where: 'at the first write over SFTP',
    script: {
      onSession: (session) =>
        session.on('sftp', (accept) => {
          const sftp = accept()
          sftp.on('MKDIR', (id) => sftp.status(id, 0))
          sftp.on('OPEN', (id) => sftp.handle(id, Buffer.from('h')))
        }),
    },
    act: upload,
    code: 'timeout',
    step: 'upload',
    message: /^the upload did not finish within 0 s$/,
  },
]

for (const { where, script, act, code, step, message } of hangs) {
  test(`a host that hangs ${where} costs its timeout and no more`, () =>
    withScript(script, async ({ connect }) => {
      const error = await boundedFailure(4_000, async () => {
        const connection = await connect(act === undefined ? { connectTimeoutSeconds: 0.25 } : {})
        try {
          await act?.(connection, {})
        } finally {
          await connection.close()
        }
      })
      assert.equal([error.code, error.step], [code, step], error.message)
      assert.match(error.message, message)
    }))

  test(`a host that hangs ${where} is given up at once when it is no longer wanted`, () =>
    withScript({ ...script, patience: longPatience }, async ({ connect }) => {
      // Whether it comes before the host hangs or after that makes no difference.
      const signal = AbortSignal.timeout(20)
      const connecting = act === undefined ? connect({}, signal) : connect()
      const ended = connecting.then((connection) => {
        const acting = act?.(connection, { signal, timeoutMs: 20_000 }) ?? Promise.resolve()
        return acting.finally(() => connection.close())
      })
      const error = await ended.catch((reason: unknown) => reason)
      assert.is(error, signal.reason)
    }))
}

test('a host that falls silent without closing is noticed by what keeps the connection alive', async () => {
  const patience = { sessionMs: 5_000, uploadMs: 5_000, keepAliveMs: 100, cleanUpMs: 100, after }
  const { createServer, connect: dial } = await import('node:net')
  await withScript(
    { patience, onSession: (session) => session.on('exec', (accept) => accept()) },
    async ({ connect, name }) => {
      let silent = false
      const proxy = createServer((socket) => {
        const host = dial(Number(name.split(':').at(-1)), '127.0.0.1')
        socket.pipe(host)
        host.on('data', (chunk) => silent || socket.write(chunk))
        for (const end of [socket, host]) end.on('error', () => undefined)
        socket.on('close', () => host.destroy())
      })
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
      const address = proxy.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const error = await boundedFailure(3_000, async () => {
        const connection = await connect({ port, hostKeyChecking: 'accept-new' })
        silent = true
        await run(connection, 'echo\n')
      })
      proxy.close()
      assert.equal([error.code, error.step], ['connection-lost', 'exec'])
      assert.match(error.message, /^the connection to node0 was lost: Keepalive timeout$/)
    },
  )
})

figure('places at which a host hangs', hangs.length + 1)
test.run()
