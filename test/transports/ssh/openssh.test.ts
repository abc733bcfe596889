import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startEmbeddedHosts } from '../../../src/embedded/hosts.ts'
import { generateKey } from '../../../src/embedded/keys.ts'
import type { SshSettings } from '../../../src/model/targets/ssh.ts'
import { createSshTransport } from '../../../src/transports/ssh/ssh.ts'
import { failure, run, text, transportContract } from '../../contracts/transport.ts'
import { longPatience, withScript } from '../../hostile/scripted-host.ts'
import { programArguments } from '../../programs.ts'
import { withHosts } from '../embedded-host.ts'
import { programOnPath } from './programs.ts'

const ssh = programOnPath('ssh')
const withSsh = ssh === undefined ? test.skip : test
const via = 'openssh'
const file = [{ name: 'a', bytes: Buffer.from('content') }]

if (ssh !== undefined)
  transportContract('the ssh transport via openssh', async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-test-')))
    const embedded = await startEmbeddedHosts({ names: ['node0'], directory })
    const [host] = embedded.hosts
    if (host === undefined) throw new Error('no host was started')
    const transport = createSshTransport({ homeDirectory: directory, userName: 'root', variables: {} })
    const { identityFile, knownHostsFile } = embedded
    return {
      connect: () =>
        transport.connect({
          host: 'node0',
          address: host.address,
          ssh: { via, user: 'root', port: host.port, identityFile, knownHostsFile },
        }),
      root: async () => host.root,
      async close() {
        await transport.close()
        await embedded.close()
        await rm(directory, { recursive: true })
      },
    }
  })

withSsh('says in its own words why ssh refuses a host', async () => {
  await withHosts({}, async ({ directory, connect, host, embedded }) => {
    const name = `[127.0.0.1]:${host('node0').port}`
    const line = (await readFile(embedded.knownHostsFile, 'utf8')).trim()
    const { type, publicBlob } = generateKey()
    const files = {
      empty: '',
      changed: `${name} ${type} ${publicBlob.toString('base64')}\n`,
      revoked: `${line}\n@revoked ${line}\n`,
      other: '',
    }
    for (const [file, lines] of Object.entries(files)) await writeFile(join(directory, file), lines)
    const refusals: readonly (readonly [ssh: SshSettings, code: string, message: RegExp, remedy: RegExp])[] =
      [
        [
          { knownHostsFile: join(directory, 'empty') },
          'host-key-unknown',
          /^the ECDSA host key of \S+ is not known$/,
          /ssh-keyscan -p \d+ 127\.0\.0\.1 >> \S+empty`, .*accept-new/,
        ],
        [
          { knownHostsFile: join(directory, 'changed'), hostKeyChecking: 'accept-new' },
          'host-key-changed',
          /^the host key of \S+ has changed: ECDSA SHA256:\S{43}; the known key is the ECDSA key in \S+changed:1$/,
          /ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f \S+changed`/,
        ],
        [
          { knownHostsFile: join(directory, 'revoked'), hostKeyChecking: 'accept-new' },
          'host-key-revoked',
          /^the host key of \S+, or the authority that signed it, is revoked$/,
          /new key/,
        ],
        [
          { user: 'eve' },
          'authentication-failed',
          /^127\.0\.0\.1:\d+ refused to authenticate eve$/,
          /ssh-add/,
        ],
        [
          { identityFile: join(directory, 'absent') },
          'authentication-failed',
          /^the identity file \S+absent does not exist$/,
          /ssh-keygen/,
        ],
        [
          { port: 1, connectTimeoutSeconds: 1 },
          'connect-failed',
          /^cannot connect to 127\.0\.0\.1:1: connection refused$/,
          /sshd listens/,
        ],
        [
          { knownHostsFile: join(directory, '.bashrc'), hostKeyChecking: 'accept-new' },
          'unsupported',
          /^no host key may be added to \S+\.bashrc: /,
          /knownHostsFile/,
        ],
      ]
    for (const [settings, code, message, remedy] of refusals) {
      const error = await failure(connect('node0', { via, ...settings }))
      assert.equal([error.code, error.host, error.step], [code, 'node0', 'connect'], error.message)
      assert.match(error.message, message)
      assert.match(error.remedy ?? '', remedy)
    }
    assert.is(await readFile(join(directory, 'empty'), 'utf8'), '')
    assert.not.ok(existsSync(join(directory, '.bashrc')))
  })
})

