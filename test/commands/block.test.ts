import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostWith, specOf } from './part-host.ts'
import { converge } from './recording-io.ts'
import { writeFiles } from './scratch.ts'

const path = '/etc/app.conf'
const others = 'of others\nlast line without an end'

const makeHost = (before: string | undefined = others) => hostWith(path, before)

const one = (content: string, more = '') =>
  `block: { path: ${path}, name: one, content: "${content}"${more} }`
const two = (content: string, more = '') =>
  `block: { path: ${path}, name: two, content: "${content}"${more} }`
const lines = (name: string, ...inner: readonly string[]) =>
  [`# BEGIN converge ${name}`, ...inner, `# END converge ${name}`].map((line) => `${line}\n`).join('')

test('shows the whole file, each block on top of those before it, and does exactly that', async () => {
  const { run, read, at } = await makeHost()
  const wanted = [one('1'), two('2', ', at: start')]
  const { stdout } = await run(wanted, '--dry-run')
  assert.is(
    stdout,
    `web0
  put a part into /etc/app.conf (\`# BEGIN converge one\`)
    block[/etc/app.conf#one]: the part will be added
    @@ -1,2 +1,5 @@
     of others
    -last line without an end
    \\ No newline at end of file
    +last line without an end
    +# BEGIN converge one
    +1
    +# END converge one
    \\ No newline at end of file
  put a part into /etc/app.conf (\`# BEGIN converge two\`)
    block[/etc/app.conf#two]: the part will be added
    @@ -1,3 +1,6 @@
    +# BEGIN converge two
    +2
    +# END converge two
     of others
     last line without an end
     # BEGIN converge one

1 host: 1 to change; 2 changes
`,
  )
  assert.is((await run(wanted, '--yes')).code, 0)
  assert.is(read(), `${lines('two', '2')}${others}\n${lines('one', '1')}`.trimEnd())
  assert.is(statSync(at()).mode & 0o777, 0o640)
  assert.match((await run(wanted, '--yes')).stdout, 'Nothing to do.')
})

test('leaves what others change, says what was changed by hand, and takes only its own away', async () => {
  const { run, read, at } = await makeHost()
  await run([one('1'), two('2')], '--yes')
  writeFileSync(at(), `more of others\n${read()}`)
  assert.is((await run([one('1'), two('2')], '--dry-run', '--exit-code')).code, 0)
  writeFileSync(at(), read().replace('\n1\n', '\nby hand\n'))
  const { stdout } = await run([one('1'), two('2')], '--dry-run')
  assert.match(stdout, 'the part will change (host changed)')
  assert.not.match(stdout, '#two')
  await run([one('3')], '--yes', '--allow-prune')
  assert.is(read(), `more of others\n${others}\n${lines('one', '3')}`.trimEnd())
  await run([], '--yes', '--allow-prune')
  assert.is(read(), `more of others\n${others}`)
})

test('is recorded so that releases which know no other parts read it', async () => {
  const { run, at } = await makeHost()
  await run([one('1')], '--yes')
  const manifest = readFileSync(at('var/lib/converge/clusters/test/manifest'), 'utf8')
  assert.match(
    manifest,
    '"removal":[{"op":"edit","path":"/etc/app.conf","part":{"begin":"# BEGIN converge one","end":"# END converge one","at":"end"}}]',
  )
})

test('a rollback and its own rollback put back only the block', async () => {
  const { run, read, at } = await makeHost()
  await run([one('1')], '--yes')
  await run([one('2')], '--yes')
  writeFileSync(at(), `${read().replace('of others', 'changed by others')}`)
  const dryRun = await run([one('2')], 'rollback', '--dry-run')
  assert.match(dryRun.stdout, 'put back a part of /etc/app.conf')
  assert.is((await run([one('2')], 'rollback', '--yes')).code, 0)
  assert.is(read(), `changed by others\nlast line without an end\n${lines('one', '1')}`.trimEnd())
  assert.is((await run([one('2')], 'rollback', '--yes')).code, 0)
  assert.is(read(), `changed by others\nlast line without an end\n${lines('one', '2')}`.trimEnd())
})

