import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { applyPatch } from 'diff'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { plantRootTree } from '../../src/transports/local/root-tree.ts'
import { assertValid } from '../report/assert-valid.ts'
import { converge, type Outcome, type Surroundings } from './recording-io.ts'
import { scratchFolder, writeFiles } from './scratch.ts'

type Files = Readonly<Record<string, string>>

const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false']

/** A repository with a commit of each of these files, of which the first is tagged `one`, the second `two`. */
function repository(...commits: readonly Files[]) {
  const folder = scratchFolder()
  const git = (...argv: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...author, ...argv], { encoding: 'utf8', stdio: 'pipe' })
  git('init', '--quiet', '--initial-branch=main')
  const commit = (files: Files, tag: string) => {
    writeFiles(folder, files)
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '-m', tag)
    git('tag', tag)
  }
  const file = ['-f', join(folder, 'cluster.yaml')]
  for (const [index, files] of commits.entries()) commit(files, ['one', 'two', 'three'][index] ?? '')
  return {
    folder,
    git,
    commit,
    file,
    diff: (argv: readonly string[], surroundings?: Surroundings) =>
      converge(['diff', ...file, ...argv], surroundings),
  }
}

const web = (hosts: string, resources: string): string => `cluster: demo
roles:
  web:
    resources:
${resources}hosts:
  "${hosts}": { transport: memory, roles: [web] }
`
const motd = (text: string): string =>
  `      - file: { path: /etc/motd, content: "${text} {{host.name}}\\n" }\n`
const simple = [
  { 'cluster.yaml': web('web[0-2]', motd('hello')) },
  { 'cluster.yaml': web('web[1-3]', motd('hallo')) },
]

/** The folders that hold revisions while a diff runs. */
process.env.XDG_CACHE_HOME = scratchFolder()
const leftOver = () => {
  const cache = join(process.env.XDG_CACHE_HOME ?? '', 'converge/recipes')
  const found = existsSync(cache) ? readdirSync(cache) : []
  return found.filter((name) => name.startsWith('converge-revision-'))
}

test('tells what a dry run will say, hosts with the same hunk together, new and removed hosts', async () => {
  const { diff, git, folder } = repository(...simple)
  const before = leftOver()
  const [index, status] = [readFileSync(join(folder, '.git/index')), git('status', '--porcelain')]
  const { stdout, stderr, code } = await diff(['one..two', '--exit-code'])
  assert.is(stderr, '')
  const id = (tag: string) => git('rev-parse', tag).slice(0, 12)
  assert.is(
    stdout,
    `from one (${id('one')}) to two (${id('two')}): web3 is new, web0 is removed

web[1-2]
  write /etc/motd (0644 root:root, 11 bytes)
    file[/etc/motd]: content will change (spec changed)
    @@ -1 +1 @@ <host> is the name of each
    -hello <host>
    +hallo <host>

web3
  write /etc/motd (0644 root:root, 11 bytes)
    file[/etc/motd]: will be created
    @@ -0,0 +1 @@
    +hallo web3
  note: new in the spec

web0 was removed from the spec of demo and is no longer managed. Run \`converge retire web0\` to clean it up.

3 hosts: 3 to change; 3 changes
`,
  )
  assert.is(code, 2)
  assert.equal(leftOver(), before)
  assert.equal(readFileSync(join(folder, '.git/index')), index)
  assert.is(git('status', '--porcelain'), status)
  assert.is((await diff(['two..two', '--exit-code'])).code, 0)
})

