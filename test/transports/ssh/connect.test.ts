import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { generateKey } from '../../../src/embedded/keys.ts'
import { fingerprint } from '../../../src/model/public-key.ts'
import { deferred, failure, run, text } from '../../contracts/transport.ts'
import { withHosts } from '../embedded-host.ts'

test('costs one connection and one exec where nothing is uploaded', async () => {
  await withHosts({}, async ({ connect, events }) => {
    const connection = await connect('node0')
    await run(connection, 'echo\n')
    await connection.close()
    assert.equal(events, ['node0 connection', 'node0 exec'])
  })
})

test('uploads over the connection that is already there, and starts the next shell meanwhile', async () => {
  await withHosts({}, async ({ connect, events }) => {
    const connection = await connect('node0')
    await connection.upload('/var/tmp/a', [{ name: 'a', bytes: Buffer.from('a') }])
    await connection.exec({ program: 'echo it', timeoutMs: 5000 })
    assert.equal(events, ['node0 connection', 'node0 sftp', 'node0 exec'])
    await connection.exec({ program: 'echo it', timeoutMs: 5000 })
    assert.equal(events, ['node0 connection', 'node0 sftp', 'node0 exec', 'node0 exec'])
    await connection.close()
  })
})

test('refuses an unknown host key and says how to make it known', async () => {
  await withHosts({}, async ({ connect, host, directory }) => {
    const knownHostsFile = join(directory, 'nobody')
    const error = await failure(connect('node0', { knownHostsFile }))
    const { port } = host('node0')
    assert.is(error.code, 'host-key-unknown')
    assert.match(
      error.message,
      new RegExp(
        `^the host key of \\[127\\.0\\.0\\.1\\]:${port} is not known: ecdsa-sha2-nistp256 SHA256:\\S{43}$`,
      ),
    )
    assert.is(
      error.remedy,
      `Compare it with the key on the host, then run \`ssh-keyscan -p ${port} 127.0.0.1 >> ${knownHostsFile}\`, or set \`hostKeyChecking: accept-new\` under \`ssh\`.`,
    )
  })
})

test('accept-new records a key once, though several connect at the same time', async () => {
  await withHosts({ names: ['node0', 'node1'] }, async ({ connect, directory, embedded }) => {
    const knownHostsFile = join(directory, '.ssh/known_hosts')
    const ssh = { knownHostsFile, hostKeyChecking: 'accept-new' } as const
    const connections = await Promise.all(
      ['node0', 'node1', 'node0', 'node1'].map((name) => connect(name, ssh)),
    )
    await Promise.all(connections.map((connection) => connection.close()))
    const lines = (text: string) => text.trim().split('\n').sort()
    assert.equal(
      lines(await readFile(knownHostsFile, 'utf8')),
      lines(await readFile(embedded.knownHostsFile, 'utf8')),
    )
    assert.is((await stat(knownHostsFile)).mode & 0o777, 0o600)
    assert.is((await stat(join(directory, '.ssh'))).mode & 0o777, 0o700)
    await (await connect('node0', { knownHostsFile, hostKeyChecking: 'yes' })).close()
  })
})