test('a file that converge made goes with its last block, one that has something else stays', async () => {
  const { run, read, at } = await makeHost(undefined)
  rmSync(at(), { force: true })
  await run([one('1', ', mode: "0600"'), two('2')], '--yes')
  assert.is(statSync(at()).mode & 0o777, 0o600)
  await run([], '--yes', '--allow-prune')
  assert.not(existsSync(at()))
  await run([one('1')], '--yes')
  await run([one('1'), two('2')], '--yes')
  await run([two('2')], '--yes', '--allow-prune')
  await run([], '--yes', '--allow-prune')
  assert.not(existsSync(at()), 'its blocks came in several runs')
  await run([one('1')], '--yes')
  writeFileSync(at(), `${read()}of others\n`)
  await run([], '--yes', '--allow-prune')
  assert.is(read(), 'of others\n')
})

test('is refused where nobody can tell what is the block, and writes through no link', async () => {
  const { run, read, at } = await makeHost('# BEGIN converge one\nof others\n')
  const damaged = await run([one('1')], '--yes')
  assert.is(damaged.code, 1)
  assert.match(damaged.stdout + damaged.stderr, 'are not there once each, in this order')
  assert.is(read(), '# BEGIN converge one\nof others\n')
  rmSync(at())
  symlinkSync('elsewhere', at())
  const linked = await run([one('1')], '--yes')
  assert.match(linked.stdout + linked.stderr, 'a symbolic link to elsewhere is at /etc/app.conf')
  rmSync(at())
  mkdirSync(join(at(), '..'), { recursive: true })
  const whole = await run([`file: { path: ${path}, content: x }`, one('1')], '--dry-run')
  assert.is(whole.code, 3)
  assert.match(
    whole.stderr,
    'file[/etc/app.conf] by host web0 (line 7) owns the whole of /etc/app.conf, of which block[/etc/app.conf#one] by host web0 (line 8) is a part',
  )
  const twice = await run([one('1'), `file: { path: ${path}, content: x }`], '--dry-run')
  assert.match(twice.stderr, 'owns the whole of /etc/app.conf')
})

test('makes no file that it could not change again', async () => {
  const { run, read } = await makeHost()
  const half = 'x'.repeat(130 * 1024)
  const large = await run([one(half), two(half)], '--yes')
  assert.match(large.stdout, 'block[/etc/app.conf#two]: /etc/app.conf would be larger than 256 KiB with it')
  assert.is(read(), others)
  for (const line of ['x\\0', '# BEGIN converge two', '# END converge other']) {
    const { code, stderr } = await run([one(line), two('2')], 'validate')
    assert.is(code, 3)
    assert.match(stderr, 'block[/etc/app.conf#one]: its content has a')
  }
})

test('takes each name that the kinds made of it take', async () => {
  const { run } = await makeHost()
  const long = Array(6).fill('a'.repeat(40)).join('.')
  const resources = [
    `hostsEntry: { name: ${long}, address: 192.0.2.1 }`,
    'authorizedKey: { name: ann_, user: ann, key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDw9mqCQ4wSoQPNQR7+0m7eQEDjC6Dcxh9ajMbBmGPDf" }',
  ]
  const { code, stderr } = await run(resources, 'validate')
  assert.is(code, 0, stderr)
})

test('a validation sees the whole new file, and keeps it from going live', async () => {
  const { run, read } = await makeHost()
  const { code, stdout, stderr } = await run([one('1', ', validate: "! grep -q others {}"')], '--yes')
  assert.is(code, 1)
  assert.match(stdout + stderr, 'validation failed')
  assert.is(read(), others)
})