test('compares with the working tree, and from where two branches part', async () => {
  const { diff, git, folder, commit } = repository(...simple)
  const working = await diff(['two', '--stat'])
  assert.match(working.stdout, /^from two \(\w+\) to the working tree\n\n3 hosts: 3 unchanged\n$/)
  writeFiles(folder, { 'cluster.yaml': web('web[1-3]', motd('howdy')) })
  assert.match((await diff(['two'])).stdout, '+howdy <host>')
  git('checkout', '--quiet', '.')
  git('checkout', '--quiet', '-b', 'topic', 'one')
  commit({ 'cluster.yaml': web('web[0-2]', motd('hey')) }, 'three')
  const { stdout } = await diff(['two...topic'])
  assert.match(stdout, '-hello <host>')
  assert.match(stdout, '+hey <host>')
  assert.not.match(stdout, 'hallo')
  assert.match((await diff(['two..topic'])).stdout, '-hallo <host>')
  assert.is((await diff(['two..'])).stdout, (await diff(['two..HEAD'])).stdout)
})

const rich = (version: number) => ({
  'templates/app.hbs': `version ${version}\n{{#each ports}}port {{this}}\n{{/each}}`,
  'data.bin': version === 1 ? 'text\n' : 'other text\n',
  'recipes/app.ts': `import { defineRecipe, file, Type } from 'converge'
import { lines } from '../lib/lines.ts'
export default defineRecipe({ name: 'app', attributes: Type.Object({}), resources: () => [file({ path: '/etc/app', content: lines })] })
`,
  'lib/lines.ts': `export const lines = 'one\\n${version === 1 ? 'two' : 'zwei'}\\nthree'\n`,
  'cluster.yaml': `cluster: demo
recipes: { app: ./recipes/app.ts }
roles:
  web:
    recipes: [app]
    resources:
      - file: { path: /etc/templated, template: templates/app.hbs, variables: { ports: [1, ${version}] } }
      - file: { path: /etc/source, source: data.bin }
      - file: { path: /etc/bytes, contentBase64: "${Buffer.from([0, 255, version]).toString('base64')}" }
      - file: { path: /etc/same, content: "same" }
      - file: { path: /etc/key, content: hunter${version}, sensitive: true }
      - file: { path: /etc/${version === 1 ? 'old' : 'new'}, content: "x\\n" }
      - file: { path: /etc/once, content: "once ${version}\\n", until: /srv/data }
      - file: { path: /etc/maybe, content: "maybe ${version}\\n", onlyIf: "test -e /x" }
      - link: { path: /etc/link, target: /to/${version} }
      - ${version === 1 ? 'file: { path: /etc/kind, content: "a file\\n" }' : 'link: { path: /etc/kind, target: elsewhere }'}
      - unit:
          name: app.service
          content: { Service: { ExecStart: "/bin/app ${version}" }, Install: { WantedBy: multi-user.target } }
          dropIns: { ${version === 1 ? 'a' : 'b'}: { Service: { Nice: 1 } } }
          enabled: true
          started: true
hosts:
  "web[0-1]": { transport: directory, directory: "hosts/{{host.name}}", roles: [web] }
`,
})

/** The files and links of a rendered tree. */
function treeOf(folder: string): ReadonlyMap<string, string> {
  const found = execFileSync('find', [
    folder,
    '-type',
    'f',
    '-printf',
    '%P\\n',
    '-o',
    '-type',
    'l',
    '-printf',
    '%P -> %l\\n',
  ])
  return new Map(
    found
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('.'))
      .map((line) => {
        const [path = '', target] = line.split(' -> ')
        return [path, target ?? readFileSync(join(folder, path), 'latin1')]
      }),
  )
}

