import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostWith, specOf } from './part-host.ts'
import { converge } from './recording-io.ts'
import { writeFiles } from './scratch.ts'

const path = '/etc/app.conf'
const others = '# of others\n  Port  22\nPortForward no\n#Port 1\nlast line without an end'
const makeHost = (before: string | undefined = others) => hostWith(path, before)
const added = (line: string, more = '') => `line: { path: ${path}, line: "${line}"${more} }`
const port = (number: number, more = '') => added(`Port ${number}`, `, startsWith: "Port "${more}`)

test('replaces the line that begins so, adds one that is not there, and nothing is left to do', async () => {
  const { run, read, at } = await makeHost()
  const wanted = [port(2222), added('a.*&\\\\1', ', at: start')]
  const { stdout } = await run(wanted, '--dry-run')
  assert.is(
    stdout,
    `web0
  put a part into /etc/app.conf (\`Port \`)
    line[/etc/app.conf#Port ]: the part will change
    @@ -1,5 +1,5 @@
     # of others
    -  Port  22
    +Port 2222
     PortForward no
     #Port 1
     last line without an end
    \\ No newline at end of file
  put a part into /etc/app.conf (\`a.*&\\1\`)
    line[/etc/app.conf#a.*&\\1]: the part will be added
    @@ -1,3 +1,4 @@
    +a.*&\\1
     # of others
     Port 2222
     PortForward no

1 host: 1 to change; 2 changes
`,
  )
  assert.is((await run(wanted, '--yes')).code, 0)
  assert.is(read(), `a.*&\\1\n${others.replace('  Port  22', 'Port 2222')}`)
  assert.is(statSync(at()).mode & 0o777, 0o640)
  assert.match((await run(wanted, '--yes')).stdout, 'Nothing to do.')
})

test('says what was changed by hand, and prune gives back the former line where it was', async () => {
  const { run, read, at } = await makeHost()
  await run([port(2222), added('mine')], '--yes')
  writeFileSync(at(), read().replace('Port 2222', 'Port 1').replace('# of', '# changed by'))
  const { stdout } = await run([port(2222), added('mine')], '--dry-run')
  assert.match(stdout, 'the part will change (host changed)')
  assert.is((await run([], '--yes', '--allow-prune')).code, 0)
  assert.is(read(), others.replace('# of', '# changed by'))
})

test('adopts a line that is as wanted, and leaves it there', async () => {
  const { run, read } = await makeHost('one\ntwo\none\n')
  assert.match((await run([added('one')], '--yes')).stdout, 'Nothing to do.')
  await run([added('one'), added('three')], '--yes')
  await run([], '--yes', '--allow-prune')
  assert.is(read(), 'one\ntwo\none\n')
})

test('a rollback and its own rollback put back only the line', async () => {
  const { run, read, at } = await makeHost()
  await run([port(1000)], '--yes')
  await run([port(2000)], '--yes')
  writeFileSync(at(), read().replace('# of', '# changed by'))
  const after = (own: string) => others.replace('# of', '# changed by').replace('  Port  22', own)
  assert.is((await run([port(2000)], 'rollback', '--yes')).code, 0)
  assert.is(read(), after('Port 1000'))
  assert.is((await run([port(2000)], 'rollback', '--yes')).code, 0)
  assert.is(read(), after('Port 2000'))
})

test('refuses where nobody can tell which line is meant, and takes the same line for one', async () => {
  const { run, read, at } = await makeHost('Port 1\nx\n\tPort 2\nx\n')
  const { code, stdout, stderr } = await run([port(3)], '--yes')
  assert.is(code, 1)
  assert.match(stdout + stderr, '/etc/app.conf: lines 1, 3 begin with `Port `')
  assert.match(stdout + stderr, 'leave one of them in the file, or let startsWith tell them apart')
  assert.match(
    (await run([`line: { path: ${path}, line: x, absent: true }`], '--dry-run')).stdout,
    /-x\n.*-x\n/s,
  )
  await run([`line: { path: ${path}, line: x, absent: true }`], '--yes')
  assert.is(read(), 'Port 1\n\tPort 2\n')
  await run([], 'rollback', '--yes')
  assert.is(read(), 'Port 1\n\tPort 2\nx\nx\n')
  writeFileSync(at(), 'Port 1\nPort 1\n')
  assert.match((await run([port(1)], '--yes')).stdout, 'Nothing to do.')
  const other = await run([port(2)], '--yes')
  assert.match(other.stdout + other.stderr, 'lines 1, 2 begin with `Port `')
  assert.is((await run([`line: { path: ${path}, startsWith: "Port ", absent: true }`], '--yes')).code, 0)
  assert.is(read(), '')
})

test('makes a file, and takes it away with its last line', async () => {
  const { run, read, at } = await makeHost()
  rmSync(at())
  await run([added('one', ', mode: "0600"')], '--yes')
  assert.is(statSync(at()).mode & 0o777, 0o600)
  await run([added('one'), added('two')], '--yes')
  assert.is(read(), 'one\ntwo\n')
  await run([], '--yes', '--allow-prune')
  assert.not(existsSync(at()))
})