withSsh('accept-new records a key, and no password goes to the host in that run', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'converge-test-'))
  await writeFile(join(bin, 'sudo'), '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n')
  await chmod(join(bin, 'sudo'), 0o755)
  await withHosts({ users: ['root', 'deploy'], searchPath: [bin] }, async ({ directory, connect }) => {
    const knownHostsFile = join(directory, 'known')
    const settings = { via, knownHostsFile, hostKeyChecking: 'accept-new', user: 'deploy' } as const
    for (const _ of ['recorded', 'known by now']) {
      const connection = await connect('node0', settings, async () => {
        throw new Error('it was asked for a password')
      })
      assert.match((await failure(run(connection, 'true\n'))).message, /became known in this run$/)
      await connection.close()
    }
    assert.match(await readFile(knownHostsFile, 'utf8'), /^\[127\.0\.0\.1\]:\d+ ecdsa\S+ \S+\n$/)
  })
})

withSsh('a host whose key can be added nowhere is refused, and LogVerbose garbles no message', async () => {
  await withHosts({}, async ({ directory, settings, events }) => {
    const configFile = join(directory, 'ssh_config')
    const { knownHostsFile: _, ...own } = settings('node0')
    for (const file of [directory, join(configFile, 'below')]) {
      await writeFile(configFile, `Host *\n  UserKnownHostsFile ${file}\n  LogVerbose *:*:*\n`)
      const environment = { homeDirectory: directory, userName: 'root', variables: {}, configFile }
      const transport = createSshTransport(environment)
      const ssh = { ...own, via, hostKeyChecking: 'accept-new' } as const
      const error = await failure(transport.connect({ host: 'node0', address: '127.0.0.1', ssh }))
      const message = `the host key of [127.0.0.1]:${own.port} cannot be added to ${file}`
      assert.equal([error.code, error.message], ['connect-failed', message])
      await transport.close()
    }
    assert.not.ok(events.includes('node0 exec'))
  })
})

withSsh('leaves the way to the host to ssh_config: an alias, a command, a jump host', async () => {
  const configFile = join(await mkdtemp(join(tmpdir(), 'converge-test-')), 'ssh_config')
  await withHosts(
    { names: ['node0', 'node1'], environment: { configFile, variables: {} } },
    async ({ directory, embedded, events, host }) => {
      const relay = join(directory, 'relay.cjs')
      await writeFile(
        relay,
        `const [host, port] = process.argv.slice(2)
const socket = require('node:net').connect(port, host)
process.stdin.pipe(socket).pipe(process.stdout)
require('node:fs').writeFileSync(__dirname + '/relayed', port)
`,
      )
      await writeFile(
        configFile,
        `Host far
  HostName 127.0.0.1
  ProxyCommand ${process.execPath} ${relay} %h %p
Host *
  StrictHostKeyChecking no
  RemoteCommand false
  LocalForward 1 localhost:1
  ForkAfterAuthentication yes
  User root
`,
      )
      const { port } = host('node1')
      const transport = createSshTransport({
        homeDirectory: directory,
        userName: 'nobody',
        variables: {},
        configFile,
      })
      const { identityFile, knownHostsFile } = embedded
      const reach = (address: string, settings: SshSettings) =>
        transport.connect({
          host: 'node1',
          address,
          ssh: { via, port, identityFile, knownHostsFile, ...settings },
        })
      const far = await reach('far', {})
      assert.is(text((await run(far, 'printf %s "$CONVERGE_ROOT"\n')).stdout), host('node1').root)
      assert.is(await readFile(join(directory, 'relayed'), 'utf8'), `${port}`)
      await far.close()

      events.length = 0
      const jump = `root@127.0.0.1:${host('node0').port}`
      const behind = await reach('127.0.0.1', { proxyJump: jump })
      await run(behind, 'true\n')
      await behind.close()
      assert.equal(events, ['node0 connection', 'node0 forward', 'node1 connection', 'node1 exec'])

      // The jump host's key is checked as the spec says, whatever ssh_config allows.
      const empty = join(directory, 'empty')
      await writeFile(empty, '')
      const unknown = await failure(reach('127.0.0.1', { proxyJump: jump, knownHostsFile: empty }))
      assert.is(unknown.code, 'host-key-unknown')
      assert.ok(unknown.message.endsWith(`${host('node0').port} is not known`), unknown.message)
      const refused = await failure(reach('127.0.0.1', { proxyJump: jump.replace('root', 'eve') }))
      assert.is(refused.code, 'authentication-failed')
      assert.match(refused.message, /^the way to the host fails: 127\.0\.0\.1 refused to authenticate eve$/)
      await host('node1').stop()
      const dead = await failure(reach('127.0.0.1', { proxyJump: jump }))
      assert.match(dead.message, /^the jump host .* reach 127\.0\.0\.1:\d+$/)
      await transport.close()
    },
  )
})

