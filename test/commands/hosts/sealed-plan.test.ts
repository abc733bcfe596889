import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../../report/assert-valid.ts'
import { converge } from '../recording-io.ts'
import { makeCluster, spec, writeFiles } from '../scratch.ts'

async function makeSealed(text?: string) {
  const { folder, file } = await makeCluster(text)
  const sealed = join(folder, 'p.json')
  const { code, stdout } = await converge(['plan', ...file, '--out', sealed])
  assert.is(code, 0)
  return { folder, file, sealed, shown: stdout }
}

test('seals a plan for its owner only, and applies exactly that', async () => {
  const { folder, file, sealed, shown } = await makeSealed()
  assert.is(statSync(sealed).mode & 0o777, 0o600)
  assertValid('sealed-plan', JSON.parse(readFileSync(sealed, 'utf8')))
  const dryRun = await converge(['apply', sealed, ...file, '--dry-run'])
  assert.is(
    dryRun.stdout,
    `${sealed}: a plan made from ${folder}/cluster.yaml (not in a git repository)\n\n${shown}`,
  )
  assert.is(dryRun.stderr, '', 'nobody is contacted')
  const applied = await converge(['apply', sealed, ...file], { answers: ['y'] })
  assert.is(applied.code, 0)
  assert.match(applied.stdout, 'web[0-1] changed: 1 change applied')
  assert.is(readFileSync(join(folder, 'hosts/web1/etc/motd'), 'utf8'), 'hello web1\n')
  assert.match((await converge([...file, '--dry-run'])).stdout, '2 hosts: 2 unchanged\n')
})

test('makes a file private that was there already', async () => {
  const { file, sealed } = await makeSealed()
  chmodSync(sealed, 0o644)
  await converge(['plan', ...file, '--out', sealed])
  assert.is(statSync(sealed).mode & 0o777, 0o600)
})

test('refuses before it connects to any host if the spec has changed, and reports the change', async () => {
  const { folder, file, sealed } = await makeSealed()
  const more = '      - directory: { path: /srv }\nhosts:\n'
  writeFiles(folder, { 'cluster.yaml': spec.replace('hello', 'goodbye').replace('hosts:\n', more) })
  const { code, stderr, stdout } = await converge(['apply', sealed, ...file, '--yes'])
  assert.is(code, 3)
  assert.is(stdout, '')
  for (const host of ['web0', 'web1']) {
    assert.match(stderr, `error: ${host}: file[/etc/motd] has changed in the spec [plan-outdated]\n`)
    assert.match(stderr, `error: ${host}: directory[/srv] is new in the spec [plan-outdated]\n`)
  }
  assert.match(stderr, 'Make a new plan, or return to that spec.\n\n4 errors\n')
  assert.not.ok(existsSync(join(folder, 'hosts/web0/etc/motd')))
})

test('needs nothing but the file: spec, environment and values are those of the plan', async () => {
  const { folder } = await makeCluster(
    spec.replace('roles:', 'environments:\n  eu: { attributes: { app: { place: eu } } }\nroles:'),
  )
  const cwd = process.cwd()
  const options = ['-f', 'cluster.yaml', '-e', 'eu', '--set', 'app.greeting=a=b', '--out', 'p.json']
  process.chdir(folder)
  try {
    assert.is((await converge(['plan', ...options])).code, 0)
  } finally {
    process.chdir(cwd)
  }
  // Not in the folder of the spec any more.
  const sealed = join(folder, 'p.json')
  const applied = await converge(['apply', sealed, '--yes'])
  assert.is(applied.stderr.replace(/^(?:inspecting|applying).*\n/gm, ''), '')
  assert.is(applied.code, 0)
  assert.is(readFileSync(join(folder, 'hosts/web1/etc/motd'), 'utf8'), 'a=b web1\n')

  const other = await converge(['apply', sealed, '--yes', '--set', 'app.greeting=c', '-e', 'none'])
  assert.is(other.code, 3)
  writeFiles(join(folder, 'elsewhere'), { 'p.json': readFileSync(sealed, 'utf8') })
  const moved = await converge(['apply', join(folder, 'elsewhere/p.json'), '--yes'])
  assert.match(
    moved.stderr,
    'p.json was made from cluster.yaml, which is neither here nor next to the plan\n',
  )
  assert.match(moved.stderr, 'name the spec with -f\n')
})

