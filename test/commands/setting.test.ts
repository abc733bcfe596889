import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostWith, specOf } from './part-host.ts'
import { converge } from './recording-io.ts'
import { writeFiles } from './scratch.ts'

const path = '/etc/app.ini'
const others =
  '\uFEFFname = a\r\n\r\n[net]\r\n; port = 1\r\n\tport =  80 \r\n\r\n[log]\r\nlevel=info\r\n[net] # again\r\nhost=x'
const makeHost = (before: string | undefined = others) => hostWith(path, before)
const setting = (section: string | undefined, key: string, value: string | number | boolean, more = '') =>
  `setting: { path: ${path}, ${section === undefined ? '' : `section: "${section}", `}key: "${key}", value: ${value}${more} }`

test('changes values in place, puts keys behind their section, and nothing is left to do', async () => {
  const { run, read } = await makeHost()
  const wanted = [
    setting('net', 'port', 8080),
    setting('log', 'file', '"/a b&\\\\1"', ', separator: " = "'),
    setting(undefined, 'debug', true),
    setting('new', 'k.*', 1.5),
    setting('net', 'tls', false),
  ]
  const { stdout } = await run(wanted.slice(0, 2), '--dry-run')
  assert.match(
    stdout,
    `  put a part into /etc/app.ini (\`[net] port\`)
    setting[/etc/app.ini#[net] port]: the part will change
`,
  )
  assert.is((await run(wanted, '--yes')).code, 0)
  assert.is(
    read(),
    '\uFEFFname = a\r\ndebug=true\r\n\r\n[net]\r\n; port = 1\r\n\tport =  8080\r\n\r\n[log]\r\nlevel=info\r\nfile = /a b&\\1\r\n[net] # again\r\nhost=x\r\ntls=false\r\n[new]\r\nk.*=1.5',
  )
  assert.match((await run(wanted, '--yes')).stdout, 'Nothing to do.')
  assert.is((await run([], '--yes', '--allow-prune')).code, 0)
  assert.is(read(), others)
})

test('says what was changed by hand, leaves what others change, and gives back the former value', async () => {
  const { run, read, at } = await makeHost()
  const wanted = [setting('net', 'port', 8080), setting('log', 'file', 'x')]
  await run(wanted, '--yes')
  writeFileSync(at(), read().replace('8080', '8081').replace('level=info', 'level=debug'))
  const { stdout } = await run(wanted, '--dry-run')
  assert.match(stdout, 'the part will change (host changed)')
  assert.not.match(stdout, '[log] file')
  await run([setting('net', 'port', 9090)], '--yes', '--allow-prune')
  assert.is(read(), others.replace('level=info', 'level=debug').replace('80 ', '9090'))
  await run([], '--yes', '--allow-prune')
  assert.is(read(), others.replace('level=info', 'level=debug'))
})

test('a rollback and its own rollback put back only the value, and a section that came with it', async () => {
  const { run, read, at } = await makeHost('a=1\n')
  await run([setting('s', 'x', 1), setting(undefined, 'a', 2)], '--yes')
  assert.is(read(), 'a=2\n[s]\nx=1\n')
  writeFileSync(at(), `# of others\n${read()}`)
  assert.is((await run([], 'rollback', '--yes')).code, 0)
  assert.is(read(), '# of others\na=1\n')
  assert.is((await run([], 'rollback', '--yes')).code, 0)
  assert.is(read(), '# of others\na=2\n[s]\nx=1\n')
})

test('a section and a file that converge made go with their last setting, in whichever run that came', async () => {
  const { run, read, at } = await makeHost('of others\n')
  const [one, two] = [setting('s', 'one', 1), setting('s', 'two', 2)]
  await run([one], '--yes')
  await run([one, two], '--yes')
  await run([two], '--yes', '--allow-prune')
  assert.is(read(), 'of others\n[s]\ntwo=2\n')
  await run([], '--yes', '--allow-prune')
  assert.is(read(), 'of others\n')
  rmSync(at())
  await run([one], '--yes')
  await run([one, two], '--yes')
  await run([], '--yes', '--allow-prune')
  assert.not(existsSync(at()))
  writeFileSync(at(), '[s]\n')
  await run([one, two], '--yes')
  await run([], '--yes', '--allow-prune')
  assert.is(read(), '[s]\n')
})