test('two clusters have blocks of their own in one file, and neither the same one nor the whole', async () => {
  const { folder, run, read } = await makeHost()
  await run([one('1')], '--yes')
  const other = async (resource: string, ...more: readonly string[]) => {
    writeFiles(folder, { 'other.yaml': specOf([resource], 'other') })
    return converge([...more, '-f', join(folder, 'other.yaml'), '--yes'])
  }
  assert.is((await other(two('2'))).code, 0)
  assert.is(read(), `${others}\n${lines('one', '1')}${lines('two', '2')}`.trimEnd())
  const same = await other(one('2'))
  assert.match(same.stdout + same.stderr, 'belongs to block[/etc/app.conf#one] of the cluster test')
  const whole = await other(`file: { path: ${path}, content: x }`)
  assert.match(
    whole.stdout + whole.stderr,
    '/etc/app.conf belongs to block[/etc/app.conf#one] of the cluster test',
  )
  await run([], '--yes', '--allow-prune')
  assert.is(read(), `${others}\n${lines('two', '2')}`.trimEnd())
})

test('renders the blocks alone, explains their lines, and seals them', async () => {
  const { folder, file, run, read } = await makeHost()
  const wanted = [one('1'), two('2', ', at: start')]
  assert.is((await run(wanted, 'render', '-o', join(folder, 'tree'))).code, 0)
  assert.is(readFileSync(join(folder, 'tree/web0', path), 'utf8'), lines('two', '2') + lines('one', '1'))
  const { stdout, code } = await converge(['explain', `web0:${path}`, ...file])
  assert.is(code, 0)
  assert.match(stdout, '# BEGIN converge one')
  const out = join(folder, 'plan.json')
  assert.is((await run(wanted, 'plan', '--out', out)).code, 0)
  assert.not.match(readFileSync(out, 'utf8'), '"data":')
  const applied = await converge(['apply', out, '--yes'])
  assert.is(applied.code, 0, applied.stdout + applied.stderr)
  assert.match(read(), lines('one', '1').trimEnd())
})

test('secrets have words in their place, and what is beside a sensitive block is not shown', async () => {
  const { run, folder, file, read } = await makeHost('of others\n')
  const identity = join(folder, 'identity')
  const secret = 'block: { path: /etc/app.conf, name: one, content: "pw={{attributes.pw}}\\nport=1" }'
  const text = (resources: readonly string[]) =>
    specOf(resources).replace('hosts:', 'attributes: { pw: !secret db/pw }\nhosts:')
  writeFiles(folder, { 'cluster.yaml': text([]) })
  assert.is((await converge(['secrets', 'init', 'ann', ...file, '--new-identity', identity])).code, 0)
  assert.is((await converge(['secrets', 'set', 'db/pw', ...file], { input: 'canary-1' })).code, 0)
  const env = { CONVERGE_IDENTITY: readFileSync(identity, 'utf8') }
  writeFiles(folder, { 'cluster.yaml': text([secret]) })
  const first = await converge([...file, '--yes'], { env })
  assert.match(
    first.stdout,
    '     of others\n    +# BEGIN converge one\n    +pw=«secret db/pw»\n    +port=1\n',
  )
  assert.match(read(), 'pw=canary-1\nport=1\n')
  await converge(['secrets', 'set', 'db/pw', ...file], { input: 'canary-2' })
  const second = await converge([...file, '--dry-run'], { env })
  assert.match(second.stdout, '    -pw=«secret db/pw»\n    +pw=«secret db/pw, changed»\n     port=1\n')
  writeFiles(folder, { 'cluster.yaml': text([secret, two('2')]) })
  const beside = await converge([...file, '--dry-run'], { env })
  assert.match(beside.stdout, 'block[/etc/app.conf#two]: the part will be added')
  assert.not.match(first.stdout + second.stdout + beside.stdout, 'canary')
  const json = await converge([...file, '--dry-run', '--json'], { env })
  const gone = await run([], '--dry-run')
  assert.not.match(json.stdout + gone.stdout, 'canary')
  const noLonger = [
    one('port=1'),
    `block: { path: ${path}, name: one, absent: true }`,
    `file: { path: ${path}, content: x }`,
  ]
  for (const resource of noLonger) {
    const shown = await run([resource], '--dry-run')
    assert.match(shown.stdout, 'sensitive: content is not shown')
    assert.not.match(shown.stdout, 'canary')
  }
})

test.run()
