import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { figure } from '../figure.ts'
import { builtVariable, programArguments } from '../programs.ts'

const recipe = `import { defineRecipe, file, Type } from 'converge'
import { word } from '../lib/word.ts'
export default defineRecipe({ name: 'hello', attributes: Type.Object({}), resources: (ctx) => [file({ path: '/etc/hello', content: word + ctx.template('a.hbs', { word }) + ctx.file('a') })] })
`

/** Every key of a spec that names a file, a host, a program or a command, with a canary in each. */
const spec = (mark: string, port: number): string => `cluster: test
recipes: { hello: ./recipes/hello.ts }
environment: prod
environments: { prod: { attributes: { place: "{{cluster.name}}" } } }
attributes: { url: "http://127.0.0.1:${port}/{{host.name}}", run: "$(touch ${mark})" }
ssh: { via: openssh, user: deploy, port: ${port}, proxyJump: "joe@127.0.0.1:${port}", knownHostsFile: ./known, hostKeyChecking: accept-new, identityFile: ~/.ssh/id_rsa, sudo: always, sudoPasswordGroup: dmz, connectTimeoutSeconds: 1 }
platform: { stateDir: /etc, stagingDir: /root }
include: [more/*.yaml]
data: { d: data.yaml }
inventory: inventory.json
roles:
  all:
    roles: [more]
    recipes: [hello]
    resources:
      - file: { path: /etc/a, source: files/a, owner: root, validate: 'touch ${mark} {}', onlyIf: 'touch ${mark}' }
      - file: { path: /etc/large, source: files/large }
      - file: { path: /etc/t, template: files/t.hbs, variables: { run: "{{attributes.run}}", url: "{{attributes.url}}" }, sensitive: true }
      - file: { path: /etc/b, contentBase64: "AAAA", inPlace: true, unless: 'touch ${mark}' }
      - directory: { path: /srv/a }
      - link: { path: /etc/l, target: ${mark} }
      - user: { name: app, shell: /bin/sh }
      - group: { name: apps }
      - package: { name: curl }
      - archive: { url: "{{attributes.url}}", sha256: "${'0'.repeat(64)}", path: /opt/x }
      - command: { name: a, command: 'touch ${mark}', unless: 'touch ${mark}', environment: { A: '$(touch ${mark})' }, cwd: /srv, user: root }
      - unit: { name: a.service, content: { Service: { ExecStart: '/usr/bin/touch ${mark}' } }, started: true, disruption: { group: g, maxUnavailable: 1, healthyTimeoutSeconds: 1, healthy: 'touch ${mark}' } }
hosts:
  "web[0-1]": { address: "{{host.name}}.example.com", roles: [all] }
  tree: { transport: directory, directory: /, roles: [all] }
  memory: { transport: memory, roles: [all], labels: { run: "{{host.name}}" } }
`

