import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../../report/assert-valid.ts'
import { converge } from '../recording-io.ts'
import { scratchFolder, writeFiles } from '../scratch.ts'
import { ann, makeSecrets } from './scratch-secrets.ts'

const none = { env: {} }

/** The lines that two texts do not share. */
function changedLines(before: string, after: string): readonly string[] {
  const [one, other] = [before.split('\n'), after.split('\n')]
  return [...one.filter((line) => !other.includes(line)), ...other.filter((line) => !one.includes(line))]
}

test('a value goes in by stdin and comes out again, one line per key in the order of the keys', async () => {
  const secrets = await makeSecrets()
  for (const [key, input] of [
    ['web/db', 'hunter2\n'],
    ['app/key', '-----BEGIN\ntwo lines\n'],
    ['zoo', 'ünïcode "quotes" $HOME'],
  ] as const) {
    const { code, stdout } = await secrets.run(['set', key], { ...none, input })
    assert.is(code, 0)
    assert.is(stdout, `${key}: added\n`)
  }
  const keys = [...secrets.text().matchAll(/^ {2}(\S+): \{/gm)].map(([, key]) => key)
  assert.equal(keys, ['app/key', 'web/db', 'zoo'])
  assert.not.match(secrets.text(), 'hunter2')
  assert.is((await secrets.run(['show', 'web/db'])).stdout, 'hunter2\n', 'one line loses its line break')
  assert.is((await secrets.run(['show', 'app/key'])).stdout, '-----BEGIN\ntwo lines\n')
  assert.is((await secrets.run(['show', 'zoo'])).stdout, 'ünïcode "quotes" $HOME\n')
})

test('a changed value changes one line, an equal one none; comments, order and mode stay', async () => {
  const secrets = await makeSecrets()
  const file = join(secrets.folder, 'secrets.yaml')
  for (const key of ['b', 'd']) await secrets.run(['set', key], { input: key })
  writeFileSync(
    file,
    secrets
      .text()
      .replace('  d:', '\n  # of the database\n  d:')
      .replace(/(d: \{.*\})/, '$1 # prod'),
  )
  chmodSync(file, 0o660)
  const before = secrets.text()
  assert.is((await secrets.run(['set', 'd'], { input: 'd\n' })).stdout, 'd: has this value already\n')
  assert.is(secrets.text(), before)
  assert.is((await secrets.run(['set', 'd'], { input: 'other' })).stdout, 'd: changed\n')
  const lines = changedLines(before, secrets.text())
  assert.is(lines.length, 2)
  assert.ok(lines.every((line) => line.startsWith('  d: {') && line.endsWith(' # prod')))
  const middle = secrets.text()
  await secrets.run(['set', 'c'], { input: 'c' })
  assert.is(changedLines(middle, secrets.text()).length, 1)
  assert.match(secrets.text(), /\n {2}b: .*\n\n {2}c: .*\n {2}# of the database\n {2}d: /)
  assert.is(statSync(file).mode & 0o777, 0o660)
  assert.equal(readdirSync(secrets.folder), ['secrets.yaml'])
})

test('typed values are typed twice', async () => {
  const secrets = await makeSecrets()
  const { questions, code } = await secrets.run(['set', 'a'], { ...none, answers: ['x y', 'x y'] })
  assert.is(code, 0)
  assert.equal(questions, ['value of a: ', 'again: '])
  assert.is((await secrets.run(['show', 'a'])).stdout, 'x y\n')
  const other = await secrets.run(['set', 'b'], { ...none, answers: ['x', 'y'] })
  assert.is(other.code, 3)
  assert.not.match(secrets.text(), '  b:')
  assert.is((await secrets.run(['set', 'b'], { ...none, answers: ['x'] })).code, 130)
})

test('values from the environment, a file and a command are read when they are shown, and never changed here', async () => {
  const secrets = await makeSecrets()
  writeFiles(secrets.folder, { 'conf/token': 'from a file\n' })
  const file = join(secrets.folder, 'secrets.yaml')
  const lines =
    '  e: { environment: SOME_TOKEN }\n  f: { file: conf/token }\n  g: { command: "printf \'%s\\n\' one two; cat conf/token" }\n'
  writeFileSync(file, `${secrets.text()}${lines}`)
  const env = { SOME_TOKEN: 'from outside' }
  assert.is((await secrets.run(['show', 'e'], { env })).stdout, 'from outside\n')
  assert.is((await secrets.run(['show', 'f'], { env })).stdout, 'from a file\n')
  assert.is((await secrets.run(['show', 'g'], { env })).stdout, 'one\ntwo\nfrom a file\n')
  assert.match((await secrets.run(['list'], none)).stdout, 'e  opaque  environment SOME_TOKEN\n')
  for (const [argv, message] of [
    [['show', 'e'], 'e: the variable SOME_TOKEN is not set'],
    [['set', 'f'], 'takes f from the file conf/token'],
    [['edit', 'g'], 'takes g from the command'],
    [['generate', 'e', '--kind', 'token'], 'takes e from the environment SOME_TOKEN'],
    [['rotate', 'g'], 'g is opaque and was made elsewhere'],
  ] as const) {
    const { code, stderr } = await secrets.run(argv, none)
    assert.is(code, 3, argv.join(' '))
    assert.match(stderr, message)
  }
  writeFileSync(file, secrets.text().replace('conf/token }', 'nowhere }').replace('printf', 'exit 7; printf'))
  assert.match((await secrets.run(['show', 'f'], none)).stderr, 'nowhere does not exist')
  assert.match((await secrets.run(['show', 'g'], none)).stderr, 'exited with 7')
})

test('an editor gets the value in a private file, which is gone afterwards', async () => {
  const secrets = await makeSecrets()
  await secrets.run(['set', 'a'], { input: 'hunter2' })
  const bin = scratchFolder()
  const script = join(bin, 'editor')
  writeFileSync(
    script,
    `#!/bin/sh\nstat -c '%a %n' "$1" "$(dirname "$1")" >${bin}/seen; cat "$1" >>${bin}/seen; sed -i s/hunter2/changed/ "$1"\n`,
    { mode: 0o755 },
  )
  const env = { CONVERGE_IDENTITY: ann.identity, EDITOR: script, XDG_RUNTIME_DIR: bin }
  assert.is((await secrets.run(['edit', 'a'], { env })).stdout, 'a: changed\n')
  const [file = '', folder = '', text] = readFileSync(join(bin, 'seen'), 'utf8').split('\n')
  assert.ok(file.startsWith('600 ') && folder.startsWith('700 '))
  assert.is(text, 'hunter2')
  assert.ok(!existsSync(folder.slice(4)) && folder.slice(4).startsWith(bin))
  assert.is((await secrets.run(['show', 'a'])).stdout, 'changed\n')
  const before = secrets.text()
  assert.is((await secrets.run(['edit', 'a'], { env: { ...env, EDITOR: 'echo "" >>' } })).code, 0)
  assert.is(secrets.text(), before, 'a line break at the end is no change')
  const failed = await secrets.run(['edit', 'a'], { env: { ...env, EDITOR: 'false' } })
  assert.is(failed.code, 3)
  assert.match(failed.stderr, 'the editor false failed')
  assert.match(
    (await secrets.run(['edit', 'a'], { env: { ...env, EDITOR: '>' } })).stderr,
    'what the editor left is empty',
  )
  assert.equal(readdirSync(bin).toSorted(), ['editor', 'seen'])
})

test('an editor that is interrupted leaves nothing behind', async () => {
  const secrets = await makeSecrets()
  await secrets.run(['set', 'a'], { input: 'hunter2' })
  const bin = scratchFolder()
  const env = {
    CONVERGE_IDENTITY: ann.identity,
    EDITOR: `sh -c 'touch ${bin}/started; exec sleep 60'`,
    XDG_RUNTIME_DIR: bin,
  }
  const { code } = await secrets.run(['edit', 'a'], {
    env,
    onStoppable(press) {
      const timer = setInterval(() => {
        if (!existsSync(join(bin, 'started'))) return
        clearInterval(timer)
        press()
      }, 10)
    },
  })
  assert.is(code, 130)
  assert.equal(readdirSync(bin), ['started'])
})

test('lists, shows and checks as documents that follow their schemas', async () => {
  const secrets = await makeSecrets()
  await secrets.run(['set', 'a'], { input: 'hunter2' })
  await secrets.run(['generate', 'ca', '--kind', 'authority'])
  for (const argv of [
    ['list'],
    ['check'],
    ['recipients'],
    ['set', 'a'],
    ['generate', 'b', '--kind', 'token'],
    ['rotate', 'b'],
  ]) {
    const { stdout, code } = await secrets.run([...argv, '--json'], {
      input: 'hunter2',
      env: { CONVERGE_IDENTITY: ann.identity },
    })
    assert.is(code, 0, argv.join(' '))
    assertValid('secrets', JSON.parse(stdout))
    assert.not.match(stdout, 'hunter2')
  }
  const shown = JSON.parse((await secrets.run(['show', 'a', '--json'])).stdout)
  assertValid('secret', shown)
  assert.is(shown.value, 'hunter2')
  const half = JSON.parse((await secrets.run(['show', 'ca', '--public', '--json'], none)).stdout)
  assert.match(half.certificate, '-----BEGIN CERTIFICATE-----')
  assert.is(half.value, undefined)
  const line = JSON.parse((await secrets.run(['list', '--json-lines'], none)).stdout)
  assertValid('events', line)
})

test('finds the file that the spec names, in its repository only', async () => {
  const root = scratchFolder()
  mkdirSync(join(root, '.git'))
  writeFiles(root, {
    'clusters/a/cluster.yaml': 'secrets: ../../secrets.yaml\ncluster: a\nhosts: { h: {} }\n',
  })
  const spec = ['-f', join(root, 'clusters/a/cluster.yaml')]
  assert.is((await converge(['secrets', 'init', 'ann', ann.key, ...spec])).code, 0)
  assert.ok(existsSync(join(root, 'secrets.yaml')))
  assert.is((await converge(['secrets', 'list', ...spec])).stdout, '0 secrets for ann\n')
  for (const path of ['../../../elsewhere.yaml', '/etc/secrets.yaml', 'link.yaml']) {
    writeFiles(root, { 'clusters/a/cluster.yaml': `secrets: ${path}\ncluster: a\nhosts: { h: {} }\n` })
    if (path === 'link.yaml') symlinkSync('/etc/hostname', join(root, 'clusters/a/link.yaml'))
    const { stderr, code } = await converge(['secrets', 'list', ...spec])
    assert.is(code, 3)
    assert.match(stderr, `${path} is not below ${root}`)
  }
})

test('two branches that add keys apart from each other merge', async () => {
  const secrets = await makeSecrets()
  for (const key of ['a', 'h', 'p', 'z']) await secrets.run(['set', key], { input: key })
  const base = secrets.text()
  const file = join(secrets.folder, 'secrets.yaml')
  await secrets.run(['set', 'b'], { input: 'mine' })
  const mine = secrets.text()
  writeFileSync(file, base)
  await secrets.run(['set', 'q'], { input: 'theirs' })
  writeFiles(secrets.folder, { mine, base, theirs: secrets.text() })
  const merged = spawnSync('git', ['merge-file', '-p', 'mine', 'base', 'theirs'], {
    cwd: secrets.folder,
    encoding: 'utf8',
  })
  assert.is(merged.status, 0)
  writeFileSync(file, merged.stdout)
  assert.is((await secrets.run(['show', 'b'])).stdout, 'mine\n')
  assert.is((await secrets.run(['show', 'q'])).stdout, 'theirs\n')
})

/** What is refused: the arguments, stdin, and what is said. Nothing is written, and no value is repeated. */
const refusals: readonly (readonly [readonly string[], string | Uint8Array, string])[] = [
  [['set', 'a b'], 'hunter2', '"a b" cannot be the key of a secret'],
  [['set', '/a'], 'hunter2', 'cannot be the key of a secret'],
  [['set', 'new'], '', 'the value is empty\n'],
  [['set', 'new'], '\n', 'the value is empty\n'],
  [['set', 'new'], new Uint8Array([0x68, 0xff]), 'the value is not UTF-8 text'],
  [['set', 'new'], 'hunter2\0', 'the value has a NUL character'],
  [['set', 'new'], 'hunter2'.repeat(10_000), 'the value has 70000 bytes; a secret may have 64 KiB'],
  [['set', 'new', 'hunter2'], '', "too many arguments for 'set'"],
  [['set', 'new', '--kind', 'sshKey'], 'hunter2', 'new: this is not a private key of OpenSSH'],
  [['set', 'new', '--kind', 'wireguardKey'], 'hunter2', 'new: this is not a private key of WireGuard'],
  [
    ['set', 'new', '--kind', 'certificate'],
    'hunter2',
    'new: a private key and one certificate as PEM are expected',
  ],
  [['set', 'new', '--kind', 'secret'], 'hunter2', "argument 'secret' is invalid"],
  [['set', 'a', '--identity', '-'], 'hunter2', 'stdin cannot have the identity and the value'],
  [['show', 'b'], '', 'secrets.yaml has no secret b\n  did you mean a?'],
  [['show', 'a', '--public'], '', 'a has no public half'],
  [['edit', '../a'], '', 'cannot be the key of a secret'],
  [
    ['generate', 'a', '--kind', 'token'],
    '',
    'has a already\n  `converge secrets rotate a` makes a new value',
  ],
  [['generate', 'new'], '', "required option '--kind <kind>' not specified"],
  [['generate', 'new', '--kind', 'opaque'], '', 'an opaque secret is nothing to generate'],
  [
    ['generate', 'new', '--kind', 'password', '--length', '4'],
    '',
    'It must be a whole number of at least 8.',
  ],
  [['generate', 'new', '--kind', 'token', '--length', '9'], '', '--length is not for the kind token'],
  [
    ['generate', 'new', '--kind', 'certificate'],
    '',
    'a certificate needs --authority KEY and at least one --name NAME',
  ],
  [
    ['generate', 'new', '--kind', 'certificate', '--authority', 'a', '--name', 'w'],
    '',
    'new: a is not an authority',
  ],
  [['generate', 'new', '--kind', 'certificate', '--authority', 'x', '--name', 'w'], '', 'has no secret x'],
  [
    ['generate', 'new', '--kind', 'certificate', '--authority', 'a', '--name', '10.0.0.256'],
    '',
    '10.0.0.256 is neither a DNS name nor an address',
  ],
  [['generate', 'new', '--kind', 'certificate', '--usage', 'code'], '', 'It must be server or client.'],
  [['rotate'], '', 'name the secrets to rotate, or pass --all'],
  [['rotate', 'a', '--all'], '', 'name the secrets to rotate, or pass --all'],
  [['rotate', 'a'], '', 'a is opaque and was made elsewhere\n  `converge secrets set a` changes it'],
  [['rotate', '--all'], '', 'has nothing that a generator makes'],
  [['init', 'ann', ann.key], '', 'secrets.yaml exists'],
  [['recipients', 'add', 'bob'], '', 'recipients add is not complete, or not known'],
  [['recipients', 'drop', 'ann'], '', 'recipients drop is not complete, or not known'],
  [['check', '--within', 'soon'], '', 'It must be a whole number of at least 0.'],
]

test('refuses what it cannot do, without a change and without any value', async () => {
  const secrets = await makeSecrets()
  await secrets.run(['set', 'a'], { input: 'hunter2' })
  const before = secrets.text()
  for (const [argv, input, message] of refusals) {
    const { code, stdout, stderr } = await secrets.run(argv, {
      input,
      env: { CONVERGE_IDENTITY: ann.identity },
    })
    assert.is(code, 3, argv.join(' '))
    assert.match(stderr, message)
    assert.is(stdout, '')
    if (!argv.includes('hunter2')) assert.not.match(stderr, 'hunter2')
  }
  assert.is(secrets.text(), before)
})

test('a file that changes meanwhile is not overwritten', async () => {
  const secrets = await makeSecrets()
  const file = join(secrets.folder, 'secrets.yaml')
  const other = `${secrets.text()}# of somebody else\n`
  const { code, stderr } = await secrets.run(['set', 'a'], {
    ...none,
    answers: ['x', 'x'],
    onQuestion: () => writeFileSync(file, other),
  })
  assert.is(code, 3)
  assert.match(stderr, 'was changed meanwhile')
  assert.is(secrets.text(), other)
})

test.run()
