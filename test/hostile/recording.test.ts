import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { generateKey } from '../../src/embedded/keys.ts'
import { hostKeyCheck } from '../../src/transports/ssh/host-key.ts'
import { createKnownHostsStore } from '../../src/transports/ssh/known-hosts-store.ts'
import { recordingProblem } from '../../src/transports/ssh/recording.ts'
import { scratchFolder } from '../commands/scratch.ts'
import { failure } from '../contracts/transport.ts'
import { route } from '../transports/ssh/route.ts'
import { boundedFailure } from './failures.ts'
import { withScript } from './scripted-host.ts'

const key = `${generateKey().type} ${generateKey().publicBlob.toString('base64')}`
const FOREIGN = "it is neither your own known hosts file nor a visible file in the spec's repository"

/** Below a folder with the spec in `spec`: what is where, the file that a spec names, and why nothing is added to it. */
const files: readonly (readonly [
  what: string,
  named: string,
  contents: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>>,
  problem: string | undefined,
])[] = [
  ['a file that is not there', 'spec/known_hosts', {}, {}, undefined],
  ['a folder that is not there', 'spec/keys/fleet/known_hosts', {}, {}, undefined],
  ['an empty file', 'spec/known_hosts', { 'spec/known_hosts': '' }, {}, undefined],
  [
    'lines of all kinds',
    'spec/known_hosts',
    {
      'spec/known_hosts': `# fleet\n\nweb0,192.0.2.1 ${key}\n[fe80::1%eth0]:2222 ${key} me@here\r\n@revoked * ${key}\n@cert-authority *.example.com,!x ${key}\n|1|c2FsdA==|aGFzaA== ${key}`,
    },
    {},
    undefined,
  ],
  [
    'a link within the folder',
    'spec/known',
    { 'spec/keys/known': '' },
    { 'spec/known': 'keys/known' },
    undefined,
  ],
  ['logins of the user', 'home/.ssh/authorized_keys', { 'home/.ssh/authorized_keys': '' }, {}, FOREIGN],
  ['a start-up file', 'home/.bashrc', { 'home/.bashrc': '# mine\n' }, {}, FOREIGN],
  ['a file beside the folder', 'spec-2/known_hosts', { 'spec-2/known_hosts': '' }, {}, FOREIGN],
  ['a file above the folder', 'spec/../known_hosts', {}, {}, FOREIGN],
  ['a device', '/dev/null', {}, {}, FOREIGN],
  ['the folder itself', 'spec', {}, {}, FOREIGN],
  ['a hidden file', 'spec/.envrc', {}, {}, FOREIGN],
  ['a git hook', 'spec/.git/hooks/post-merge', {}, {}, FOREIGN],
  ['a link out of it', 'spec/known', { 'home/.profile': '' }, { 'spec/known': '../home/.profile' }, FOREIGN],
  [
    'a folder that leads out of it',
    'spec/ssh/rc',
    { 'home/.ssh/x': '' },
    { 'spec/ssh': '../home/.ssh' },
    FOREIGN,
  ],
  [
    'a link into a hidden folder',
    'spec/known',
    { 'spec/.git/config': '' },
    { 'spec/known': '.git/config' },
    FOREIGN,
  ],
  [
    'a link to what is not there',
    'spec/known',
    { 'home/x': '' },
    { 'spec/known': '../home/.profile' },
    'no such file',
  ],
  ['a link to itself', 'spec/known', {}, { 'spec/known': 'known' }, 'too many symbolic links'],
  ['a folder', 'spec/keys', { 'spec/keys/x': '' }, {}, 'it is not a plain file'],
  ...[
    `${key}\n`,
    `command="id" ${key}\n`,
    `$(id) ${key}\n`,
    `web0 ${key}\necho hello\n`,
    'echo hello\n',
    '#!/bin/sh\n# nothing yet\n',
    'web0 ssh-ed25519 AAAA\n',
    `@else web0 ${key}\n`,
  ].map(
    (text) =>
      [
        `what is not all known_hosts: ${text}`,
        'spec/run',
        { 'spec/run': text },
        {},
        'is not a line of known_hosts',
      ] as const,
  ),
]