test('contains no value of --set that ends up in something sensitive, and says which to pass again', async () => {
  const secret = spec
    .replace(
      'hosts:\n',
      '      - file: { path: /etc/key, content: "{{attributes.app.key}}", sensitive: true }\nhosts:\n',
    )
    .replace('app: {', 'app: { key: none,')
  const { folder, file } = await makeCluster(secret)
  const sealed = join(folder, 'set.json')
  const set = ['--set', 'app.greeting=hi', '--set', 'app.key=hunter2']
  assert.is((await converge(['plan', ...file, ...set, '--out', sealed])).code, 0)
  const text = readFileSync(sealed, 'utf8')
  assert.not.match(text, 'hunter2')
  assert.equal(JSON.parse(text).source.set, [{ path: 'app.greeting', value: 'hi' }, { path: 'app.key' }])
  const without = await converge(['apply', sealed, '--yes'])
  assert.is(without.code, 3)
  assert.match(
    without.stderr,
    'set.json was made with --set app.key=..., a secret that it does not contain\n',
  )
  assert.is((await converge(['apply', sealed, '--yes', '--set', 'app.key=hunter2'])).code, 0)

  // Without a value that the spec needs nobody knows where it goes.
  const needed = await makeCluster(secret.replace('key: none,', ''))
  await converge(['plan', ...needed.file, ...set, '--out', sealed])
  assert.not.match(readFileSync(sealed, 'utf8'), 'hunter2')
})

test('reports other options than those that the plan was made with', async () => {
  const { folder, file } = await makeSealed()
  const sealed = join(folder, 'set.json')
  await converge(['plan', ...file, '--out', sealed])
  const { code, stderr } = await converge(['apply', sealed, '--yes', '--set', 'app.greeting=hunter2'])
  assert.is(code, 3)
  assert.match(stderr, 'with no --set app.greeting; the current spec is ')
})

test('lets a host refuse that changed since, while the others go on', async () => {
  const { folder, file, sealed } = await makeSealed()
  writeFileSync(join(folder, 'hosts/web0/etc/motd'), 'by hand\n')
  const { code, stdout } = await converge(['apply', sealed, ...file, '--yes'])
  assert.is(code, 1)
  assert.match(stdout, 'web0 failed at apply: the host changed after it was planned; nothing was applied')
  assert.match(stdout, 'web1 changed: 1 change applied')
  const twice = await converge(['apply', sealed, ...file, '--yes'])
  assert.match(twice.stdout, '2 hosts: 2 failed;')
})

test('keeps what is sensitive out of the file, and applies it from the spec', async () => {
  const { folder, file, sealed, shown } = await makeSealed(
    spec.replace('motd,', 'motd, sensitive: true,').replace('hello', 'hunter2'),
  )
  for (const text of [readFileSync(sealed, 'utf8'), shown]) assert.not.match(text, 'hunter2')
  assert.is((await converge(['apply', sealed, ...file, '--yes'])).code, 0)
  const motd = join(folder, 'hosts/web0/etc/motd')
  assert.is(readFileSync(motd, 'utf8'), 'hunter2 web0\n')
  appendFileSync(motd, 'hunter3\n')
  await converge(['plan', ...file, '--out', sealed])
  assert.not.match(readFileSync(sealed, 'utf8'), /hunter|aHVudGVy/, 'what the host has is as secret')
})

test('keeps what a command gets in its environment out of the file, and runs it with that', async () => {
  const { folder, file, sealed } = await makeSealed(
    spec.replace(
      '      - file:',
      `      - command: { name: say, command: 'printf %s "$TOKEN" >"$CONVERGE_ROOT/etc/said"', environment: { TOKEN: hunter2 }, creates: /etc/said }
      - file:`,
    ),
  )
  assert.not.match(readFileSync(sealed, 'utf8'), 'hunter2')
  assert.is((await converge(['apply', sealed, ...file, '--yes'])).code, 0)
  assert.is(readFileSync(join(folder, 'hosts/web0/etc/said'), 'utf8'), 'hunter2')
})

