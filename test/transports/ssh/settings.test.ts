import { hostname } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseSshConfig } from '../../../src/transports/ssh/config.ts'
import { isRelevant } from '../../../src/transports/ssh/keywords.ts'
import { resolveRoute, type SshRoute } from '../../../src/transports/ssh/settings.ts'
import { failure } from '../../contracts/transport.ts'
import { route } from './route.ts'

const hops = (found: SshRoute) => found.jumps.map(({ user, hostname, port }) => `${user}@${hostname}:${port}`)

const plain = (found: SshRoute) => {
  const { recordedForm: _form, ...others } = found
  return others
}

test('asks ssh only where a file sets something that it keeps: as installed, none does', () => {
  const installed =
    'Include /etc/ssh/ssh_config.d/*.conf\n\nHost *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n'
  assert.equal([isRelevant(installed, 'login'), isRelevant(installed, 'records')], [false, true])
  for (const line of [
    'Include other/*',
    'include="/home/ada/x"',
    '  Port = 2222',
    'ProxyJump bastion',
    'CanonicalizeHostname yes',
    'CanonicalizeHostname always',
    'CanonicalDomains example.com',
    '\tRevokedHostKeys /etc/ssh/revoked',
    '"User" ada',
    'PubkeyAuthentication no',
    'KeywordOfTomorrow yes',
  ]) {
    assert.is(isRelevant(`${installed}${line}\n`, 'login'), true, line)
  }
  for (const line of ['# Port 2222', 'Host port', 'Match exec "test -e user"', 'ServerAliveInterval 10']) {
    assert.is(isRelevant(`${installed}${line}\n`, 'login'), false, line)
  }
})

test("falls back to OpenSSH's defaults", async () => {
  const found = await route({})
  assert.equal(plain(found), {
    hostname: 'core0',
    port: 22,
    user: 'ada',
    addressFamily: 0,
    bindAddress: undefined,
    identityFiles: ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk'].map(
      (type) => `/home/ada/.ssh/id_${type}`,
    ),
    identityRequired: false,
    identitiesOnly: false,
    agentSocket: '/run/agent',
    unusedWays: [],
    algorithms: {
      hostKeys: [
        'ssh-ed25519',
        'ecdsa-sha2-nistp256',
        'ecdsa-sha2-nistp384',
        'ecdsa-sha2-nistp521',
        'rsa-sha2-512',
        'rsa-sha2-256',
      ],
      cipher: undefined,
      kex: undefined,
      hmac: undefined,
      userKeys: undefined,
    },
    requiredRsaBits: 1024,
    knownHostsFiles: [
      '/home/ada/.ssh/known_hosts',
      '/home/ada/.ssh/known_hosts2',
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ],
    newKeysFile: '/home/ada/.ssh/known_hosts',
    isOwnFile: true,
    revokedKeysFile: undefined,
    hostKeyAlias: undefined,
    hostKeyChecking: 'yes',
    connectTimeoutMs: 10_000,
    jumps: [],
  })
  assert.is(await found.recordedForm(), 'plain')
})

test('takes from ssh_config what the spec leaves open', async () => {
  const config = [
    'hostname 10.0.0.1',
    'user core',
    'port 2222',
    'addressfamily inet6',
    'bindaddress 10.0.0.2',
    'identityfile ~/.ssh/%r-%h',
    'identityfile none',
    'identityfile ~/.ssh/other',
    'identitiesonly yes',
    'identityagent none',
    'certificatefile /cert',
    'pkcs11provider none',
    'ciphers aes256-ctr,aes256-cbc',
    'hostkeyalgorithms ssh-rsa,ssh-ed25519,ssh-ed25519-cert-v01@openssh.com',
    'pubkeyacceptedalgorithms ssh-ed25519,rsa-sha2-512',
    'requiredrsasize 3072',
    'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/100%',
    'globalknownhostsfile none',
    'revokedhostkeys ~/.ssh/revoked',
    'hashknownhosts yes',
    'hostkeyalias fleet',
    'stricthostkeychecking accept-new',
    'connecttimeout 3',
    'proxyjump none',
  ].join('\n')
  const found = await route({}, 'core0', { core0: config })
  assert.equal(plain(found), {
    hostname: '10.0.0.1',
    port: 2222,
    user: 'core',
    addressFamily: 6,
    bindAddress: '10.0.0.2',
    identityFiles: ['/home/ada/.ssh/core-10.0.0.1', '/home/ada/.ssh/other'],
    identityRequired: false,
    identitiesOnly: true,
    agentSocket: undefined,
    unusedWays: ['certificatefile'],
    algorithms: {
      hostKeys: ['ssh-ed25519', 'ssh-rsa'],
      cipher: {
        remove: [
          'chacha20-poly1305@openssh.com',
          'aes128-gcm@openssh.com',
          'aes256-gcm@openssh.com',
          'aes128-ctr',
          'aes192-ctr',
        ],
        append: ['aes256-cbc'],
        prepend: [],
      },
      kex: undefined,
      hmac: undefined,
      userKeys: ['ssh-ed25519', 'rsa-sha2-512'],
    },
    requiredRsaBits: 3072,
    knownHostsFiles: ['/home/ada/.ssh/known_hosts', '/home/ada/.ssh/100%'],
    newKeysFile: '/home/ada/.ssh/known_hosts',
    isOwnFile: true,
    revokedKeysFile: '/home/ada/.ssh/revoked',
    hostKeyAlias: 'fleet',
    hostKeyChecking: 'accept-new',
    connectTimeoutMs: 3_000,
    jumps: [],
  })
  assert.is(await found.recordedForm(), 'hashed')
})

