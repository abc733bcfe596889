import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { plantRootTree } from '../../../src/transports/local/root-tree.ts'
import { converge, type Surroundings } from '../recording-io.ts'
import { scratchFolder, writeFiles } from '../scratch.ts'
import { ann } from './scratch-secrets.ts'

const spec = `cluster: test
recipes: { app: ./recipe.ts }
attributes:
  app: { apiKey: !secret app/api, port: 80 }
hosts:
  "web[0-1]":
    transport: directory
    directory: hosts/{{host.name}}
    recipes: [app]
    resources:
      - file: { path: /etc/joined, content: "user=app\\npassword={{attributes.app.apiKey}}\\nport={{attributes.app.port}}\\n" }
      - file: { path: /etc/whole, content: !secret app/db, mode: "0640" }
      - file: { path: /etc/template, template: t.hbs, variables: { db: !secret app/db } }
      - file: { path: /etc/ca.pem, content: !secret pki/ca.certificate }
      - command: { name: load, command: 'printf %s "$PW" >"$CONVERGE_ROOT/etc/loaded"; echo "$PW"', creates: /etc/loaded, environment: { PW: !secret app/db } }
`

const recipe = `
import { authority, certificate, concat, defineRecipe, environmentLine, file, password, renderEnvFile, renderYaml, sshKey, Type, unit } from 'converge'
export default defineRecipe({
  name: 'app',
  attributes: Type.Object({ apiKey: Type.String({ minLength: 100 }), port: Type.Integer() }),
  resources(ctx) {
    const db = ctx.secret('app/db', password())
    ctx.secret('pki/ca', authority())
    const tls = ctx.secret('app/tls', certificate({ authority: 'pki/ca', names: [ctx.host.name + '.example.com'] }))
    return [
      file({ path: '/etc/env', content: renderEnvFile({ DB: db, KEY: ctx.attributes.apiKey, PORT: ctx.attributes.port }) }),
      file({ path: '/etc/app.yaml', content: renderYaml({ db: { password: db }, port: ctx.attributes.port }) }),
      file({ path: '/etc/tls.pem', content: concat(tls, tls.certificate) }),
      file({ path: '/etc/key.pub', content: ctx.secret('app/ssh', sshKey()).public + '\\n' }),
      unit({ name: 'app.service', content: { Service: { ExecStart: '/bin/true', Environment: environmentLine({ PW: db }) } } }),
    ]
  },
})
`

const apiKey = 'canary-of-the-api "key" $1'
const identity = { env: { CONVERGE_IDENTITY: ann.identity } }

async function makeProject(text = spec) {
  const folder = scratchFolder()
  writeFiles(folder, { 'cluster.yaml': text, 'recipe.ts': recipe, 't.hbs': 'pw={{db}}\njson={{json db}}\n' })
  for (const host of ['web0', 'web1']) {
    await plantRootTree(join(folder, 'hosts', host))
    writeFiles(join(folder, 'hosts', host), { 'etc/systemd/system/.keep': '' })
  }
  const file = ['-f', join(folder, 'cluster.yaml')]
  const run = (argv: readonly string[], surroundings: Surroundings = {}) =>
    converge([...argv, ...file], surroundings)
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const edit = (from: string, to: string) =>
    writeFileSync(join(folder, 'cluster.yaml'), read('cluster.yaml').replace(from, to))
  const value = async (key: string) => (await run(['secrets', 'show', key], identity)).stdout.trimEnd()
  return { folder, run, read, edit, value }
}

async function makeReady(text = spec) {
  const project = await makeProject(text)
  await project.run(['secrets', 'init', 'ann', ann.key])
  await project.run(['secrets', 'set', 'app/api'], { input: apiKey })
  const { code, stderr, stdout } = await project.run(['secrets', 'generate'], identity)
  assert.is(code, 0, stderr + stdout)
  return project
}