test('is neither declared twice nor beside the whole file, and writes through no link', async () => {
  const { folder, run, at } = await makeHost()
  const twice = await run([port(1), `line: { path: ${path}, line: "Port " }`], 'validate')
  assert.is(twice.code, 3)
  const same = await run(
    [port(1), `block: { path: ${path}, name: "Port", content: x }`, added('Port ')],
    'validate',
  )
  assert.match(twice.stderr + same.stderr, 'line[/etc/app.conf#Port ] is declared twice')
  const setting = await run([added('Port'), `setting: { path: ${path}, key: Port, value: 1 }`], 'validate')
  assert.match(setting.stderr, 'the part /etc/app.conf: Port has two owners')
  const found = await run([port(1), `block: { path: ${path}, name: b, content: "x\\n Port 2" }`], 'validate')
  assert.match(
    found.stderr,
    'line[/etc/app.conf#Port ] by host web0 (line 7) and block[/etc/app.conf#b] by host web0 (line 8) are the same line of /etc/app.conf',
  )
  const prefix = await run([added('Po 1', ', startsWith: Po'), port(1)], 'validate')
  assert.match(prefix.stderr, 'line[/etc/app.conf#Po] by host web0 (line 7) and line[/etc/app.conf#Port ]')
  const apart = [
    port(1),
    added('# Port 1'),
    `setting: { path: ${path}, section: s, key: Port, value: 1, separator: " " }`,
  ]
  assert.is((await run(apart.slice(0, 2), 'validate')).code, 0)
  const beside = await run(apart, 'validate')
  assert.match(beside.stderr, 'are the same line')
  const whole = await run([port(1), `file: { path: ${path}, content: x }`], 'validate')
  assert.match(whole.stderr, 'owns the whole of /etc/app.conf')
  await run([port(1)], '--yes')
  writeFiles(folder, { 'other.yaml': specOf([port(2)], 'other') })
  const other = await converge(['-f', join(folder, 'other.yaml'), '--yes'])
  assert.match(other.stdout + other.stderr, 'belongs to line[/etc/app.conf#Port ] of the cluster test')
  rmSync(at())
  symlinkSync('elsewhere', at())
  const linked = await run([port(1)], '--yes')
  assert.match(linked.stdout + linked.stderr, 'a symbolic link to elsewhere is at /etc/app.conf')
})

test('explains what cannot be found again', async () => {
  const { run } = await makeHost()
  const mistakes = [
    [`line: { path: ${path} }`, 'it has no line'],
    [`line: { path: ${path}, absent: true }`, 'it has no line'],
    [added('Listen 1', ', startsWith: "Port "'), 'its line does not begin with startsWith'],
    [added('a\\nb'), 'line must be one line of text'],
    [added('   '), 'line must be one line of text'],
    [added('a', ', startsWith: " a"'), 'startsWith must be text'],
  ] as const
  for (const [resource, message] of mistakes) {
    const { code, stderr } = await run([resource], 'validate')
    assert.is(code, 3, resource)
    assert.match(stderr, message)
  }
})

test('a validation sees the whole new file, and keeps it from going live', async () => {
  const { run, read } = await makeHost()
  const { code, stdout, stderr } = await run([port(1, ', validate: "! grep -q others {}"')], '--yes')
  assert.is(code, 1)
  assert.match(stdout + stderr, 'validation failed')
  assert.is(read(), others)
})

test('renders the lines alone, each where a new one goes', async () => {
  const { folder, file, run } = await makeHost()
  const wanted = [port(1), added('mine', ', at: start'), `block: { path: ${path}, name: b, content: x }`]
  assert.is((await run(wanted, 'render', '-o', join(folder, 'tree'))).code, 0)
  const tree = readFileSync(join(folder, 'tree/web0', path), 'utf8')
  assert.is(tree, 'mine\nPort 1\n# BEGIN converge b\nx\n# END converge b\n')
  const { stdout } = await converge(['explain', `web0:${path}`, ...file])
  assert.match(stdout, 'line[/etc/app.conf#Port ]')
})

test('a secret has words in its place, before and after', async () => {
  const { run, folder, file, read } = await makeHost('token = old-canary\nof others\n')
  const identity = join(folder, 'identity')
  const secret = added('token = {{attributes.pw}}', ', startsWith: token')
  const text = (resources: readonly string[]) =>
    specOf(resources).replace('hosts:', 'attributes: { pw: !secret db/pw }\nhosts:')
  writeFiles(folder, { 'cluster.yaml': text([]) })
  assert.is((await converge(['secrets', 'init', 'ann', ...file, '--new-identity', identity])).code, 0)
  assert.is((await converge(['secrets', 'set', 'db/pw', ...file], { input: 'canary-1' })).code, 0)
  const env = { CONVERGE_IDENTITY: readFileSync(identity, 'utf8') }
  writeFiles(folder, { 'cluster.yaml': text([added('token = {{attributes.pw}}')]) })
  const refused = await converge(['validate', ...file], { env })
  assert.match(refused.stderr, 'its line has a secret, so that nobody could find it again')
  writeFiles(folder, { 'cluster.yaml': text([secret]) })
  const first = await converge([...file, '--yes'], { env })
  assert.match(
    first.stdout,
    '    -token = «secret db/pw»\n    +token = «secret db/pw, changed»\n     of others\n',
  )
  assert.is(read(), 'token = canary-1\nof others\n')
  const rendered = await converge(['render', ...file, '-o', join(folder, 'tree')], { env })
  assert.is(rendered.code, 0)
  const gone = await run([], '--dry-run')
  const tree = readFileSync(join(folder, 'tree/web0', path), 'utf8')
  assert.not.match(refused.stderr + first.stdout + gone.stdout + tree, 'canary')
})

test.run()