test('is the difference of the rendered trees, byte for byte, and what a dry run says of converged hosts', async () => {
  const { diff } = repository(rich(1), rich(2))
  const out = join(scratchFolder(), 'out')
  for (const version of [1, 2]) {
    const folder = scratchFolder()
    writeFiles(folder, rich(version))
    const file = join(folder, 'cluster.yaml')
    const rendered = await converge(['render', '-f', file, '-o', join(out, String(version)), '--reveal'])
    assert.is(rendered.code, 0)
  }
  const printed = await diff(['one..two', '--json'])
  assert.is(printed.code, 0, printed.stderr)
  const document = JSON.parse(printed.stdout)
  assertValid('diff', document)
  const trees = ['1', '2'].map((name) => treeOf(join(out, name)))
  const [before, after] = trees
  assert.ok(before && after)
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  const differing = paths.filter((path) => before.get(path) !== after.get(path)).toSorted()
  const told = new Set<string>()
  for (const { host, changes } of document.hosts) {
    for (const { operation, diff: shown } of changes) {
      if (operation.path === undefined || operation.op === 'mkdir' || operation.path.endsWith('.d')) continue
      const path = host + operation.path
      told.add(path)
      if (shown?.unified === undefined || operation.op !== 'write') continue
      assert.is(applyPatch(before.get(path) ?? '', shown.unified), after.get(path), path)
    }
  }
  assert.equal([...told].toSorted(), differing)
  assert.ok(differing.includes('web1/etc/systemd/system/app.service.d/b.conf'))
})

test('shows nothing that is sensitive, on either side', async () => {
  const canary = (one: string, marks: string) =>
    web('web0', `      - file: { path: /etc/a, content: "${one}-canary\\n"${marks} }\n`)
  const { diff } = repository(
    { 'cluster.yaml': canary('first', ', sensitive: true') },
    { 'cluster.yaml': canary('second', '') },
  )
  const ways = [[], ['--json'], ['--format', 'markdown']]
  for (const range of ['one..two', 'two..one'])
    for (const way of ways) {
      const { stdout, stderr } = await diff([range, ...way])
      assert.match(stdout, '/etc/a')
      assert.not.match(stdout + stderr, range === 'one..two' ? 'first-canary' : /canary\W*$/m)
      if (range === 'one..two') continue
      assert.not.match(stdout + stderr, 'first-canary')
    }
})

test('says what the dry run says of hosts that were converged', async () => {
  const withoutUnit = (version: number): Files => {
    const { 'cluster.yaml': text, ...rest } = rich(version)
    return { ...rest, 'cluster.yaml': text.replaceAll(/ {6}- unit:[\s\S]*?(?=hosts:)/g, '') }
  }
  const { diff } = repository(withoutUnit(1), withoutUnit(2))
  const [first, second] = [scratchFolder(), scratchFolder()]
  for (const host of ['web0', 'web1']) await plantRootTree(join(first, 'hosts', host))
  for (const [folder, version] of [
    [first, 1],
    [second, 2],
  ] as const)
    writeFiles(folder, withoutUnit(version))
  const applied = await converge(['-f', join(first, 'cluster.yaml'), '--yes'])
  assert.is(applied.code, 0, applied.stderr)
  // In another folder, because this process remembers the modules of the first one.
  renameSync(join(first, 'hosts'), join(second, 'hosts'))
  const planned = await converge(['plan', '-f', join(second, 'cluster.yaml'), '--json', '--allow-local'])
  const told = await diff(['one..two', '--json'])
  // On these hosts a guard does not hold, and trees that are not booted decide at once what is no longer needed.
  const lines = ({ stdout }: Outcome): readonly string[] =>
    JSON.parse(stdout)
      .hosts.flatMap(({ host, changes }: { readonly host: string; readonly changes: readonly object[] }) =>
        changes.map((change) => ({ host, ...change })),
      )
      .filter(({ resource }: { readonly resource: string }) => !/maybe|once/.test(resource))
      .map((change: object) => JSON.stringify(change))
  assert.ok(lines(told).length > 10)
  assert.equal(lines(told), lines(planned))
})

test('names what only the host decides, and leaves out what it would decide anyway', async () => {
  const command = (text: string) =>
    web(
      'web0',
      `      - command: { name: a, command: "a ${text}", unless: "test -e /a" }\n      - command: { name: b, command: b, creates: /b }\n`,
    )
  const { diff } = repository({ 'cluster.yaml': command('1') }, { 'cluster.yaml': command('2') })
  const { stdout } = await diff(['one..two'])
  assert.match(stdout, 'run `a 2`')
  assert.match(stdout, 'decided on host: unless `test -e /a`')
  assert.match(stdout, '1 host: 1 to change; 1 change\n')
})