/** All files below a folder. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

test('what is missing is told with its place and the command that makes it; that makes all at once', async () => {
  const { run, edit, read } = await makeProject()
  const first = await run(['validate'])
  assert.is(first.code, 3)
  for (const words of [
    /cluster\.yaml:4:26 error: there is no secret app\/api, which the spec uses/,
    /cluster\.yaml:9:15 error: there is no secret app\/tls, which recipe app uses/,
    /`converge secrets init` writes secrets\.yaml; then `converge secrets generate` makes it/,
    /\n5 errors\n$/,
  ])
    assert.match(first.stderr, words)
  await run(['secrets', 'init', 'ann', ann.key])
  const made = await run(['secrets', 'generate'])
  assert.is(made.code, 1)
  assert.match(made.stdout, 'warning: app/api: is missing, and the spec does not say what it is\n')
  for (const key of ['app/db', 'pki/ca', 'app/tls', 'app/ssh'])
    assert.match(made.stdout, `${key}: generated\n`)
  assert.match((await run(['validate'])).stderr, '1 error\n')
  await run(['secrets', 'set', 'app/api'], { input: apiKey })
  assert.is((await run(['validate'])).code, 0)
  assert.is((await run(['secrets', 'generate'])).stdout, 'nothing is missing\n')
  assert.match((await run(['secrets', 'list'])).stdout, 'for web0.example.com, web1.example.com\n')
  const before = read('secrets.yaml')
  edit('web[0-1]', 'web[0-2]')
  const unfit = await run(['validate'])
  assert.match(unfit.stderr, 'the secret app/tls: its certificate is not for web2.example.com')
  assert.match(unfit.stderr, '`converge secrets generate` makes a new one')
  assert.match((await run(['secrets', 'check'])).stdout, 'its certificate is not for web2.example.com')
  assert.is((await run(['secrets', 'generate'], identity)).stdout, 'app/tls: has a new certificate\n')
  assert.is((await run(['validate'])).code, 0)
  const changed = read('secrets.yaml')
    .split('\n')
    .filter((line) => !before.includes(line))
  assert.is(changed.length, 1)
  edit('web[0-2]', 'web[0-1]')
  const { code, stderr } = await run(['validate'])
  assert.is(code, 0)
  assert.match(stderr, 'warning: the secret app/tls: its certificate is also for web2.example.com')
})

test('no identity is needed to validate and render; what reaches hosts refuses without one', async () => {
  const { run, folder, value, read } = await makeReady()
  const tree = join(folder, 'tree')
  assert.is((await run(['render', '-o', tree])).code, 0)
  assert.is(read('tree/web0/etc/joined'), 'user=app\npassword=«secret app/api»\nport=80\n')
  assert.is(read('tree/web0/etc/template'), 'pw=«secret app/db»\njson="«secret app/db»"\n')
  assert.match(read('tree/web0/etc/tls.pem'), '«secret app/tls»-----BEGIN CERTIFICATE-----\n')
  for (const argv of [
    ['plan'],
    ['--dry-run'],
    ['--yes'],
    ['status'],
    ['drift'],
    ['rollback', '--yes'],
    ['render', '--reveal', '-o', tree],
  ]) {
    const { code, stderr, stdout } = await run(argv)
    assert.is(code, 3, argv.join(' '))
    assert.match(
      stderr,
      /an identity is needed to open the secrets app\/db, app\/api, app\/tls\n {2}pass --identity FILE/,
    )
    assert.is(stdout, '')
  }
  assert.is((await run(['render', '--portable', '-o', tree])).code, 3)
  assert.is((await run(['unlock', 'web0'])).code, 0)
  const other = {
    env: { CONVERGE_IDENTITY: 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX' },
  }
  assert.match((await run(['plan'], other)).stderr, /does not open the secrets app\/db|damaged key/)
  assert.is((await run(['render', '--reveal', '-o', tree], identity)).code, 0)
  assert.is(read('tree/web0/etc/joined'), `user=app\npassword=${apiKey}\nport=80\n`)
  assert.is(read('tree/web0/etc/template'), `pw=${await value('app/db')}\njson="${await value('app/db')}"\n`)
  assert.is(statSync(join(tree, 'web0/etc/joined')).mode & 0o777, 0o600)
})

test('applies, shows diffs around secrets, and puts no value anywhere but where it belongs', async () => {
  const { run, folder, value, read, edit } = await makeReady()
  const out = join(folder, 'plan.json')
  const shown: string[] = []
  const see = async (argv: readonly string[], surroundings: Surroundings = identity, expected = 0) => {
    const { stdout, stderr, code } = await run(argv, surroundings)
    assert.is(code, expected, `${argv.join(' ')}: ${stderr}`)
    shown.push(stdout, stderr)
    return stdout
  }
  const everything = async () => {
    for (const argv of [
      ['plan'],
      ['plan', '--json'],
      ['plan', '--script', 'web0'],
      ['plan', '--out', out],
      ['--dry-run', '--json-lines', '-v'],
    ])
      await see(argv)
    shown.push(readFileSync(out, 'utf8'))
  }
  const [db, tls] = [await value('app/db'), await value('app/tls')]
  await everything()
  await see(['--yes', '--json'])
  assert.is(read('hosts/web0/etc/whole'), db)
  assert.is(read('hosts/web0/etc/loaded'), db)
  assert.match(read('hosts/web0/etc/systemd/system/app.service'), `Environment="PW=${db}"\n`)
  const modes = ['env', 'whole', 'ca.pem', 'key.pub', 'systemd/system/app.service'].map(
    (name) => statSync(join(folder, 'hosts/web0/etc', name)).mode & 0o777,
  )
  assert.equal(modes, [0o600, 0o640, 0o644, 0o644, 0o600])
  assert.match(await see(['--dry-run']), '2 hosts: 2 unchanged')
  assert.match(await see(['status']), /certificates: app\/tls until \d{4}-\d\d-\d\d, pki\/ca until/)
  await see(['history', '--json'])
  await see(['secrets', 'rotate', 'app/db'])
  edit('port: 80', 'port: 81')
  await everything()
  const plan = await see(['plan', 'web0'])
  for (const lines of [
    '    -DB="«secret app/db»"\n    +DB="«secret app/db, changed»"\n     KEY="«secret app/api»"\n    -PORT=80\n    +PORT=81\n',
    '     user=app\n     password=«secret app/api»\n    -port=80\n    +port=81\n',
    '    -Environment="PW=«secret app/db»"\n    +Environment="PW=«secret app/db, changed»"\n',
  ])
    assert.match(plan, lines)
  await see(['apply', out, '--yes'])
  const next = await value('app/db')
  assert.is(read('hosts/web1/etc/whole'), next)
  writeFileSync(join(folder, 'hosts/web0/etc/joined'), `user=app\npw: ${apiKey}\n`)
  assert.match(await see(['drift', '--json']), '«this line may have a secret»')
  await see(['drift'])
  await see(['rollback', 'web0', '--yes', '--json'])
  await see(['secrets', 'list', '--json'])
  await see(['secrets', 'check', '--json'])
  const all = shown.join('\n')
  const secrets = [db, next, apiKey, JSON.stringify(apiKey).slice(1, -1), ...tls.split('\n').slice(1, -1)]
  for (const secret of secrets) assert.not.match(all, secret)
  for (const file of filesBelow(folder).filter((path) => !path.includes('/hosts/')))
    for (const secret of secrets) assert.not.match(readFileSync(file, 'latin1'), secret, file)
  // On the hosts what the spec declares has values; so have contents kept for a rollback and the variables of a command,
  // in a directory that only root can enter.
  for (const file of filesBelow(join(folder, 'hosts'))) {
    const text = readFileSync(file, 'latin1')
    if (!secrets.some((secret) => text.includes(secret))) continue
    const isDeclared = /\/hosts\/web\d\/etc\//.test(file)
    assert.ok(isDeclared || /\/(clusters\/test\/generations\/\d+\/\d+|run\/[^/]+\/program)$/.test(file), file)
    const [state] = /^.*\/var\/lib\/converge/.exec(file) ?? []
    if (state !== undefined) assert.is(statSync(state).mode & 0o077, 0)
  }
})

test('values from outside are read once per run, and only by commands that need them', async () => {
  const project = await makeProject()
  await project.run(['secrets', 'init', 'ann', ann.key])
  const secrets = join(project.folder, 'secrets.yaml')
  writeFileSync(
    secrets,
    `${readFileSync(secrets, 'utf8')}  app/api: { command: "echo once >>calls; echo ${'x'.repeat(9)}" }\n`,
  )
  await project.run(['secrets', 'generate'])
  const calls = () =>
    filesBelow(project.folder)
      .filter((file) => file.endsWith('/calls'))
      .map((file) => readFileSync(file, 'utf8'))
  assert.is((await project.run(['validate'])).code, 0)
  assert.is((await project.run(['render', '-o', join(project.folder, 'tree')])).code, 0)
  assert.equal(calls(), [])
  assert.is((await project.run(['plan'], identity)).code, 0)
  assert.equal(calls(), ['once\n'])
  writeFileSync(secrets, readFileSync(secrets, 'utf8').replace('echo once', 'exit 3; echo once'))
  const failed = await project.run(['plan'], identity)
  assert.is(failed.code, 3)
  assert.match(failed.stderr, 'exited with 3')
})

/** What a spec may not do with secrets, and what is said. */
const mistakes: readonly (readonly [string, string, string])[] = [
  [
    'content: !secret app/db, mode',
    'content: !secret "app db", mode',
    '!secret app db is not the key of a secret',
  ],
  ['content: !secret app/db, mode', 'content: !secret [a], mode', 'is not the key of a secret'],
  ['path: /etc/whole', 'path: !secret app/db', 'path cannot be a secret, such as app/db'],
  ['mode: "0640"', 'mode: !secret app/db', 'mode cannot be a secret, such as app/db'],
  ['transport: directory', 'transport: !secret app/db', 'transport cannot be a secret, such as app/db'],
  ["command: 'printf", "user: !secret app/db, command: 'printf", 'user cannot be a secret, such as app/db'],
  [
    '{{attributes.app.apiKey}}',
    '{{upper attributes.app.apiKey}}',
    'upper: argument 1 must be text, not the secret app/api',
  ],
  ['port: 80', 'port: !secret app/db', 'port must be a whole number'],
  [
    '!secret pki/ca.certificate',
    '!secret app/db.certificate',
    'the secret app/db is of kind password, and has no certificate',
  ],
  [
    '!secret pki/ca.certificate',
    '!secret app/ssh.certificate',
    'the secret app/ssh is of kind sshKey, and has no certificate',
  ],
  ['cluster: test', 'secrets: ../elsewhere.yaml\ncluster: test', '../elsewhere.yaml is not below'],
  ['cluster: test', 'secrets: nowhere.yaml\ncluster: test', 'nowhere.yaml does not exist [not-found]\n'],
]