withSsh('lets nothing of a spec become an option, a setting or a word of a shell', async () => {
  await withHosts({}, async ({ directory, embedded, settings }) => {
    const mark = join(directory, 'mark')
    const evil = `-oProxyCommand=touch ${mark}`
    const transport = createSshTransport(
      { homeDirectory: directory, userName: 'root', variables: {} },
      { specRoot: directory },
    )
    const lines = `"\nProxyCommand touch ${mark}\n#"`
    const attempts: readonly (readonly [address: string, ssh: SshSettings])[] = [
      [evil, {}],
      [`127.0.0.1 ${evil}`, {}],
      [`$(touch ${mark})`, {}],
      ['127.0.0.1', { user: evil }],
      ['127.0.0.1', { user: `root;touch ${mark}` }],
      ['127.0.0.1', { user: `root\n${evil}` }],
      ['127.0.0.1', { proxyJump: evil }],
      ['127.0.0.1', { proxyJump: `127.0.0.1,${evil}` }],
      ['127.0.0.1', { proxyJump: `${evil}@127.0.0.1` }],
      ['127.0.0.1', { proxyJump: `\`touch ${mark}\`@127.0.0.1` }],
      ['127.0.0.1', { knownHostsFile: `known${lines}` }],
      ['127.0.0.1', { knownHostsFile: `known\\"\tx` }],
      ['127.0.0.1', { identityFile: `${embedded.identityFile}${lines}` }],
    ]
    await writeFile(`${embedded.identityFile}${lines.replaceAll('/', '')}`, '')
    for (const [address, ssh] of attempts) {
      const attempt = transport.connect({
        host: 'node0',
        address,
        ssh: { via, ...settings('node0'), ...ssh },
      })
      const error = await failure(attempt)
      assert.match(error.code, /^(?:connect|authentication)-failed$/, JSON.stringify([address, ssh]))
      assert.not.ok(existsSync(mark), JSON.stringify([address, ssh]))
    }
    // What only looks dangerous is a file like any other.
    const known = join(directory, 'a b #%%c')
    await writeFile(join(directory, 'a b #%c'), await readFile(embedded.knownHostsFile))
    const connection = await transport.connect({
      host: 'node0',
      address: '127.0.0.1',
      ssh: { via, ...settings('node0'), knownHostsFile: known },
    })
    await connection.close()
    await transport.close()
  })
})

withSsh('puts no program and no password into a command line or an environment', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'converge-test-'))
  const seen = join(bin, 'seen')
  await writeFile(join(bin, 'ssh'), `#!/bin/sh\n{ echo "$@"; env; } >>${seen}\nexec ${ssh} "$@"\n`)
  await writeFile(
    join(bin, 'sudo'),
    `#!/bin/sh
case $* in *' -n '*|'-n '*) echo 'sudo: a password is required' >&2; exit 1 ;; esac
printf "$3" | sed 's/%%/%/' >&2; read -r password; shift 4; exec "$@"
`,
  )
  for (const name of ['ssh', 'sudo']) await chmod(join(bin, name), 0o755)
  const variables = { PATH: `${bin}:${process.env.PATH}` }
  await withHosts(
    { users: ['deploy'], searchPath: [bin], environment: { variables } },
    async ({ connect }) => {
      const connection = await connect('node0', { via, user: 'deploy' }, async () => 's3cret word')
      const { stdout } = await run(connection, 'echo pr0gram; exit 255\n')
      assert.is(text(stdout), 'pr0gram\n')
      await connection.upload('/var/tmp/staged', [{ name: 'a', bytes: Buffer.from('c0ntent') }])
      await connection.close()
    },
  )
  const recorded = await readFile(seen, 'utf8')
  assert.match(recorded, 'sudo -S')
  assert.not.match(recorded, /s3cret|pr0gram|c0ntent/)
  await rm(bin, { recursive: true })
})