const EXPANDED: readonly (readonly [file: string, expected: string])[] = [
  ['~/.ssh/%h-%p-%r-%u-%n-%k', '/home/ada/.ssh/10.0.0.1-22-ada-ada-core0-core0'],
  ['%d/100%%', '/home/ada/100%'],
  ['${KEYS}/%h', '/media/keys/10.0.0.1'],
  ['~root/key', '/root/key'],
  ['/a~b/c', '/a~b/c'],
  ['/%i/%L/%l', `/${process.getuid?.()}/${hostname().replace(/\..*/, '')}/${hostname()}`],
]

test('expands tokens, variables and homes in the names of identity files', async () => {
  for (const [file, expected] of EXPANDED) {
    const found = await route({}, 'core0', { core0: `hostname 10.0.0.1\nidentityfile ${file}` })
    assert.equal(found.identityFiles, [expected], file)
  }
})

test('reports what a name of a file cannot mean', async () => {
  const reported: readonly (readonly [file: string, reason: string])[] = [
    ['~/%x', '%x is not one of its tokens'],
    ['~/100%', '% is not one of its tokens'],
    ['${NO_SUCH}/a', 'the variable ${NO_SUCH} is not set'],
    ['~no-such-user/a', 'there is no user no-such-user in /etc/passwd'],
  ]
  for (const [file, reason] of reported) {
    const error = await failure(route({}, 'core0', { core0: `identityfile ${file}` }))
    assert.is(error.message, `${file} of the SSH settings cannot be used: ${reason}`)
  }
})

test('takes an agent from a variable or a path', async () => {
  const agents = [
    ['SSH_AUTH_SOCK', '/run/agent'],
    ['$OTHER_AGENT', '/run/other'],
    ['$NO_SUCH', undefined],
    ['${KEYS}/agent', '/media/keys/agent'],
    ['~/agent-%u', '/home/ada/agent-ada'],
    ['None', undefined],
  ] as const
  for (const [word, socket] of agents) {
    assert.is((await route({}, 'core0', { core0: `identityagent ${word}` })).agentSocket, socket, word)
  }
})

test('records no key where no file of the user may have one', async () => {
  const found = await route({}, 'core0', {
    core0: 'userknownhostsfile none\nglobalknownhostsfile /etc/known',
  })
  assert.equal([found.knownHostsFiles, found.newKeysFile], [['/etc/known'], undefined])
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
    'core0',
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
    const found = await route({}, 'core0', { core0: `stricthostkeychecking ${word}` })
    assert.is(found.hostKeyChecking, 'yes')
  }
})

test('reads jump hosts with users, ports and IPv6 addresses', async () => {
  const found = await route({ proxyJump: 'a, root@b:2222,ssh://c@[fe80::1]:22' })
  assert.equal(hops(found), ['ada@a:22', 'root@b:2222', 'c@fe80::1:22'])
})

test('keeps the zone of a link-local address, for the connection and for known_hosts', async () => {
  const { hostname, port } = await route({}, 'fe80::1%eth0')
  assert.equal([hostname, port], ['fe80::1%eth0', 22])
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
  const found = await route({ proxyJump: 'a,b' }, 'core0', {
    a: 'hostname 10.0.0.1\nproxyjump outer',
    b: 'proxyjump ignored',
  })
  assert.equal(hops(found), ['ada@outer:22', 'ada@10.0.0.1:22', 'ada@b:22'])
})