test('says what a spec cannot do with secrets, where it says so, and no value', async () => {
  const { run, folder } = await makeReady()
  for (const [from, to, message] of mistakes) {
    writeFileSync(join(folder, 'cluster.yaml'), spec.replace(from, to))
    const { code, stderr } = await run(['plan'], identity)
    assert.is(code, 3, to)
    assert.match(stderr, message)
    assert.match(stderr, /cluster\.yaml:\d+:\d+ error: /)
    assert.not.match(stderr, 'canary')
  }
})

const recipeMistakes: readonly (readonly [string, string, string])[] = [
  [
    'content: concat(tls, tls.certificate)',
    'content: `${tls}`',
    'the secret app/tls cannot become plain text',
  ],
  [
    'content: concat(tls, tls.certificate)',
    'content: JSON.stringify({ tls })',
    'the secret app/tls cannot become plain text',
  ],
  [
    "ctx.secret('app/db', password())",
    "ctx.secret('app db', password())",
    '"app db" cannot be the key of a secret',
  ],
  [
    "ctx.secret('app/db', password())",
    "ctx.secret('app/db', 'password')",
    'secret app/db is of no known kind',
  ],
  [
    "ctx.secret('app/db', password())",
    "ctx.secret('app/db', password({ length: 4 }))",
    'length must be a whole number of at least 8, not 4',
  ],
  [
    "ctx.secret('app/db', password())",
    "ctx.secret('app/ssh', password())",
    'the secret app/ssh is declared in two ways',
  ],
  [
    "names: [ctx.host.name + '.example.com']",
    "names: ['10.0.0.256']",
    '10.0.0.256 is neither a DNS name nor an IP address',
  ],
  ["authority: 'pki/ca'", "authority: 'pki/other'", 'there is no secret pki/other'],
  [
    "ctx.secret('app/ssh', sshKey()).public",
    "ctx.secret('app/db', password()).public",
    'the secret app/db is of kind password, and has no public half',
  ],
]

test('says what a recipe cannot do with secrets', async () => {
  const { run, folder } = await makeReady()
  for (const [index, [from, to, message]] of recipeMistakes.entries()) {
    // A module is loaded once per process.
    writeFileSync(
      join(folder, `recipe${index}.ts`),
      recipe.replace(from, () => to),
    )
    writeFileSync(join(folder, 'cluster.yaml'), spec.replace('./recipe.ts', `./recipe${index}.ts`))
    const { code, stderr } = await run(['validate'])
    assert.is(code, 3, to)
    assert.match(stderr, message)
  }
})

test.run()