test('accept-new adds only to known hosts files below the folder of the spec', async () => {
  for (const [what, named, contents, links, expected] of files) {
    const folder = scratchFolder()
    await mkdir(join(folder, 'spec'))
    for (const [name, text] of Object.entries(contents)) {
      await mkdir(join(folder, name, '..'), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    for (const [name, target] of Object.entries(links)) await symlink(target, join(folder, name))
    const file = named.startsWith('/') ? named : join(folder, named)
    const problem = await recordingProblem(file, join(folder, 'spec'))
    if (expected === undefined) assert.is(problem, undefined, what)
    else assert.ok(problem?.includes(expected), `${what}: ${problem}`)
  }
})

test('a spec that names another file is refused before anything is connected, and nothing is written', async () => {
  const sockets: unknown[] = []
  await withScript({ onSocket: (socket) => void sockets.push(socket) }, async ({ directory, connect }) => {
    await mkdir(join(directory, '.ssh'))
    await writeFile(join(directory, '.bashrc'), '')
    for (const knownHostsFile of [
      '~/.ssh/authorized_keys',
      '~/.bashrc',
      join(directory, '.ssh/rc'),
      '%d/.profile',
      '/dev/null',
    ]) {
      const error = await boundedFailure(2_000, () =>
        connect({ knownHostsFile, hostKeyChecking: 'accept-new' }),
      )
      assert.match(
        error.message,
        /^no host key may be added to \/.*: it is neither your own known hosts file nor/,
      )
      assert.match(error.remedy ?? '', /in the spec's repository/)
    }
    assert.is(await readFile(join(directory, '.bashrc'), 'utf8'), '')
    assert.not.ok(existsSync(join(directory, '.ssh/authorized_keys')))
  })
  assert.equal(sockets, [])
})

test("a spec may name the user's own known hosts file", async () => {
  const own = await route({ knownHostsFile: '~/.ssh/known_hosts' })
  const configured = await route({ knownHostsFile: '/keys/fleet' }, 'core0', {
    core0: 'userknownhostsfile /keys/fleet',
  })
  const others = await route({ knownHostsFile: '~/.ssh/authorized_keys' })
  assert.equal(
    [own, configured, others].map(({ isOwnFile }) => isOwnFile),
    [true, true, false],
  )
})

const NO_NAMES = [
  'x,github.com',
  '*',
  '!web0',
  'web?',
  '@revoked',
  '#web0',
  '-oProxyCommand=id',
  '$({touch,pwned})',
  'a b',
  '',
]

test('no address, jump host or user is more than a name', async () => {
  for (const name of NO_NAMES) {
    assert.is((await failure(route({}, name))).code, 'connect-failed', name)
    const jump = name.replaceAll(',', '%2c')
    const proxyJump = `deploy@${jump}:22`
    assert.is((await failure(route({ proxyJump }))).code, 'connect-failed', proxyJump)
  }
  for (const user of ['-oProxyCommand=id', '$(id)', '`id`', 'a;id', 'a"b', 'a\nb', 'a\\'])
    assert.is((await failure(route({ user }))).message, `${user} is not the name of a user`)
  for (const user of ['deploy', 'DOMAIN\\ada', 'ada@example.com', 'svc$', 'ada.b-c_d'])
    assert.is((await route({ user })).user, user)
})

test('nothing but the name of one host is written to known_hosts, also for an alias of ssh_config', async () => {
  const folder = scratchFolder()
  const file = join(folder, 'known_hosts')
  const store = createKnownHostsStore(folder)
  for (const name of [...NO_NAMES, '[x,github.com]:22', '[*]:2222', 'web0\n* x'])
    assert.throws(
      () => store.append(file, name, generateKey().publicBlob, 'plain'),
      /is not the name of one host/,
    )
  for (const alias of ['x,github.com', 'web*']) {
    const knownHostsFile = file
    const config = { core0: `hostkeyalias ${alias}` }
    const found = await route({ knownHostsFile, hostKeyChecking: 'accept-new' }, 'core0', config)
    const check = await hostKeyCheck('core0', found, store)
    const error = await failure(check.verify(generateKey().publicBlob))
    assert.is(error.code, 'host-key-unknown')
    assert.match(error.remedy ?? '', /^accept-new records only the names of single hosts: /)
  }
  assert.not.ok(existsSync(file))
})

test.run()