test('tells what is wrong on a side at its place there, and on both sides', async () => {
  const wrong = web('web0', motd('x')).replace('roles: [web]', 'roles: [wbe]')
  const { diff, folder } = repository({ 'cluster.yaml': wrong }, simple[1] ?? {})
  const { code, stderr } = await diff(['one..two'])
  assert.is(code, 3)
  assert.match(stderr, /^one:cluster\.yaml:\d+:\d+ error: .*wbe.*\n +\d+ \| .*wbe.*\n/)
  writeFiles(folder, { 'cluster.yaml': web('web0', '      - file: { path: /a, source: gone }\n') })
  const both = await diff(['one', '--json'])
  const messages = JSON.parse(both.stdout).diagnostics.map(
    ({ position }: { position: { file: string } }) => position.file,
  )
  assert.equal(new Set(messages), new Set(['one:cluster.yaml', join(folder, 'cluster.yaml')]))
  assert.not.match(both.stdout + stderr, 'converge-revision')
  const environment = await diff(['two..two', '-e', 'nope'])
  assert.match(environment.stderr, 'two')
  assert.is(environment.code, 3)
})

test('refuses what is no revision, and says how to get one', async () => {
  const { diff, folder, git } = repository(...simple)
  const refused = async (argv: readonly string[], said: RegExp | string) => {
    const { code, stderr } = await diff(argv)
    assert.is(code, 3, argv.join(' '))
    assert.match(stderr, said)
  }
  await refused(['--', '-x'], '"-x" is not a revision')
  await refused(['--', 'one..--output=x'], '"--output=x" is not a revision')
  await refused(['one..nope'], 'git has no revision nope here')
  await refused(['one:lib'], 'git has no revision one:lib here')
  await refused(['one', '--json', '--format', 'markdown'], "option '--format' cannot be used")
  await refused(['one..two', '--limit', 'db0'], 'db0')
  git('checkout', '--quiet', '--orphan', 'other')
  git('commit', '--quiet', '-m', 'other')
  await refused(['one...other'], 'one and other have no commit in common')
  git('checkout', '--quiet', 'main')
  const clone = join(scratchFolder(), 'clone')
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${folder}`, clone])
  const shallow = await converge(['diff', '-f', join(clone, 'cluster.yaml'), 'HEAD~1'])
  assert.match(shallow.stderr, 'the clone is shallow: fetch it')
  const outside = scratchFolder()
  writeFiles(outside, simple[0] ?? {})
  assert.match(
    (await converge(['diff', '-f', join(outside, 'cluster.yaml'), 'HEAD'])).stderr,
    'is in no git repository',
  )
})

test('takes a spec that one side does not have for all hosts new or removed, and follows one that was renamed', async () => {
  const { diff, git, folder, commit } = repository({ 'README.md': '' }, simple[0] ?? {})
  const added = await diff(['one..two'])
  assert.match(
    added.stdout,
    /from one \(\w+, without the spec\) to two \(\w+, spec cluster\.yaml\): web\[0-2\] are new\n/,
  )
  const removed = await diff(['two..one', '--exit-code', '--json'])
  assert.is(removed.code, 2)
  const { departed, hosts, to } = JSON.parse(removed.stdout)
  assert.equal([departed, hosts, to.spec], [['web0', 'web1', 'web2'], [], undefined])
  assert.match(
    (await converge(['diff', '-f', join(folder, 'nope.yaml'), 'one..two'])).stderr,
    'neither one nor two has nope.yaml',
  )
  mkdirSync(join(folder, 'infra'))
  git('mv', 'cluster.yaml', 'infra/site.yaml')
  commit({}, 'three')
  for (const [range, spec] of [
    ['two..three', 'infra/site.yaml'],
    ['two..three', 'cluster.yaml'],
    ['two', 'infra/site.yaml'],
  ] as const) {
    const { stdout } = await converge(['diff', '-f', join(folder, spec), range])
    assert.match(stdout, /spec cluster\.yaml\) to .*spec infra\/site\.yaml\)\n\n3 hosts: 3 unchanged\n/)
  }
})

test('selects hosts of either side, and sets what is set on both', async () => {
  const { diff } = repository(...simple)
  const limited = await diff(['one..two', '--limit', 'web0,web1'])
  assert.match(limited.stdout, '1 host: 1 to change')
  assert.match(limited.stdout, 'web0 is removed')
  assert.not.match(limited.stdout, 'web3')
  const only = await diff(['one..two', '--limit', 'web3', '--json'])
  assert.equal(JSON.parse(only.stdout).departed, [])
})

test('a host that is called otherwise keeps what it has; a cluster that is called otherwise must be adopted', async () => {
  const named = (cluster: string, host: string) =>
    web('web0', motd('x'))
      .replace('cluster: demo', `cluster: ${cluster}`)
      .replace('"web0": { transport: memory,', `${host}: { address: 10.0.0.1,`)
      .replace('{{host.name}}', '')
  const { diff } = repository({ 'cluster.yaml': named('demo', 'a') }, { 'cluster.yaml': named('site', 'b') })
  const { stdout, stderr } = await diff(['one..two'])
  assert.match(stdout, 'note: this machine was a until now, and keeps what it has')
  assert.not.match(stdout, 'write')
  assert.match(stderr, 'the cluster is called demo in one, and site now')
})

test('reads links, runs no filter or hook, and says what is not there', async () => {
  const { diff, folder, git, commit } = repository(simple[0] ?? {})
  const mark = join(folder, '.git/MARK')
  git('config', 'filter.x.smudge', `touch ${mark}; cat`)
  git('config', 'core.hooksPath', '.')
  const pointer = (id: string) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${id.repeat(64)}\nsize 5\n`
  const spec = (text: string) =>
    web(
      'web0',
      `${motd(text)}      - file: { path: /a, source: linked }\n      - file: { path: /b, source: large }\n`,
    )
  symlinkSync('real', join(folder, 'linked'))
  commit(
    {
      '.gitattributes': 'real filter=x\n',
      'post-checkout': `#!/bin/sh\ntouch ${mark}\n`,
      real: 'text\n',
      large: pointer('a'),
      'cluster.yaml': spec('one'),
    },
    'two',
  )
  commit({ large: pointer('b'), real: 'other\n', 'cluster.yaml': spec('two') }, 'three')
  unlinkSync(join(folder, 'linked'))
  const { stdout, stderr, code } = await diff(['two..three'])
  assert.is(code, 0, stderr)
  assert.match(stdout, '-text\n    +other')
  assert.match(stderr, 'two:large is a pointer here: Git LFS has not fetched its content')
  assert.not.ok(existsSync(mark))
  writeFiles(folder, {
    [`.git/lfs/objects/aa/aa/${'a'.repeat(64)}`]: 'five\n',
    [`.git/lfs/objects/bb/bb/${'b'.repeat(64)}`]: 'five\n',
  })
  const fetched = await diff(['two..three'])
  assert.is(fetched.stderr, '')
  assert.not.match(fetched.stdout, '/b')
})

test('with --trust-only no recipe of either side runs', async () => {
  const mark = join(scratchFolder(), 'mark')
  const hostile = `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\n${rich(2)['recipes/app.ts']}`
  const { diff } = repository(rich(1), { ...rich(2), 'recipes/app.ts': hostile }, { 'lib/lines.ts': hostile })
  for (const range of ['one..two', 'two..three', 'one...three', 'two']) {
    const { stdout, code, stderr } = await diff([range, '--trust-only', 'one', '--format', 'markdown'])
    assert.is(code, 0, stderr)
    assert.match(stdout, /^### converge diff: 2 hosts: /)
    assert.not.match(stdout, 'zwei')
  }
  assert.not.ok(existsSync(mark))
  await diff(['one..two'])
  assert.ok(existsSync(mark), 'recipes are code otherwise')
})

test('recipes import the installed packages if the lock file has the same versions', async () => {
  const locked = (version: string) =>
    JSON.stringify({
      packages: {
        'node_modules/words': { version, dependencies: { more: '1' } },
        'node_modules/more': { version: '1.0.0' },
      },
    })
  const recipe = rich(1)['recipes/app.ts'].replace('../lib/lines.ts', 'words')
  const { diff, folder } = repository(
    {
      ...rich(1),
      'recipes/app.ts': recipe,
      'package-lock.json': locked('1.0.0'),
      '.gitignore': 'node_modules/\n',
    },
    { ...rich(2), 'recipes/app.ts': recipe },
    { 'package-lock.json': locked('2.0.0') },
  )
  writeFiles(folder, {
    'node_modules/words/package.json': '{ "version": "1.0.0", "main": "index.js" }',
    'node_modules/words/index.js': "exports.lines = require('more')",
    'node_modules/more/package.json': '{ "version": "1.0.0" }',
    'node_modules/more/index.js': "module.exports = 'more\\n'",
  })
  const same = await diff(['one..two'])
  assert.is(same.code, 0, same.stderr)
  const { stderr, code } = await diff(['two..three'])
  assert.is(code, 3)
  assert.match(
    stderr,
    /^three:cluster\.yaml:\d+:\d+ error: \.\/recipes\/app\.ts cannot be loaded: Cannot find module 'words'/,
  )
  assert.match(
    stderr,
    'three: its lock file has words 2.0.0, and 1.0.0 is installed; install the packages of that revision',
  )
  writeFiles(folder, { 'node_modules/more/package.json': '{ "version": "1.0.1" }' })
  assert.match((await diff(['one..two'])).stderr, 'its lock file has more 1.0.0, and 1.0.1 is installed')
})

test('leaves nothing behind when it is stopped', async () => {
  const { diff } = repository(...simple)
  const before = leftOver()
  const { code, stderr } = await diff(['one..two'], { onStoppable: (press) => press() })
  assert.is(code, 130)
  assert.is(stderr, 'Interrupted.\n')
  assert.equal(leftOver(), before)
})

test('what is around a secret is compared, and a secret that was set anew is named; none is opened', async () => {
  const identity = join(scratchFolder(), 'identity')
  const spec = (user: string) =>
    web(
      'web0',
      `      - file: { path: /etc/db, content: !secret db/line, mode: "0600" }
      - file: { path: /etc/app, template: app.hbs, variables: { user: ${user}, password: !secret db/pw } }
`,
    )
  const template = 'user={{user}}\npassword={{password}}\n'
  const { folder, file, diff, commit } = repository({ 'cluster.yaml': spec('ann'), 'app.hbs': template })
  const set = (key: string, input: string) => converge(['secrets', 'set', key, ...file], { input })
  assert.is((await converge(['secrets', 'init', 'ann', ...file, '--new-identity', identity])).code, 0)
  assert.is((await set('db/pw', 'canary-1')).code, 0)
  assert.is((await set('db/line', 'canary-2')).code, 0)
  commit({}, 'two')
  writeFiles(folder, { 'cluster.yaml': spec('bob') })
  assert.is((await set('db/pw', 'canary-3')).code, 0)
  for (const env of [{}, { CONVERGE_IDENTITY: readFileSync(identity, 'utf8') }]) {
    const { stdout, stderr, code } = await diff(['two', '--exit-code'], { env })
    assert.is(code, 2, stderr)
    assert.match(stdout, ' to the working tree: set or encrypted anew: db/pw\n')
    assert.match(stdout, '-user=ann\n    +user=bob\n     password=«secret db/pw»\n')
    assert.not.match(stdout, '/etc/db ')
    assert.not.match(stdout + stderr, 'canary')
  }
  const { stdout } = await diff(['two', '--json'])
  assertValid('diff', JSON.parse(stdout))
  assert.equal(JSON.parse(stdout).secrets, ['db/pw'])
})

test.run()