test('does not reach a jump host through itself', async () => {
  const found = await route({}, 'core0', { core0: 'proxyjump bastion', bastion: 'proxyjump bastion' })
  assert.equal(hops(found), ['ada@bastion:22'])
})

test('ends a circle of jump hosts', async () => {
  const found = await route({}, 'core0', { core0: 'proxyjump a', a: 'proxyjump b', b: 'proxyjump a' })
  assert.equal(hops(found), ['ada@b:22', 'ada@a:22'])
})

test('reports what is not a jump host', async () => {
  const error = await failure(route({ proxyJump: 'a,:22' }))
  assert.is(error.message, '`:22` is not a jump host')
  assert.is(error.remedy, 'Write `proxyJump` as `user@host:port`, several separated by commas.')
})

test('refuses what it cannot keep, with the place and the way out', async () => {
  const because = async (line: string) => {
    const error = await failure(route({}, 'core0', { core0: line }))
    assert.is(error.code, 'unsupported')
    return error.message
  }
  assert.is(
    await because('proxycommand nc %h %p'),
    'ssh_config sets proxycommand to `nc %h %p` (/cfg:7), and converge cannot connect by a command',
  )
  assert.match(await because('knownhostscommand /bin/keys %H'), /a command for host keys$/)
  assert.match(await because('bindinterface eth0'), /cannot bind to an interface$/)
  assert.match(await because('checkhostip yes'), /checks the key of the name only$/)
  for (const line of [
    'pubkeyauthentication false',
    'pubkeyauthentication no',
    'preferredauthentications password',
  ])
    assert.match(await because(line), /converge logs in with public keys only$/)
  assert.match(await because('refuseconnection "in repair"'), /it forbids the connection$/)
  assert.is(
    await because('newkeyword yes'),
    'ssh_config sets newkeyword to `yes`, and converge does not know this setting',
  )
})

test('refuses no setting that has the value of an ssh without configuration, or none', async () => {
  for (const line of [
    'newkeyword as ever',
    'proxycommand none',
    'checkhostip no',
    'pubkeyauthentication true',
  ])
    assert.is((await route({}, 'core0', { core0: line })).hostname, 'core0', line)
})

test('lets the spec choose a jump host instead of a ProxyCommand', async () => {
  const found = await route({ proxyJump: 'a' }, 'core0', { core0: 'proxycommand nc %h %p' })
  assert.equal(hops(found), ['ada@a:22'])
})

test('refuses a list of algorithms of which it has none', async () => {
  for (const [keyword, name] of [
    ['ciphers', 'arcfour'],
    ['kexalgorithms', 'sntrup761x25519-sha512@openssh.com'],
    ['macs', 'umac-128@openssh.com'],
    ['hostkeyalgorithms', 'ssh-ed25519-cert-v01@openssh.com'],
  ]) {
    const error = await failure(route({}, 'core0', { core0: `${keyword} ${name}` }))
    assert.match(error.message, new RegExp(`converge has none of the ${keyword} ${name}$`))
  }
})

const complaints: readonly (readonly [cause: object, said: string, remedy: string])[] = [
  [
    { stderr: '/cfg: line 1: Bad configuration option: x\r\n' },
    'ssh cannot read its configuration: /cfg: line 1: Bad configuration option: x',
    'Run `ssh -G core0` and correct what it complains about.',
  ],
  [
    { stderr: 'ssh: Could not resolve host "core0"\r\n' },
    'the name core0 does not resolve in any of CanonicalDomains',
    'Correct `address`, or CanonicalDomains in ssh_config.',
  ],
  [{ code: 'ENOENT' }, 'there is no ssh to read ssh_config', 'Install the OpenSSH client.'],
]

test('keeps the words of ssh when its configuration cannot be read', async () => {
  for (const [cause, said, remedy] of complaints) {
    const error = await failure(
      resolveRoute({
        host: 'core0',
        address: 'core0',
        ssh: {},
        environment: { homeDirectory: '/', userName: 'ada', variables: {} },
        configs: {
          read: () => Promise.reject(Object.assign(new Error('failed'), cause)),
          isBuiltIn: async () => false,
          placeOf: async () => undefined,
        },
      }),
    )
    assert.equal([error.message, error.remedy], [said, remedy])
  }
})

test('reads keywords in any case', () => {
  assert.equal(parseSshConfig('canonicalizePermittedcnames none\n').get('canonicalizepermittedcnames'), [
    'none',
  ])
})

test.run()
