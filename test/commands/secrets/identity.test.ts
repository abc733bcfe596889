import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from '../recording-io.ts'
import { ann, isInstalled, makeSecrets } from './scratch-secrets.ts'

async function withIdentity(): Promise<Awaited<ReturnType<typeof makeSecrets>> & { readonly file: string }> {
  const secrets = await makeSecrets()
  await secrets.run(['set', 'a'], { input: 'hunter2' })
  const file = join(secrets.folder, 'me.key')
  writeFileSync(file, `# created: today\n# public key: ${ann.key}\n${ann.identity}\n`, { mode: 0o600 })
  return { ...secrets, file }
}

test('an identity is a file, stdin, or the text in CONVERGE_IDENTITY; an option wins', async () => {
  const { run, file } = await withIdentity()
  const show = async (argv: readonly string[], env: Record<string, string>, input = '') =>
    (await run(['show', 'a', ...argv], { env, input })).stdout
  assert.is(await show(['--identity', file], { CONVERGE_IDENTITY: 'nonsense' }), 'hunter2\n')
  assert.is(await show(['--identity', '-'], {}, readFileSync(file, 'utf8')), 'hunter2\n')
  assert.is(await show([], { CONVERGE_IDENTITY: readFileSync(file, 'utf8') }), 'hunter2\n')
})

/** What people take for an identity: never repeated in a message. */
const wrong: readonly (readonly [string, string])[] = [
  ['./me.key', 'CONVERGE_IDENTITY is not an identity of age\n  it has the text of a key'],
  ['', 'CONVERGE_IDENTITY has no key'],
  ['# only a comment', 'CONVERGE_IDENTITY has no key'],
  [ann.key, 'CONVERGE_IDENTITY has a public key'],
  [`${ann.identity.slice(0, -1)}Q`, 'CONVERGE_IDENTITY has a damaged key: its checksum is wrong'],
  ['AGE-PLUGIN-YUBIKEY-1QQQQ', 'needs a plugin of age'],
  ['AGE-SECRET-KEY-PQ-1QQQQ', 'has a key of age that is not of type X25519'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nabc', 'has a key of SSH or TLS, which opens no secrets here'],
  ['age-encryption.org/v1\n-> scrypt', 'is an identity that is encrypted with a passphrase'],
  ['hunter2-text', 'is not an identity of age'],
]

test('says what is wrong with an identity, and nothing of its text', async () => {
  const { run, file, folder } = await withIdentity()
  for (const [text, message] of wrong) {
    const { code, stderr } = await run(['show', 'a'], { env: { CONVERGE_IDENTITY: text } })
    assert.is(code, 3, text)
    assert.match(stderr, message)
    if (text.length > 8) assert.not.match(stderr, text.slice(-8))
  }
  const missing = await run(['show', 'a'], { env: {} })
  assert.match(
    missing.stderr,
    'an identity is needed to open a\n  pass --identity FILE (- for stdin), or set CONVERGE_IDENTITY',
  )
  chmodSync(file, 0o640)
  assert.match(
    (await run(['show', 'a', '--identity', file], { env: {} })).stderr,
    'is a key that others can read',
  )
  assert.match((await run(['show', 'a', '--identity', folder], { env: {} })).stderr, 'directory')
})

test('makes a key pair for the first recipient', async () => {
  const { folder } = await makeSecrets()
  const file = join(folder, 'new.key')
  const spec = ['-f', join(folder, 'other/cluster.yaml')]
  writeFileSync(join(folder, 'taken.key'), 'mine')
  mkdirSync(join(folder, 'other'))
  const refused = await converge([
    'secrets',
    'init',
    'bob',
    '--new-identity',
    join(folder, 'taken.key'),
    ...spec,
  ])
  assert.match(refused.stderr, 'taken.key exists')
  assert.match(
    (await converge(['secrets', 'init', 'bob', ...spec])).stderr,
    'the first recipient has no public key',
  )
  for (const [key, message] of [
    ['ssh-ed25519 AAAA', 'keys of SSH cannot open secrets here'],
    [ann.identity, 'this is a private key, which belongs on no command line'],
    [`${ann.key.slice(0, -1)}q`, 'the key is damaged: its checksum is wrong'],
    ['age1short', 'this is not an X25519 public key of age'],
  ] as const)
    assert.match((await converge(['secrets', 'init', 'bob', key, ...spec])).stderr, message)
  assert.is((await converge(['secrets', 'init', 'bob', '--new-identity', file, ...spec])).code, 0)
  assert.is(statSync(file).mode & 0o777, 0o600)
  await converge(['secrets', 'set', 'a', ...spec], { input: 'x' })
  assert.is((await converge(['secrets', 'show', 'a', '--identity', file, ...spec])).stdout, 'x\n')
})

const withAge = isInstalled('age-keygen') ? test : test.skip
withAge('the age of the system opens what converge wrote, and the other way round', async () => {
  const { folder, run, text } = await makeSecrets()
  const file = join(folder, 'age.key')
  spawnSync('age-keygen', ['-o', file])
  const key = spawnSync('age-keygen', ['-y', file], { encoding: 'utf8' }).stdout.trim()
  await run(['set', 'a'], { input: 'hunter2' })
  assert.is((await run(['recipients', 'add', 'bob', key])).code, 0)
  const [, value = ''] = /^ {2}a: .*value: (\S+)/m.exec(text()) ?? []
  const opened = spawnSync('age', ['-d', '-i', file], { input: Buffer.from(value, 'base64') })
  assert.is(opened.stdout.toString(), 'hunter2')
  const made = spawnSync('age', ['-r', ann.key, '-r', key], { input: 'of age' }).stdout.toString('base64')
  writeFileSync(join(folder, 'secrets.yaml'), text().replace(value, made))
  assert.is((await run(['show', 'a'])).stdout, 'of age\n')
  assert.is((await run(['show', 'a', '--identity', file], { env: {} })).stdout, 'of age\n')
  assert.is((await run(['check'])).code, 0)
})

test.run()