test('what takes over the line of one that leaves keeps it, and gives back what was there before both', async () => {
  const { run, read, at } = await makeHost('a\nport = 1\n')
  const line = (text: string, startsWith: string) =>
    `line: { path: ${path}, line: "${text}", startsWith: "${startsWith}" }`
  const ways = [line('port = 2', 'port'), line('port  = 3', 'port '), setting(undefined, 'port', 3)]
  await run(ways.slice(0, 1), '--yes')
  for (const way of [1, 2, 1, 2]) {
    const { code, stdout, stderr } = await run(ways.slice(way, way + 1), '--yes', '--allow-prune')
    assert.is(code, 0, stdout + stderr)
    assert.is(read(), 'a\nport  = 3\n')
    assert.match((await run(ways.slice(way, way + 1), '--yes', '--allow-prune')).stdout, 'Nothing to do.')
  }
  assert.is((await run([], '--yes', '--allow-prune')).code, 0)
  assert.is(read(), 'a\nport = 1\n')
  // One that converge added is gone in the end.
  writeFileSync(at(), 'a\n')
  await run([`line: { path: ${path}, line: port=1 }`], '--yes')
  await run([setting(undefined, 'port', 2)], '--yes', '--allow-prune')
  assert.is(read(), 'a\nport=2\n')
  await run([], '--yes', '--allow-prune')
  assert.is(read(), 'a\n')
})

test('a line that is exported stays so, and a comment is no setting', async () => {
  const { run, read } = await makeHost('#KEY=0\nexport KEY=1\nexport KEY2=2\n')
  await run([setting(undefined, 'KEY', 3)], '--yes')
  assert.is(read(), '#KEY=0\nexport KEY=3\nexport KEY2=2\n')
  const { stderr } = await run([setting(undefined, 'export KEY', 3)], 'validate')
  assert.match(stderr, 'key must be')
})

test('absent removes the key, and the empty section stays', async () => {
  const { run, read } = await makeHost('[s]\nkey : 1\n')
  const absent = `setting: { path: ${path}, section: s, key: key, separator: ":", absent: true }`
  assert.is((await run([absent], '--yes')).code, 0)
  assert.is(read(), '[s]\n')
  assert.match((await run([absent], '--yes')).stdout, 'Nothing to do.')
  await run([absent], 'rollback', '--yes')
  assert.is(read(), '[s]\nkey:1\n')
})

test('refuses a key that is there twice, and a value that goes on in the next line', async () => {
  const { run, read } = await makeHost('[s]\na=1\n[t]\na=1\n[s]\n a = 1\nb = 1 \\\n2\n')
  const twice = await run([setting('s', 'a', 1)], '--yes')
  assert.is(twice.code, 1)
  assert.match(twice.stdout + twice.stderr, '/etc/app.ini: lines 2, 6 set `a`')
  const long = await run([setting('s', 'b', 1)], '--yes')
  assert.match(long.stdout + long.stderr, '/etc/app.ini: line 7 goes on in the next one')
  assert.is((await run([setting('t', 'a', 2)], '--yes')).code, 0)
  assert.is(read(), '[s]\na=1\n[t]\na=2\n[s]\n a = 1\nb = 1 \\\n2\n')
})

test('is neither declared twice nor beside the whole file, here or by another cluster', async () => {
  const { folder, run, read } = await makeHost()
  const own = setting('net', 'port', 1)
  const twice = await run([own, setting('net', 'port', 2, ', separator: ": "')], 'validate')
  assert.match(twice.stderr, 'setting[/etc/app.ini#[net] port] is declared twice')
  const whole = await run([own, `file: { path: ${path}, content: x }`], 'validate')
  assert.match(whole.stderr, 'owns the whole of /etc/app.ini')
  await run([own], '--yes')
  const other = async (resource: string) => {
    writeFiles(folder, { 'other.yaml': specOf([resource], 'other') })
    return converge(['-f', join(folder, 'other.yaml'), '--yes'])
  }
  const same = await other(setting('net', 'port', 2))
  assert.match(same.stdout + same.stderr, 'belongs to setting[/etc/app.ini#[net] port] of the cluster test')
  assert.is((await other(setting('net', 'host', 'y'))).code, 0)
  await run([], '--yes', '--allow-prune')
  assert.is(read(), others.replace('host=x', 'host=y'))
})

test('a file that one cluster made goes with the last setting of another one', async () => {
  const { folder, run, read, at } = await makeHost()
  rmSync(at())
  const other = async (resources: readonly string[]) => {
    writeFiles(folder, { 'other.yaml': specOf(resources, 'other') })
    return converge(['-f', join(folder, 'other.yaml'), '--yes', '--allow-prune'])
  }
  await run([setting('new', 'a', 1)], '--yes')
  await other([setting('new', 'b', 1)])
  await run([], '--yes', '--allow-prune')
  assert.is(read(), '[new]\nb=1\n')
  await other([])
  assert.not(existsSync(at()))
})