withSsh('tells the exit codes of ssh from those of programs, also when the connection is lost', async () => {
  await withHosts({}, async ({ connect, host }) => {
    const connection = await connect('node0', { via })
    for (const code of [0, 127, 254, 255]) assert.is((await run(connection, `exit ${code}\n`)).exitCode, code)
    const cut = { onStdout: () => host('node0').cut() }
    const lost = await failure(run(connection, 'echo started; sleep 60\n', cut))
    assert.equal([lost.code, lost.step, lost.nothingSent], ['connection-lost', 'exec', false])
    const next = await failure(run(connection, 'echo\n'))
    assert.equal([next.code, next.nothingSent], ['connection-lost', true])
    await connection.close()
    const again = await connect('node0', { via })
    await again.close()
  })
})

withSsh('leaves no process, socket or folder behind, not even of a converge that is killed', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'converge-test-'))
  // It greets, and says nothing more: ssh would wait for ever.
  const mute = createServer((socket) => socket.on('error', () => undefined).write('SSH-2.0-mute\r\n'))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  await withHosts({ environment: {} }, async ({ directory, settings, events }) => {
    const { port, identityFile, knownHostsFile } = settings('node0')
    const spec = {
      cluster: 'c',
      ssh: { via, user: 'root', port, identityFile, knownHostsFile },
      hosts: { node0: { address: '127.0.0.1', resources: [{ file: { path: '/etc/a', content: 'a' } }] } },
    }
    await writeFile(join(directory, 'cluster.yaml'), JSON.stringify(spec))
    const start = () =>
      spawn(process.execPath, [...programArguments('src/cli.ts'), 'exec', 'node0', '--', 'sleep 60'], {
        cwd: directory,
        env: { ...process.env, TMPDIR: temporary },
        stdio: 'ignore',
      })
    const child = start()
    const until = async (isSo: () => Promise<boolean>): Promise<void> => {
      while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const mine = async () => (await readdir(temporary)).filter((name) => name.startsWith('converge-ssh-'))
    await until(async () => events.includes('node0 exec'))
    assert.is((await mine()).length, 1)
    child.kill('SIGKILL')
    await until(async () => (await mine()).length === 0)
    const address = mute.address()
    const ssh = {
      ...spec.ssh,
      port: typeof address === 'object' ? address?.port : 0,
      connectTimeoutSeconds: 300,
    }
    await writeFile(join(directory, 'cluster.yaml'), JSON.stringify({ ...spec, ssh }))
    const waiting = once(mute, 'connection')
    const other = start()
    await waiting
    assert.is((await mine()).length, 1)
    other.kill('SIGKILL')
    await until(async () => (await mine()).length === 0)
  })
  mute.close()
  await rm(temporary, { recursive: true })
})

withSsh('says that there is no ssh, and what can be done', async () => {
  await withHosts({ environment: { variables: { PATH: '/nowhere' } } }, async ({ connect }) => {
    // Many at once: what ends while its guard is still starting is noticed, too.
    const errors = await Promise.all(Array.from({ length: 40 }, () => failure(connect('node0', { via }))))
    for (const error of errors) {
      assert.equal([error.code, error.message], ['unsupported', 'there is no ssh on this machine'])
      assert.is(error.remedy, 'Install the OpenSSH client, or remove `via: openssh` under `ssh`.')
    }
  })
})

withSsh('a server that speaks no SSH, floods, answers nonsense or opens no session is named', async () => {
  await withScript(
    { onSocket: (socket) => socket.end('Permission denied (publickey).\r\n') },
    async (host) => {
      const error = await failure(host.connect({ via }))
      assert.is(error.code, 'connect-failed', error.message)
    },
  )
  const flood = Buffer.alloc(1024 * 1024, 'x')
  await withScript(
    {
      patience: longPatience,
      onSession: (session) => {
        session.on('exec', (accept) => {
          const channel = accept()
          const more = () => channel.write(flood, () => more())
          more()
        })
        session.on('subsystem', (accept) => void accept().write(flood))
      },
    },
    async ({ connect }) => {
      const connection = await connect({ via })
      const endless = await failure(run(connection, 'echo\n'))
      assert.match(endless.message, /^the login shell prints endlessly/)
      const garbage = await failure(connection.upload('/var/tmp/staged', file))
      assert.match(garbage.message, /^instead of SFTP the server sent text that begins with "xxxx"$/)
      await connection.close()
    },
  )
  await withScript({ patience: longPatience, refuses: () => true }, async ({ connect }) => {
    const connection = await connect({ via })
    const error = await failure(run(connection, 'echo\n'))
    assert.is(error.message, 'the SSH server refuses to open another session')
    const refused = await failure(connection.upload('/var/tmp/staged', file))
    assert.is(refused.message, 'the SSH server refuses to open another session')
    await connection.close()
  })
})

test.run()
