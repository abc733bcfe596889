import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pLimit from 'p-limit'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError } from '../../../src/model/errors.ts'
import { hashedName } from '../../../src/transports/ssh/known-hosts.ts'
import { createSshTransport } from '../../../src/transports/ssh/ssh.ts'
import { run, text } from '../../contracts/transport.ts'
import { figure, share } from '../../figure.ts'
import { type LoginRow, loginRows } from './login-rows.ts'
import { type LoginServer, startAgent, startLoginServer, WHO } from './login-server.ts'
import { programOnPath } from './programs.ts'

const execute = promisify(execFile)
const isInstalled = ['ssh', 'ssh-agent', 'ssh-add', 'ssh-keygen'].every(programOnPath)
/** By day every fourth login; all of them take a processor for twenty seconds. */
const EVERY = process.env.SSH_LOGINS === 'all' ? 1 : 4
const AT_ONCE = 4

interface Fixture {
  readonly directory: string
  readonly server: LoginServer
  readonly words: Readonly<Record<string, string>>
}

/** How a login ended, and what is in the files that it may have added to. */
interface Outcome {
  readonly who: string
  readonly files: readonly string[]
  readonly why: string
}

;(isInstalled ? test : test.skip)('logs in where ssh does, with the same key as the same user', async () => {
  const rows = loginRows.filter((_, index) => index % EVERY === 0)
  await withFixture(async (fixture) => {
    const limit = pLimit(AT_ONCE)
    const found = await Promise.all(
      rows.map((row, index) => limit(() => disagreement(row, join(fixture.directory, `${index}`), fixture))),
    )
    assert.equal(
      found.filter((words) => words !== undefined),
      [],
    )
    figure('logins about which ssh and converge agree', share(rows.length, loginRows.length))
  })
})

async function disagreement(row: LoginRow, own: string, fixture: Fixture): Promise<string | undefined> {
  const ssh = await outcomeOf(row, join(own, 'ssh'), fixture, bySsh)
  const converge = await outcomeOf(row, join(own, 'converge'), fixture, byConverge)
  const told = `${row.name}: ssh ${ssh.who} ${ssh.files} (${ssh.why}), converge ${converge.who} ${converge.files} (${converge.why})`
  if (row.limit !== undefined)
    return ssh.who !== 'refused' && converge.who === 'refused' ? undefined : `no limit any more: ${told}`
  const isSame = ssh.who === converge.who && String(ssh.files) === String(converge.files)
  return isSame ? undefined : told
}

type Client = (row: LoginRow, configFile: string, variables: Record<string, string>) => Promise<string>

async function outcomeOf(row: LoginRow, own: string, fixture: Fixture, client: Client): Promise<Outcome> {
  const { directory, server, words } = fixture
  const filled = (written: string) =>
    written.replaceAll(/%([A-Z]{2,})/g, (whole, word: string) =>
      word === 'OWN' ? own : (words[word] ?? whole),
    )
  await mkdir(own, { recursive: true })
  const config = join(directory, `config-${own.replaceAll('/', '-')}`)
  await writeFile(
    config,
    filled(
      [
        'Host *',
        ...row.config,
        'Match all',
        `Port ${server.ports[row.port ?? 'any']}`,
        'UserKnownHostsFile %OWN/known',
        'GlobalKnownHostsFile none',
        'StrictHostKeyChecking yes',
      ].join('\n'),
    ),
  )
  await writeFile(join(own, 'known'), filled(row.known === '' ? '' : `${row.known}\n`))
  if (row.revoked?.startsWith('KRL:')) await copyFile(join(directory, row.revoked), join(own, 'revoked'))
  else if (row.revoked !== undefined) await writeFile(join(own, 'revoked'), filled(row.revoked))
  const agent =
    row.agent === undefined || row.agent === 'none'
      ? {}
      : { SSH_AUTH_SOCK: join(directory, `agent-${row.agent}`) }
  const variables = { ...agent, OWN: own, KEYS: directory, SITE_AGENT: join(directory, 'agent-site') }
  const [said, why] = await client(row, config, variables).then(
    (who) => [who, 'logged in'],
    (error: unknown) => ['refused', reasonOf(error)],
  )
  const files = (await readdir(own))
    .sort()
    .map(async (name) => `${name}: ${await readFile(join(own, name), 'latin1')}`)
  const contents = (await Promise.all(files)).map((file) => file.replaceAll(/\|1\|\S+/g, '|1|'))
  return { who: `${said}`.trim(), files: contents, why: `${why}` }
}