test('accept-new completes a last line that has no newline', async () => {
  await withHosts({}, async ({ connect, directory }) => {
    const knownHostsFile = join(directory, 'unfinished')
    await writeFile(knownHostsFile, '# the end')
    await (await connect('node0', { knownHostsFile, hostKeyChecking: 'accept-new' })).close()
    assert.match(await readFile(knownHostsFile, 'utf8'), /^# the end\n\[127\.0\.0\.1\]:\d+ ecdsa\S+ \S+\n$/)
  })
})

test('refuses a changed host key and names both keys, also with accept-new', async () => {
  await withHosts({}, async ({ connect, host, directory }) => {
    const knownHostsFile = join(directory, 'changed')
    const other = generateKey()
    const name = `[127.0.0.1]:${host('node0').port}`
    await writeFile(
      knownHostsFile,
      `# a comment\n${name} ${other.type} ${other.publicBlob.toString('base64')}\n`,
    )
    for (const hostKeyChecking of ['yes', 'accept-new'] as const) {
      const error = await failure(connect('node0', { knownHostsFile, hostKeyChecking }))
      assert.is(error.code, 'host-key-changed')
      assert.ok(error.message.startsWith(`the host key of ${name} has changed: ecdsa-sha2-nistp256 SHA256:`))
      assert.ok(
        error.message.endsWith(
          `the known key is ${other.type} ${fingerprint(other.publicBlob)} (${knownHostsFile}:2)`,
        ),
      )
      assert.is(
        error.remedy,
        `The connection may be intercepted. If the host was reinstalled, remove the old key with \`ssh-keygen -R '${name}' -f ${knownHostsFile}\`.`,
      )
    }
  })
})

test('refuses a revoked host key', async () => {
  await withHosts({}, async ({ connect, embedded, directory }) => {
    const knownHostsFile = join(directory, 'revoked')
    const line = (await readFile(embedded.knownHostsFile, 'utf8')).trim()
    await writeFile(knownHostsFile, `${line}\n@revoked ${line}\n`)
    const error = await failure(connect('node0', { knownHostsFile }))
    assert.is(error.code, 'host-key-revoked')
    assert.ok(error.message.endsWith(`(${knownHostsFile}:2)`))
  })
})

test('says that host certificates are not supported where only an authority is known', async () => {
  await withHosts({}, async ({ connect, directory }) => {
    const knownHostsFile = join(directory, 'authority')
    const { type, publicBlob } = generateKey()
    await writeFile(knownHostsFile, `@cert-authority * ${type} ${publicBlob.toString('base64')}\n`)
    const error = await failure(connect('node0', { knownHostsFile }))
    assert.is(error.code, 'unsupported')
    assert.match(error.message, /is known only by a certificate authority \(.*authority:1\)/)
  })
})

test('says that the known hosts file cannot be read', async () => {
  await withHosts({}, async ({ connect, directory }) => {
    const error = await failure(connect('node0', { knownHostsFile: directory }))
    assert.equal([error.code, error.host], ['connect-failed', 'node0'])
    assert.match(error.message, /^cannot check the host key: .*: illegal operation on a directory$/)
  })
})

test('says which key was refused', async () => {
  await withHosts({}, async ({ connect, directory, host, events }) => {
    const identityFile = join(directory, 'wrong')
    await writeFile(identityFile, generateKey().privatePem, { mode: 0o600 })
    const error = await failure(connect('node0', { identityFile }))
    assert.is(error.code, 'authentication-failed')
    assert.is(error.message, `127.0.0.1:${host('node0').port} refused to authenticate root`)
    assert.is(
      error.remedy,
      `Tried: ${identityFile}. Add the public key to authorized_keys of root, or set \`user\` or \`identityFile\` under \`ssh\`.`,
    )
    assert.equal(events, ['node0 connection'])
  })
})

test('says that the identity file is missing, encrypted or no key', async () => {
  await withHosts({}, async ({ connect, directory }) => {
    const identityFile = join(directory, 'key')
    const missing = await failure(connect('node0', { identityFile }))
    assert.is(missing.message, `the identity file ${identityFile} does not exist`)
    assert.is(missing.code, 'authentication-failed')
  })
  await withHosts({}, async ({ connect, directory }) => {
    const identityFile = join(directory, 'key')
    await writeFile(identityFile, ENCRYPTED_KEY, { mode: 0o600 })
    const encrypted = await failure(connect('node0', { identityFile }))
    assert.is(encrypted.message, `the identity file ${identityFile} is encrypted`)
    assert.match(encrypted.remedy ?? '', /ssh-add/)
  })
  await withHosts({}, async ({ connect, directory }) => {
    const identityFile = join(directory, 'key')
    await writeFile(identityFile, 'this is no key', { mode: 0o600 })
    const unusable = await failure(connect('node0', { identityFile }))
    assert.match(unusable.message, /key cannot be used: /)
  })
})

test('gives up on a port where something listens but never speaks', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket))
  const port = await listening(silent)
  await withHosts({}, async ({ connect }) => {
    const error = await failure(connect('node0', { port, connectTimeoutSeconds: 0.2 }))
    assert.is(error.code, 'connect-timeout')
    assert.is(
      error.message,
      `no connection to 127.0.0.1:${port} within 0.2 s: something listens but does not speak SSH`,
    )
  })
  for (const socket of sockets) socket.destroy()
  silent.close()
})