test('explains what would be read back as something else', async () => {
  const { run } = await makeHost()
  const mistakes = [
    [`setting: { path: ${path}, key: a }`, 'it has no value'],
    [setting(undefined, 'a=b', 1), 'its line or its section would be read back as another one'],
    [setting('a] #', 'b', 1), 'its line or its section would be read back as another one'],
    [setting(undefined, '#a', 1), 'key must be'],
    [setting(undefined, '[a', 1), 'key must be'],
    [setting(undefined, 'a', '"b\\nc"'), 'its value has a line break'],
    [setting(undefined, 'a', '" b"'), 'its value begins or ends with a blank'],
    [setting(undefined, 'a', '"b\\\\"'), 'its value ends with a backslash'],
    [setting(undefined, 'a', 1, ', separator: ""'), 'separator must be'],
  ] as const
  for (const [resource, message] of mistakes) {
    const { code, stderr } = await run([resource], 'validate')
    assert.is(code, 3, resource)
    assert.match(stderr, message)
  }
})

test('renders the settings of a section together, explains their lines, and seals them', async () => {
  const { folder, file, run, read } = await makeHost()
  const wanted = [setting('net', 'port', 1), setting(undefined, 'x', 1), setting('net', 'host', '""')]
  assert.is((await run(wanted, 'render', '-o', join(folder, 'tree'))).code, 0)
  assert.is(readFileSync(join(folder, 'tree/web0', path), 'utf8'), 'x=1\n[net]\nport=1\nhost=\n')
  const { stdout } = await converge(['explain', `web0:${path}`, ...file])
  assert.match(stdout, 'setting[/etc/app.ini#[net] port]')
  const out = join(folder, 'plan.json')
  assert.is((await run(wanted, 'plan', '--out', out)).code, 0)
  const applied = await converge(['apply', out, '--yes'])
  assert.is(applied.code, 0, applied.stdout + applied.stderr)
  assert.match(read(), '\tport =  1\r\n')
  assert.match(read(), 'host=')
})

test('secrets have words in their place wherever a file is shown', async () => {
  const { run, folder, file, read } = await makeHost('[db]\npassword = old-canary\n')
  const identity = join(folder, 'identity')
  const wanted = [
    setting('db', 'password', '"{{attributes.pw}}"'),
    setting('db', 'url', '"x://ann:{{attributes.pw}}@db"'),
  ]
  const text = (resources: readonly string[]) =>
    specOf(resources).replace('hosts:', 'attributes: { pw: !secret db/pw }\nhosts:')
  writeFiles(folder, { 'cluster.yaml': text([]) })
  assert.is((await converge(['secrets', 'init', 'ann', ...file, '--new-identity', identity])).code, 0)
  assert.is((await converge(['secrets', 'set', 'db/pw', ...file], { input: 'canary-1' })).code, 0)
  const env = { CONVERGE_IDENTITY: readFileSync(identity, 'utf8') }
  writeFiles(folder, { 'cluster.yaml': text(wanted.slice(0, 1)) })
  const first = await converge([...file, '--yes'], { env })
  assert.match(first.stdout, '    -password = «secret db/pw»\n    +password = «secret db/pw, changed»\n')
  assert.is(read(), '[db]\npassword = canary-1\n')
  writeFiles(folder, {
    'cluster.yaml': text([...wanted, setting('db', 'own', 'canary', ', sensitive: true')]),
  })
  const hidden = await converge(['render', ...file, '-o', join(folder, 'hidden')], { env })
  assert.is(hidden.code, 0)
  assert.match(readFileSync(join(folder, 'hidden/web0', path), 'utf8'), 'This content is sensitive')
  writeFiles(folder, { 'cluster.yaml': text(wanted) })
  const rendered = await converge(['render', ...file, '-o', join(folder, 'tree')], { env })
  assert.is(rendered.code, 0)
  const tree = readFileSync(join(folder, 'tree/web0', path), 'utf8')
  assert.is(tree, '[db]\npassword=«secret db/pw»\nurl=x://ann:«secret db/pw»@db\n')
  const second = await converge([...file, '--yes'], { env })
  assert.is(read(), '[db]\npassword = canary-1\nurl=x://ann:canary-1@db\n')
  const json = await converge([...file, '--dry-run', '--json'], { env })
  const gone = await run([], '--dry-run')
  const back = await run([], 'rollback', '--dry-run')
  for (const { stdout } of [first, second, json, gone, back]) assert.not.match(stdout, 'canary')
})

test.run()