const bySsh: Client = async (row, configFile, variables) => {
  const options = ['-F', configFile, '-T', '-o', 'BatchMode=yes', row.address ?? '127.0.0.1', WHO]
  const { stdout } = await execute('ssh', options, { env: { PATH: process.env.PATH ?? '', ...variables } })
  return stdout
}

const byConverge: Client = async (row, configFile, variables) => {
  const { homedir: homeDirectory, username: userName } = userInfo()
  const transport = createSshTransport({ homeDirectory, userName, variables, configFile })
  try {
    const ssh = { sudo: 'never' } as const
    const connection = await transport.connect({ host: 'core0', address: row.address ?? '127.0.0.1', ssh })
    const answer = await run(connection, `${WHO}\n`)
    await connection.close()
    return text(answer.stdout)
  } finally {
    await transport.close()
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ConvergeError) return error.message
  // A bug must not pass for a refusal.
  if (error instanceof Error && 'stderr' in error) return String(error.stderr).trim()
  throw error
}

async function withFixture(act: (fixture: Fixture) => Promise<void>): Promise<void> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-test-')))
  const ends: (() => void)[] = []
  try {
    const path = (name: string) => join(directory, name)
    const others = ['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7']
    await keyring(directory, ['host', 'other', 'site', 'second', ...others])
    const lines = async (names: readonly string[]) =>
      (await Promise.all(names.map((name) => readFile(path(`${name}.pub`), 'utf8')))).join('')
    await writeFile(path('any'), await lines(['site', 'second', 'pem', ...others]))
    await writeFile(path('only-site'), await lines(['site']))
    const server = await startLoginServer({
      directory,
      hostKeys: ['host', 'host-ecdsa', 'host-rsa'].map(path),
      authorized: { any: path('any'), site: path('only-site') },
    })
    ends.push(server.close)
    const { any, site } = server.ports
    const me = userInfo()
    const [short = ''] = hostname().split('.')
    const named = [
      '%',
      '127.0.0.1',
      `127.0.0.1-${any}-${me.username}`,
      `${me.uid}-${me.username}`,
      'with blanks',
      `${short}-${hostname()}`,
    ]
    for (const name of named) await copyFile(path('site'), path(name))
    const agents = { empty: [], site: ['o1', 'site'], many: [...others, 'site'], others: ['o1', 'o2'] }
    for (const [name, keys] of Object.entries(agents))
      ends.push(await startAgent(path(`agent-${name}`), keys.map(path)))
    const key = async (name: string) => (await lines([name])).split(' ').slice(0, 2).join(' ').trim()
    const name = `[127.0.0.1]:${any}`
    const words = {
      DIR: directory,
      ANY: `${any}`,
      SITE: `${site}`,
      ME: me.username,
      NODE: process.execPath,
      NAME: name,
      HOST: await key('host'),
      OTHER: await key('other'),
      RSA: await key('host-rsa'),
      ECDSA: await key('host-ecdsa'),
      MISTYPED: (await key('host')).replace('ssh-ed25519', 'ssh-rsa'),
      HASHED: hashedName(name),
      ELSEWHERE: hashedName('elsewhere'),
    }
    await act({ directory, server, words })
  } finally {
    for (const end of ends) end()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Keys in all the forms in which users have them. */
async function keyring(directory: string, names: readonly string[]): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(directory, 'pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  })
  const script = `set -e
    new() { ssh-keygen -q -N '' -C '' "$@"; }
    for name in ${names.join(' ')}; do new -t ed25519 -f $name; done
    new -t ecdsa -f host-ecdsa
    new -t rsa -b 2048 -f host-rsa
    ssh-keygen -y -f pem >pem.pub
    ssh-keygen -q -k -f KRL:host host.pub
    ssh-keygen -q -k -f KRL:other other.pub
    for name in lone locked open mismatch; do cp site $name; done
    cp site.pub locked.pub
    cp second.pub mismatch.pub
    chmod 644 open
    ssh-keygen -q -p -P '' -N secret -f locked
    cp locked locked-lone`
  await execute('/bin/sh', ['-c', script], { cwd: directory })
}

test.run()