for (const [what, banner, said] of [
  ['SSH-1', 'SSH-1.5-OpenSSH_3.9p1\n', 'the server does not speak version 2 of SSH'],
  ['another version', 'hello\r\nSSH-3.0-x\r\n', 'the server does not speak version 2 of SSH'],
  ['something else', 'a line\r\n'.repeat(2000), 'something listens but does not speak SSH'],
] as const) {
  test(`says that a server speaks ${what}`, async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(banner)
    })
    const port = await listening(server)
    await withHosts({}, async ({ connect }) => {
      const error = await failure(connect('node0', { port }))
      assert.is(error.message, `cannot connect to 127.0.0.1:${port}: ${said}`)
      assert.is(error.code, 'connect-failed')
    })
    server.close()
  })
}

test('tries a connection three times when it is closed before anything was asked', async () => {
  let attempts = 0
  const closing = createServer((socket) => {
    attempts += 1
    socket.on('error', () => undefined)
    socket.end()
  })
  const port = await listening(closing)
  await withHosts({}, async ({ connect }) => {
    const error = await failure(connect('node0', { port }))
    assert.is(error.code, 'connect-failed')
  })
  assert.is(attempts, 3)
  closing.close()
})

test('says that the connection was refused', async () => {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  await withHosts({}, async ({ connect }) => {
    const error = await failure(connect('node0', { port, connectTimeoutSeconds: 0.1 }))
    assert.is(error.message, `cannot connect to 127.0.0.1:${port}: connection refused`)
    assert.equal([error.code, error.host, error.step], ['connect-failed', 'node0', 'connect'])
  })
})

test('reports a connection that breaks while a program runs', async () => {
  await withHosts({}, async ({ connect, host }) => {
    const connection = await connect('node0')
    const started = deferred()
    const running = failure(
      run(connection, 'echo started; sleep 600\n', { onStdout: () => started.resolve() }),
    )
    await started.promise
    host('node0').cut()
    const error = await running
    assert.equal([error.code, error.step], ['connection-lost', 'exec'])
    assert.ok(error.message.startsWith('the connection to node0 was lost'))
    await connection.close()
  })
})

test('reports a connection that breaks during an upload', async () => {
  const fixture: { cut?: () => void } = {}
  const onEvent = (_host: string, { event }: { event: string }) => {
    if (event === 'sftp') fixture.cut?.()
  }
  await withHosts({ onEvent }, async ({ connect, host }) => {
    const connection = await connect('node0')
    fixture.cut = () => host('node0').cut()
    const error = await failure(
      connection.upload('/var/tmp/a', [{ name: 'a', bytes: Buffer.alloc(1_000_000) }]),
    )
    assert.equal([error.code, error.step], ['connection-lost', 'upload'])
  })
})

test('reaches many hosts through one shared jump host', async () => {
  const names = ['bastion', 'node0', 'node1', 'node2']
  await withHosts({ names }, async ({ connect, host, events }) => {
    const proxyJump = `root@127.0.0.1:${host('bastion').port}`
    const inner = names.slice(1)
    const connections = await Promise.all(inner.map((name) => connect(name, { proxyJump })))
    const answers = await Promise.all(
      connections.map((connection) => run(connection, 'basename "$CONVERGE_ROOT"')),
    )
    assert.equal(
      answers.map((answer) => text(answer.stdout)),
      inner.map((name) => `${name}\n`),
    )
    assert.is(events.filter((event) => event === 'bastion connection').length, 1)
    assert.is(events.filter((event) => event === 'bastion forward').length, 3)
    await Promise.all(connections.map((connection) => connection.close()))
  })
})