/** Files from which git, Node, npm, jiti or an editor would take a program or a setting. */
const traps = (mark: string): Readonly<Record<string, string>> => {
  const script = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`
  return {
    '.gitattributes': '* filter=x diff=x merge=x text export-ignore\n',
    '.gitmodules': `[submodule "s"]\npath = s\nurl = ext::touch ${mark}\n`,
    '.npmrc': 'node-options=--require ./evil.cjs\n',
    'infra/HEAD': 'ref: refs/heads/main',
    'infra/objects/.keep': '',
    'infra/refs/heads/.keep': '',
    'infra/config': `[core]\nbare = false\nworktree = .\nfsmonitor = "touch ${mark}"\n`,
    'infra/package.json': '{ "type": "module", "main": "evil.cjs", "imports": { "#x": "./evil.cjs" } }',
    'infra/tsconfig.json':
      '{ "extends": "./evil.cjs", "compilerOptions": { "paths": { "converge": ["./evil.cjs"] } } }',
    'infra/jiti.config.js': script,
    'infra/babel.config.js': script,
    'infra/.ssh/config': `Host *\nProxyCommand touch ${mark}\n`,
    ...Object.fromEntries(
      ['.', 'infra', 'infra/recipes'].flatMap((folder) => [
        [join(folder, 'evil.cjs'), script],
        ...['converge', 'jiti', 'yaml'].map((name) => [
          join(folder, 'node_modules', name, 'index.js'),
          script,
        ]),
      ]),
    ),
  }
}

const home = scratchFolder()
writeFiles(home, { '.gitconfig': '', '.ssh/config': `Match exec "touch ${home}/matched"\nUser x\n` })
const work = scratchFolder()
const repository = join(work, 'repository')
const mark = join(work, 'MARK')
const at = (path: string): string => join(repository, path)

writeFiles(repository, {
  ...traps(mark),
  'infra/recipes/hello.ts': recipe,
  'infra/more/role.yaml':
    'roles: { more: { resources: [file: { forEach: "{{data.d}}", when: "{{eq key 0}}", path: "/m/{{key}}", content: !secret s }] } }\n',
  'infra/data.yaml': `- "{{attributes.run}} $(touch ${mark})"\n- b\n`,
  'infra/inventory.json':
    '{ "tree": { "address": "127.0.0.1" }, "memory": { "publicAddress": "127.0.0.1" } }\n',
  'infra/secrets.yaml': `salt: "${'0'.repeat(32)}"\nrecipients:\n  a: age1f8enguyu6njmv4tw5wllkszprkx4g9qs25ygu7ff2x965py4ad9qm43fgu\nsecrets:\n  s: { kind: opaque, command: "touch ${mark}" }\n`,
  'infra/recipes/templates/a.hbs': '{{word}}\n',
  'infra/recipes/files/a': 'a\n',
  'infra/lib/word.ts': "export const word = 'hello'\n",
  'infra/files/a': 'a\n',
  'infra/files/t.hbs': '{{run}} {{url}} {{#if run}}{{upper run}}{{/if}}\n',
  'infra/files/large': 'x'.repeat(2 * 1024 * 1024),
})
symlinkSync('../files/a', at('infra/recipes/link'))
const git = (...argv: readonly string[]) =>
  execFileSync(
    'git',
    [
      '-C',
      repository,
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@example.com',
      '-c',
      'commit.gpgsign=false',
      ...argv,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )

/** Nobody listens there. */
const port = 1
writeFiles(repository, { 'infra/cluster.yaml': spec(mark, port) })
git('init', '--quiet', '--initial-branch=main')
git('add', '--force', '.')
git('commit', '--quiet', '-m', 'all')

type Act = readonly [kind: string, what: string | readonly string[]]

interface Ran {
  readonly code: number | null
  readonly stderr: string
  readonly acts: readonly Act[]
}

function recorded(argv: readonly string[]): Ran {
  const record = join(work, 'record')
  writeFileSync(record, '')
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--require', resolve('test/hostile/recorder.cjs'), ...programArguments('src/cli.ts'), ...argv],
    {
      cwd: at('infra'),
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: work, CONVERGE_RECORD: record },
    },
  )
  const lines = readFileSync(record, 'utf8').split('\n')
  return { code: status, stderr, acts: lines.filter(Boolean).map((line) => JSON.parse(line)) }
}

/** converge itself, as these tests build it and as it is installed. */
const own = [process.env[builtVariable] ?? '', resolve('.')].flatMap((path) => [path, realpathSync(path)])
const cache = join(home, '.cache/converge')
const out = join(work, 'out')

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(folder + sep))
}

function above(path: string): readonly string[] {
  return path === dirname(path) ? [] : [dirname(path), ...above(dirname(path))]
}

/** The repository but what is git's, its programs' and Node's: what only the traps of above would open. */
function isOfSpec(path: string): boolean {
  return (
    isBelow(
      path,
      ['cluster.yaml', 'files', 'recipes', 'lib', 'more', 'data.yaml', 'inventory.json', 'secrets.yaml'].map(
        (name) => at(join('infra', name)),
      ),
    ) &&
    !path.includes('node_modules') &&
    !path.includes('evil')
  )
}

/** All that a command may do. Looking is whether something is there: for `.git`, and who can change a folder. */
function isAllowed([kind, what]: Act, git: readonly (readonly string[])[]): boolean {
  if (kind === 'run')
    return git.some((words) => words.every((word) => what.includes(word)) && what[0] === 'git')
  if (typeof what !== 'string') return false
  if (kind === 'open') return isBelow(what, [...own, cache, out]) || isOfSpec(what)
  if (kind !== 'look') return false
  const folders = [repository, cache, out, ...own]
  const around = folders.flatMap((folder) => [folder, ...above(folder)])
  return (
    isBelow(what, folders) ||
    around.includes(what) ||
    around.map((folder) => join(folder, '.git')).includes(what)
  )
}

const asked = [['rev-parse', '--verify'], ['ls-tree'], ['cat-file', '--batch']]
const commands: Readonly<Record<string, { readonly argv: readonly string[]; readonly git?: typeof asked }>> =
  {
    validate: { argv: ['validate'] },
    render: { argv: ['render', '-o', out] },
    schema: { argv: ['schema', '-f', at('infra/cluster.yaml')] },
    explain: { argv: ['explain', 'web0:/etc/t'] },
    diff: { argv: ['diff', 'main'], git: [['rev-parse', '--verify'], ...asked] },
  }
// Each of the two specs of a diff takes its recipes from there.
const trusting = Object.entries(commands).flatMap(([name, { argv, git = [] }]) => [
  [
    `${name} --trust-only main`,
    { argv: [...argv, '--trust-only', 'main'], git: [...git, ...asked, ...(name === 'diff' ? asked : [])] },
  ] as const,
])

let acts = 0
for (const [name, { argv, git = [] }] of [...Object.entries(commands), ...trusting]) {
  test(`${name} starts, reaches and opens nothing but what it must`, () => {
    const ran = recorded(argv)
    assert.is(ran.code, 0, ran.stderr)
    assert.equal(
      ran.acts.filter((act) => !isAllowed(act, git)),
      [],
    )
    assert.is(ran.acts.filter(([kind]) => kind === 'run').length, git.length, 'processes')
    assert.ok(ran.acts.some(([kind, what]) => kind === 'open' && what === at('infra/cluster.yaml')))
    assert.not.ok(existsSync(mark))
    acts += ran.acts.length
  })
}

test('the recorder sees whatever a recipe does', () => {
  const code = `
import { exec, execFile, execSync, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { createReadStream, mkdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { connect } from 'node:net'
import '../evil.cjs'
const ignore = () => {}
spawn('true')
execFile('true')
exec('true')
spawnSync('true')
execSync('true')
connect(${port}, '127.0.0.1').on('error', ignore)
get('http://127.0.0.1:${port}').on('error', ignore)
createSocket('udp4').close()
lookup('localhost')
readFileSync('/etc/passwd')
readFile('/etc/hostname')
createReadStream('/etc/group').on('error', ignore)
mkdirSync('${work}/made', { recursive: true })
`
  writeFiles(repository, { 'infra/recipes/hello.ts': code + recipe })
  const { acts: all } = recorded(['validate'])
  const seen = all.filter((act) => !isAllowed(act, []))
  const ofKind = (kind: string) => seen.filter(([own]) => own === kind).map(([, what]) => what)
  assert.ok(ofKind('run').length >= 5, JSON.stringify(seen))
  for (const word of ['connect', 'udp', 'lookup']) assert.match(JSON.stringify(ofKind('reach')), word)
  for (const path of ['/etc/passwd', '/etc/hostname', '/etc/group', join(work, 'made'), at('infra/evil.cjs')])
    assert.ok(ofKind('open').includes(path), path)
})

test.after(() => {
  assert.not.ok(existsSync(join(home, 'matched')), 'ssh_config was asked')
  figure('acts of validate, render, schema, explain and diff on this machine that were held to a list', acts)
})

test.run()
