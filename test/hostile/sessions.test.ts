import { spawn } from 'node:child_process'
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from 'ssh2'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serveSftp } from '../../src/embedded/sftp-server.ts'
import { plantRootTree } from '../../src/transports/local/root-tree.ts'
import { run, text } from '../contracts/transport.ts'
import { withHosts } from '../transports/embedded-host.ts'
import { boundedFailure } from './failures.ts'
import { longPatience, withScript } from './scripted-host.ts'

const file = [{ name: 'a', bytes: Buffer.from('content') }]

test('an SFTP server without extensions is enough', () =>
  withHosts({}, async ({ connect, host }) => {
    const connection = await connect('node0')
    await connection.upload('/var/tmp/staged', file)
    assert.equal(await readdir(join(host('node0').root, 'var/tmp/staged')), ['a'])
    await connection.close()
  }))

test('a quota is named, and nothing is left behind', () =>
  withHosts({ quotaBytes: 5 }, async ({ connect, host }) => {
    const connection = await connect('node0')
    const error = await boundedFailure(2_000, () => connection.upload('/var/tmp/staged', file))
    assert.is(error.message, 'cannot write /var/tmp/staged/a: 0 of 7 bytes arrived')
    assert.is(
      error.remedy,
      'Check for a quota or a file size limit there, or set `stagingDir` under `platform` to another file system.',
    )
    assert.equal(await readdir(join(host('node0').root, 'var/tmp')), [])
    await connection.close()
  }))

test('a missing SFTP server is named, with the line that adds it', () =>
  withScript(
    { onSession: (session) => session.on('exec', (accept) => accept().end()), patience: longPatience },
    async ({ connect }) => {
      const connection = await connect()
      const error = await boundedFailure(2_000, () => connection.upload('/var/tmp/staged', file))
      assert.is(error.message, 'the SSH server offers no SFTP: Unable to start subsystem: sftp')
      assert.is(error.remedy, 'Add `Subsystem sftp internal-sftp` to its sshd_config.')
      await connection.close()
    },
  ))

test('a server that runs no commands is named', () =>
  withScript({ onSession: () => undefined, patience: longPatience }, async ({ connect }) => {
    const connection = await connect()
    const error = await boundedFailure(2_000, () => run(connection, 'echo\n'))
    assert.equal([error.code, error.message], ['unsupported', 'the SSH server does not run commands'])
    await connection.close()
  }))

test('an SFTP server that answers nonsense is a failed upload', async () => {
  const packet = (...bytes: readonly number[]): Buffer => Buffer.from(bytes)
  const nonsense = [
    packet(0xff, 0xff, 0xff, 0xff, 2),
    packet(0, 0, 0, 1, 2),
    packet(0, 0, 0, 5, 200, 0, 0, 0, 3),
    packet(0, 0, 0, 5, 2, 0, 0, 0, 3, 0, 0, 0, 5, 101, 0, 0, 0, 9),
    Buffer.from('This account is currently not available.\n'),
  ]
  for (const bytes of nonsense) {
    const script = {
      onSession: (session: Session) => session.on('subsystem', (accept) => accept().end(bytes)),
    }
    await withScript(script, async ({ connect }) => {
      const connection = await connect()
      const error = await boundedFailure(2_000, () => connection.upload('/var/tmp/staged', file))
      assert.is(error.step, 'upload')
      await connection.close()
    })
  }
})

test('a server that allows one session at a time is enough: programs and uploads take turns', async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'converge-test-')))
  await plantRootTree(root)
  let open = 0
  let refused = 0
  // As sshd with MaxSessions 1, which notices the end of a session a little after the client.
  const onSession = (session: Session): void => {
    open += 1
    session.on('close', () => setTimeout(() => (open -= 1), 10))
    session.on('exec', (accept, _reject, { command }) => {
      const channel = accept()
      const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] })
      channel.pipe(child.stdin)
      child.stdout.pipe(channel, { end: false })
      child.on('close', (code) => {
        channel.exit(code ?? 1)
        channel.end()
      })
    })
    session.on('sftp', (accept) => serveSftp(accept(), { root, quotaBytes: Number.POSITIVE_INFINITY }))
  }
  const onFurther = (): boolean => {
    if (open === 0) return false
    refused += 1
    return true
  }
  await withScript({ onSession, refuses: onFurther, patience: longPatience }, async ({ connect }) => {
    const connection = await connect()
    for (const word of ['one', 'two', 'three']) {
      assert.is(text((await run(connection, `printf ${word}\n`)).stdout), word)
      await connection.upload(`/var/tmp/${word}`, file)
    }
    await connection.close()
  })
  assert.ok(refused > 0, 'it never had to refuse one')
  await rm(root, { recursive: true })
})

test('a server that opens no session at all is named', () =>
  withScript({ refuses: () => true }, async ({ connect }) => {
    const connection = await connect()
    const error = await boundedFailure(4_000, () => run(connection, 'echo\n'))
    assert.equal(
      [error.code, error.message],
      ['unsupported', 'the SSH server refuses to open another session'],
    )
    assert.is(error.remedy, 'Raise MaxSessions in its sshd_config.')
    await connection.close()
  }))

test('hosts behind a bastion that hangs or is lost are reported one by one', async () => {
  const names = ['bastion', 'node0', 'node1', 'node2']
  await withHosts({ names }, async ({ connect, host }) => {
    const proxyJump = `root@127.0.0.1:${host('bastion').port}`
    const inner = await Promise.all(names.slice(1).map((name) => connect(name, { proxyJump })))
    const running = Promise.allSettled(inner.map((connection) => run(connection, 'sleep 600\n')))
    host('bastion').cut()
    const reasons = (await running).map((result) =>
      result.status === 'rejected' ? result.reason : undefined,
    )
    assert.equal(
      reasons.map(({ host: name, code, step }) => [name, code, step]),
      names.slice(1).map((name) => [name, 'connection-lost', 'exec']),
    )
  })
  await withScript({ onSocket: () => undefined }, async ({ name }) => {
    await withHosts({}, async ({ connect }) => {
      const proxyJump = `root@${name.replace(/[[\]]/g, '')}`
      const error = await boundedFailure(2_000, () =>
        connect('node0', { proxyJump, connectTimeoutSeconds: 0.25 }),
      )
      assert.is(error.code, 'connect-timeout')
    })
  })
})

test.run()