test('refuses a host that is another machine by now', async () => {
  const { folder, file, sealed } = await makeSealed()
  const path = join(folder, 'cluster.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('directory: hosts/', 'directory: others/'))
  const { code, stderr } = await converge(['apply', sealed, ...file, '--yes'])
  assert.is(code, 3)
  assert.match(stderr, /web0: it is at .*others\/web0 now, and was at .*hosts\/web0/)
})

test('refuses a plan that was edited, is of another version, or is none', async () => {
  const { folder, file, sealed } = await makeSealed()
  const text = readFileSync(sealed, 'utf8')
  const cases: readonly (readonly [string, string])[] = [
    [text.replace('"0644"', '"0666"'), 'was changed after it was sealed'],
    [text.replace('"formatVersion": 4', '"formatVersion": 1'), 'was sealed by another version of converge'],
    ['{}', 'is not a sealed plan'],
    ['{', 'is not JSON: '],
    ['\n', 'is empty\n  make a plan with `converge plan --out FILE`; name a spec with -f'],
  ]
  for (const [content, message] of cases) {
    writeFileSync(sealed, content)
    const { code, stderr } = await converge(['apply', sealed, ...file, '--yes'])
    assert.is(code, 3)
    assert.match(stderr, `error: ${sealed} ${message}`)
  }
  writeFileSync(sealed, JSON.stringify(JSON.parse(text)))
  assert.is((await converge(['apply', sealed, ...file, '--dry-run'])).code, 0, 'white space does not matter')
  writeFiles(folder, { 'cluster.yaml': spec.replace('cluster: test', 'cluster: other') })
  const other = await converge(['apply', sealed, ...file, '--yes'])
  assert.match(other.stderr, 'error: the plan is for the cluster test, the spec for other [plan-outdated]\n')
})

test('refuses options that would make it another plan', async () => {
  const { file, sealed } = await makeSealed()
  const { code, stderr } = await converge([
    'apply',
    sealed,
    ...file,
    '--limit',
    'web0',
    '--no-prune',
    '--yes',
  ])
  assert.is(code, 3)
  assert.match(stderr, 'error: a sealed plan is applied as it is: --limit, --no-prune cannot change it\n')
})

test('names the commit that the plan was made from, and whether it had changes', async () => {
  const { folder, file, sealed } = await makeSealed()
  const git = (...argv: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...argv], {
      encoding: 'utf8',
    }).trim()
  writeFiles(folder, { '.gitignore': 'hosts/\n*.json\n' })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--no-gpg-sign', '-m', 'first')
  const commit = git('rev-parse', 'HEAD')
  const sealAgain = async () => {
    await converge(['plan', ...file, '--out', sealed])
    return JSON.parse(readFileSync(sealed, 'utf8')).source.git
  }
  assert.equal(await sealAgain(), { commit, dirty: false })
  appendFileSync(join(folder, 'cluster.yaml'), '# a comment\n')
  assert.equal(await sealAgain(), { commit, dirty: true })
  const { stdout } = await converge(['apply', sealed, ...file, '--dry-run'])
  assert.match(stdout, `a plan made from commit ${commit.slice(0, 12)} with uncommitted changes\n`)
})

test('reports a host that could not be planned as it was', async () => {
  const { folder, file } = await makeCluster()
  const sealed = join(folder, 'p.json')
  execFileSync('rm', ['-r', join(folder, 'hosts/web0')])
  assert.is((await converge(['plan', ...file, '--out', sealed])).code, 1)
  assertValid('sealed-plan', JSON.parse(readFileSync(sealed, 'utf8')))
  const { stdout, code } = await converge(['apply', sealed, ...file, '--yes'])
  assert.is(code, 1)
  assert.match(stdout, 'web0 unreachable at connect: cannot use ')
  assert.match(stdout, 'web1 changed: 1 change applied')
})

test.run()
