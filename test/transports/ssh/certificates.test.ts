import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SshSettings } from '../../../src/model/targets/ssh.ts'
import { createSshTransport } from '../../../src/transports/ssh/ssh.ts'
import { failure, run, text } from '../../contracts/transport.ts'
import { programOnPath } from './programs.ts'
import { freePort, startSshd } from './sshd.ts'

const execute = promisify(execFile)
const sshd = process.env.CONVERGE_SSHD ?? programOnPath('sshd')
const isInstalled = ['ssh', 'ssh-keygen'].every(programOnPath) && sshd !== undefined
const test = suite<Fixture>('certificates, against sshd')
const withSshd = isInstalled ? test : test.skip

interface Fixture {
  directory: string
  port: number
  stop: () => void
  at(name: string): string
  /** Logs in via openssh and says hello. */
  login(ssh: SshSettings): Promise<string>
  known(name: string, lines: string): Promise<string>
}

test.before(async (context) => {
  if (sshd === undefined || !isInstalled) return
  const directory = await mkdtemp(join(tmpdir(), 'converge-test-'))
  const at = (name: string): string => join(directory, name)
  const keygen = (...words: readonly string[]) => execute('ssh-keygen', ['-q', ...words])
  const user = userInfo().username
  for (const name of ['users', 'hosts', 'stranger', 'ann', 'late', 'bob', 'own'])
    await keygen('-t', 'ed25519', '-N', '', '-C', '', '-f', at(name))
  await keygen('-t', 'ecdsa', '-N', '', '-C', '', '-f', at('old'))
  const past = ['-V', '20200101:20200201']
  await keygen('-s', at('users'), '-I', 'ann', '-n', user, at('ann.pub'))
  await keygen('-s', at('users'), '-I', 'late', '-n', user, ...past, at('late.pub'))
  await keygen('-s', at('stranger'), '-I', 'bob', '-n', user, at('bob.pub'))
  await keygen('-h', '-s', at('hosts'), '-I', 'node0', '-n', '127.0.0.1', at('own.pub'))
  await keygen('-h', '-s', at('hosts'), '-I', 'node0', '-n', '127.0.0.1', ...past, at('old.pub'))
  const port = await freePort()
  const stop = await startSshd(
    sshd,
    directory,
    [port],
    [
      ...['own', 'old'].flatMap((name) => [
        `HostKey ${at(name)}`,
        `HostCertificate ${at(`${name}-cert.pub`)}`,
      ]),
      `TrustedUserCAKeys ${at('users.pub')}`,
      'AuthorizedKeysFile none',
      'Subsystem sftp internal-sftp',
    ],
  )
  const known = async (name: string, lines: string): Promise<string> => {
    const keys = { HOSTS: 'hosts', STRANGER: 'stranger' }
    let filled = lines
    for (const [word, key] of Object.entries(keys))
      filled = filled.replaceAll(word, (await readFile(at(`${key}.pub`), 'utf8')).trim())
    await writeFile(at(name), `${filled}\n`)
    return at(name)
  }
  await writeFile(at('ssh_config'), '')
  const environment = {
    homeDirectory: directory,
    userName: user,
    variables: {},
    configFile: at('ssh_config'),
  }
  const transport = createSshTransport(environment)
  const login = async (ssh: SshSettings): Promise<string> => {
    const settings = { via: 'openssh', port, sudo: 'never', connectTimeoutSeconds: 20, ...ssh } as const
    const connection = await transport.connect({ host: 'node0', address: '127.0.0.1', ssh: settings })
    await connection.upload(at('staged'), [{ name: 'a', bytes: Buffer.from('content') }])
    await rm(at('staged'), { recursive: true })
    const { stdout } = await run(connection, 'echo hello\n')
    await connection.close()
    return text(stdout)
  }
  Object.assign(context, { directory, port, stop, at, known, login })
})

test.after(async ({ stop, directory }) => {
  stop?.()
  if (directory !== undefined) await rm(directory, { recursive: true })
})

withSshd(
  'logs in by a user certificate at a host that only its authority vouches for',
  async ({ at, known, login }) => {
    const knownHostsFile = await known('authority', '@cert-authority 127.0.0.1,[127.0.0.1]:* HOSTS')
    assert.is(await login({ identityFile: at('ann'), knownHostsFile }), 'hello\n')
  },
)

withSshd(
  'does not log in by a certificate that has expired, or of another authority',
  async ({ at, known, login }) => {
    const knownHostsFile = await known('authority', '@cert-authority * HOSTS')
    for (const name of ['late', 'bob']) {
      const error = await failure(login({ identityFile: at(name), knownHostsFile }))
      assert.is(error.code, 'authentication-failed', name)
      assert.match(error.remedy ?? '', 'certificates and their dates')
    }
  },
)

withSshd(
  'trusts no host whose authority is revoked, unknown, of other hosts, or has signed for a time that is over',
  async ({ at, known, login }) => {
    const refused: readonly (readonly [lines: string, code: string])[] = [
      ['@cert-authority * HOSTS\n@revoked * HOSTS', 'host-key-revoked'],
      ['@cert-authority * STRANGER', 'host-key-unknown'],
      ['@cert-authority *.example.com HOSTS', 'host-key-unknown'],
    ]
    for (const [lines, code] of refused) {
      const error = await failure(
        login({ identityFile: at('ann'), knownHostsFile: await known('some', lines) }),
      )
      assert.is(error.code, code, `${lines}: ${error.message}`)
    }
    await writeFile(at('ssh_config'), 'HostKeyAlgorithms ecdsa-sha2-nistp256-cert-v01@openssh.com\n')
    const knownHostsFile = await known('authority', '@cert-authority * HOSTS')
    const late = await failure(login({ identityFile: at('ann'), knownHostsFile }))
    await writeFile(at('ssh_config'), '')
    assert.is(late.code, 'host-key-unknown', late.message)
    assert.match(late.message, /^the host certificate of \[127\.0\.0\.1\]:\d+ is not valid: expired$/)
  },
)

test.run()