test('uses nested jump hosts in the order written', async () => {
  await withHosts({ names: ['outer', 'inner', 'node0'] }, async ({ connect, host, events }) => {
    const proxyJump = `root@127.0.0.1:${host('outer').port},root@127.0.0.1:${host('inner').port}`
    const connection = await connect('node0', { proxyJump })
    assert.is(text((await run(connection, 'echo there')).stdout), 'there\n')
    await connection.close()
    assert.equal(events, [
      'outer connection',
      'outer forward',
      'inner connection',
      'inner forward',
      'node0 connection',
      'node0 exec',
    ])
  })
})

test('verifies the host key of a jump host', async () => {
  await withHosts({ names: ['bastion', 'node0'] }, async ({ connect, host, embedded, directory, events }) => {
    const knownHostsFile = join(directory, 'without-bastion')
    const lines = (await readFile(embedded.knownHostsFile, 'utf8')).split('\n')
    const { port } = host('bastion')
    await writeFile(knownHostsFile, lines.filter((line) => !line.includes(`:${port} `)).join('\n'))
    const error = await failure(connect('node0', { knownHostsFile, proxyJump: `root@127.0.0.1:${port}` }))
    assert.equal([error.code, error.host], ['host-key-unknown', 'node0'])
    assert.equal(events, ['bastion connection'])
  })
})

test('says what the jump host could not reach', async () => {
  await withHosts({ names: ['bastion', 'node0'] }, async ({ connect, host }) => {
    const proxyJump = `root@127.0.0.1:${host('bastion').port}`
    const { port } = host('node0')
    await host('node0').stop()
    const error = await failure(connect('node0', { port, proxyJump }))
    assert.is(error.code, 'connect-failed')
    assert.ok(error.message.startsWith(`the jump host cannot reach 127.0.0.1:${port}: `))
  })
})

test('connects again through a jump host whose connection was lost', async () => {
  await withHosts({ names: ['bastion', 'node0'] }, async ({ connect, host }) => {
    const proxyJump = `root@127.0.0.1:${host('bastion').port}`
    const first = await connect('node0', { proxyJump })
    const started = deferred()
    const running = failure(run(first, 'echo started; sleep 600\n', { onStdout: () => started.resolve() }))
    await started.promise
    host('bastion').cut()
    assert.is((await running).code, 'connection-lost')
    const second = await connect('node0', { proxyJump })
    assert.is(text((await run(second, 'echo again')).stdout), 'again\n')
    await second.close()
  })
})

test('takes user, port, key and jump host from ssh_config', async () => {
  await withHosts({ names: ['bastion', 'node0'] }, async ({ host, embedded, directory }) => {
    const { createSshTransport } = await import('../../../src/transports/ssh/ssh.ts')
    const configFile = join(directory, 'ssh_config')
    const node = host('node0')
    await writeFile(
      configFile,
      [
        'Host *',
        '  User root',
        `  IdentityFile ${embedded.identityFile}`,
        `  UserKnownHostsFile ${embedded.knownHostsFile}`,
        'Host bastion',
        `  HostName 127.0.0.1\n  Port ${host('bastion').port}`,
        'Host node0',
        `  HostName 127.0.0.1\n  Port ${node.port}\n  ProxyJump bastion\n`,
      ].join('\n'),
    )
    const environment = { homeDirectory: directory, userName: 'nobody', variables: {}, configFile }
    const transport = createSshTransport(environment)
    const connection = await transport.connect({ host: 'node0', address: 'node0', ssh: {} })
    assert.is(text((await run(connection, 'basename "$CONVERGE_ROOT"')).stdout), 'node0\n')
    await connection.close()
    await transport.close()
  })
})

/** The key of a throw-away pair, its passphrase forgotten. */
const ENCRYPTED_KEY = `-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
-----END EC PRIVATE KEY-----
`

function listening(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

test.run()
