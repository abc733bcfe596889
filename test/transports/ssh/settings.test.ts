import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SshSettings } from '../../../src/model/targets/ssh.ts'
import {
  isRelevant,
  parseSshConfig,
  type SshConfig,
  type SshConfigQuery,
} from '../../../src/transports/ssh/config.ts'
import { resolveRoute, type SshRoute } from '../../../src/transports/ssh/settings.ts'
import { failure } from '../../contracts/transport.ts'

const environment = { homeDirectory: '/home/ada', userName: 'ada', agentSocket: '/run/agent' }

/** What `ssh -G` would print for each address. */
type Configs = Readonly<Record<string, string>>

function route(ssh: SshSettings, configs: Configs = {}, address = 'core0'): Promise<SshRoute> {
  const readConfig = async (query: SshConfigQuery): Promise<SshConfig> =>
    parseSshConfig(configs[query.address] ?? '')
  return resolveRoute({ host: 'core0', address, ssh, environment, readConfig })
}

const hops = (found: SshRoute) => found.jumps.map(({ user, hostname, port }) => `${user}@${hostname}:${port}`)

test('asks ssh only where a file sets something: as installed, none does', () => {
  const installed =
    'Include /etc/ssh/ssh_config.d/*.conf\n\nHost *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n'
  assert.is(isRelevant(installed), false)
  for (const line of ['Include other/*', 'include="/home/ada/x"', '  Port = 2222', 'ProxyJump bastion']) {
    assert.is(isRelevant(`${installed}${line}\n`), true, line)
  }
})

test("falls back to OpenSSH's defaults", async () => {
  assert.equal(await route({}), {
    hostname: 'core0',
    port: 22,
    user: 'ada',
    identityFiles: ['/home/ada/.ssh/id_ed25519', '/home/ada/.ssh/id_ecdsa', '/home/ada/.ssh/id_rsa'],
    identityRequired: false,
    identitiesOnly: false,
    agentSocket: '/run/agent',
    knownHostsFiles: ['/home/ada/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'],
    hostKeyAlias: undefined,
    hostKeyChecking: 'yes',
    connectTimeoutMs: 10_000,
    jumps: [],
  })
})

test('takes from ssh_config what the spec leaves open', async () => {
  const config = [
    'hostname 10.0.0.1',
    'user core',
    'port 2222',
    'identityfile ~/.ssh/%r-%h',
    'identityfile ~/.ssh/other',
    'identitiesonly yes',
    'identityagent none',
    'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
    'globalknownhostsfile none',
    'hostkeyalias fleet',
    'stricthostkeychecking accept-new',
    'connecttimeout 3',
    'proxyjump none',
  ].join('\n')
  assert.equal(await route({}, { core0: config }), {
    hostname: '10.0.0.1',
    port: 2222,
    user: 'core',
    identityFiles: ['/home/ada/.ssh/core-10.0.0.1', '/home/ada/.ssh/other'],
    identityRequired: false,
    identitiesOnly: true,
    agentSocket: undefined,
    knownHostsFiles: ['/home/ada/.ssh/known_hosts', '/home/ada/.ssh/known_hosts2'],
    hostKeyAlias: 'fleet',
    hostKeyChecking: 'accept-new',
    connectTimeoutMs: 3_000,
    jumps: [],
  })
})

test('prefers what the spec says', async () => {
  const config =
    'user core\nport 2222\nidentityfile ~/.ssh/other\nstricthostkeychecking accept-new\nproxyjump bastion'
  const found = await route(
    {
      user: 'root',
      port: 22,
      identityFile: '~/.ssh/fleet',
      knownHostsFile: '~/known',
      hostKeyChecking: 'yes',
      connectTimeoutSeconds: 1,
      proxyJump: 'none',
    },
    { core0: config },
  )
  assert.equal(
    [found.user, found.port, found.identityFiles, found.identityRequired, found.knownHostsFiles],
    ['root', 22, ['/home/ada/.ssh/fleet'], true, ['/home/ada/known']],
  )
  assert.equal([found.hostKeyChecking, found.connectTimeoutMs, found.jumps], ['yes', 1_000, []])
})

test('takes no other word of StrictHostKeyChecking for consent', async () => {
  for (const word of ['ask', 'true', 'false', 'off']) {
    const found = await route({}, { core0: `stricthostkeychecking ${word}` })
    assert.is(found.hostKeyChecking, 'yes')
  }
})

test('reads jump hosts with users, ports and IPv6 addresses', async () => {
  const found = await route({ proxyJump: 'a, root@b:2222,ssh://c@[fe80::1]:22' })
  assert.equal(hops(found), ['ada@a:22', 'root@b:2222', 'c@fe80::1:22'])
})

test('checks jump hosts as the host behind them, but logs in as their own user', async () => {
  const found = await route({
    user: 'core',
    port: 2222,
    identityFile: '/key',
    knownHostsFile: '/known',
    proxyJump: 'a',
  })
  const [jump] = found.jumps
  assert.equal(
    [jump?.user, jump?.port, jump?.identityFiles, jump?.knownHostsFiles],
    ['ada', 22, ['/key'], ['/known']],
  )
})

test('puts what is before the first jump host before it', async () => {
  const found = await route(
    { proxyJump: 'a,b' },
    { a: 'hostname 10.0.0.1\nproxyjump outer', b: 'proxyjump ignored' },
  )
  assert.equal(hops(found), ['ada@outer:22', 'ada@10.0.0.1:22', 'ada@b:22'])
})

test('does not reach a jump host through itself', async () => {
  const found = await route({}, { core0: 'proxyjump bastion', bastion: 'proxyjump bastion' })
  assert.equal(hops(found), ['ada@bastion:22'])
})

test('ends a circle of jump hosts', async () => {
  const found = await route({}, { core0: 'proxyjump a', a: 'proxyjump b', b: 'proxyjump a' })
  assert.equal(hops(found), ['ada@b:22', 'ada@a:22'])
})

test('reports what is not a jump host', async () => {
  const error = await failure(route({ proxyJump: 'a,:22' }))
  assert.is(error.message, '`:22` is not a jump host')
  assert.is(error.remedy, 'Write `proxyJump` as `user@host:port`, several separated by commas.')
})

test('says that a ProxyCommand is not supported', async () => {
  const error = await failure(route({}, { core0: 'proxycommand nc %h %p' }))
  assert.equal([error.code, error.message], ['unsupported', 'ssh_config sets the ProxyCommand `nc %h %p`'])
})

test('keeps the words of ssh when its configuration is wrong', async () => {
  const readConfig = () =>
    Promise.reject(
      Object.assign(new Error('exit 255'), { stderr: '/cfg: line 1: Bad configuration option: x\r\n' }),
    )
  const error = await failure(
    resolveRoute({ host: 'core0', address: 'core0', ssh: {}, environment, readConfig }),
  )
  assert.is(error.message, 'ssh cannot read its configuration: /cfg: line 1: Bad configuration option: x')
  assert.is(error.remedy, 'Run `ssh -G core0` and correct what it complains about.')
})

test.run()
