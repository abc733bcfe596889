import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'

const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false']

const recipe = (
  name: string,
  content: string,
  code = '',
): string => `import { defineRecipe, file, Type } from 'converge'
${code}
export default defineRecipe({ name: '${name}', attributes: Type.Object({}), resources: () => [file({ path: '/etc/${name}', content: ${content} })] })
`

const spec = `cluster: test
recipes: { hello: ./recipes/hello.ts }
hosts:
  web0: { transport: memory, recipes: [hello] }
`

/** A repository whose branch main is trusted, checked out with the change of a stranger. */
function repository(change: Readonly<Record<string, string>>) {
  const folder = scratchFolder()
  const git = (...argv: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...author, ...argv], { encoding: 'utf8' })
  git('init', '--quiet', '--initial-branch=main')
  writeFiles(folder, {
    'infra/cluster.yaml': spec,
    'infra/recipes/hello.ts': recipe('hello', 'text', "import { text } from '../lib/text.ts'"),
    'infra/lib/text.ts': "export const text = 'trusted\\n'\n",
  })
  git('add', '.')
  git('commit', '--quiet', '-m', 'trusted')
  git('checkout', '--quiet', '-b', 'change')
  writeFiles(folder, change)
  const mark = join(folder, 'MARK')
  const file = ['-f', join(folder, 'infra/cluster.yaml')]
  const out = join(scratchFolder(), 'out')
  return {
    folder,
    mark,
    git,
    rendered: (path: string) => readFileSync(join(out, path), 'utf8'),
    validate: (...more: readonly string[]) => converge(['validate', ...file, ...more]),
    render: (...more: readonly string[]) => converge(['render', '--portable', ...file, '-o', out, ...more]),
  }
}

const touching = (mark: string): string =>
  `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\n`
const everywhere = '/proc/self/cwd/MARK-OF-A-STRANGER'

test('a changed recipe does not run: that of the trusted revision does, with what it imports', async () => {
  const { folder, mark, validate, render, rendered } = repository({})
  writeFiles(folder, {
    'infra/recipes/hello.ts': recipe('hello', "'hostile'", touching(mark)),
    'infra/lib/text.ts': `${touching(mark)}export const text = 'hostile'\n`,
  })
  assert.is((await validate('--trust-only', 'main')).code, 0)
  assert.is((await render('--trust-only', 'main')).code, 0)
  assert.is(rendered('web0/etc/hello'), 'trusted\n')
  assert.not.ok(existsSync(mark))
  await validate()
  assert.ok(existsSync(mark), 'recipes are code otherwise')
})

for (const [what, change, said] of [
  [
    'a new recipe',
    {
      'infra/cluster.yaml': spec.replace('hello.ts', 'new.ts'),
      'infra/recipes/new.ts': recipe('hello', "''", touching(everywhere)),
    },
    /cluster\.yaml:2:\d+ error: \.\/recipes\/new\.ts cannot be loaded: main does not have it, and nothing else is trusted/,
  ],
  [
    'a recipe in the place of a built-in one',
    {
      'infra/cluster.yaml': spec.replace('hello: ./recipes/hello.ts', 'etcd: ./recipes/etcd.ts'),
      'infra/recipes/etcd.ts': recipe('etcd', "''", touching(everywhere)),
    },
    /error: \.\/recipes\/etcd\.ts cannot be loaded: main does not have it/,
  ],
  [
    'a recipe outside of the repository',
    {
      'infra/cluster.yaml': spec.replace(
        './recipes/hello.ts',
        '../../../../../../../../../../../proc/self/cwd/x.ts',
      ),
    },
    /main does not have it/,
  ],
] as const) {
  test(`${what} of a stranger is refused at its line, and does not run`, async () => {
    const { validate, render } = repository(change)
    for (const { code, stderr } of [
      await validate('--trust-only', 'main'),
      await render('--trust-only', 'main'),
    ]) {
      assert.is(code, 3)
      assert.match(stderr, said)
    }
    assert.not.ok(existsSync(everywhere))
  })
}

const hostile = (mark: string): string => recipe('hello', "'hostile'", touching(mark))

for (const [what, name, said] of [
  ['a tag in the place of a branch', 'main', /git has more than one main here/],
  ['a branch in the place of a remote one', 'origin/main', /git has more than one origin\/main here/],
] as const) {
  test(`${what} is not trusted`, async () => {
    const { folder, mark, git, validate } = repository({})
    writeFiles(folder, { 'infra/recipes/hello.ts': hostile(mark) })
    git('commit', '--quiet', '--all', '-m', 'change')
    git('update-ref', 'refs/remotes/origin/main', 'main')
    git(name === 'main' ? 'tag' : 'branch', name)
    const { code, stderr } = await validate('--trust-only', name)
    assert.is(code, 3)
    assert.match(stderr, said)
    assert.match(stderr, 'write it in full, such as refs/remotes/origin/main')
    assert.is((await validate('--trust-only', 'refs/remotes/origin/main')).code, 0)
    assert.not.ok(existsSync(mark))
  })
}

test('objects that replace others are not trusted', async () => {
  const { folder, mark, git, validate, render, rendered } = repository({})
  writeFiles(folder, { 'infra/recipes/hello.ts': hostile(mark) })
  git('commit', '--quiet', '--all', '-m', 'change')
  for (const object of ['', ':infra/recipes/hello.ts']) git('replace', `main${object}`, `change${object}`)
  assert.is((await validate('--trust-only', 'main')).code, 0)
  assert.is((await render('--trust-only', 'main')).code, 0)
  assert.is(rendered('web0/etc/hello'), 'trusted\n')
  assert.not.ok(existsSync(mark))
})

test('a submodule in the place of a folder is not the repository that is trusted', async () => {
  const { mark, git, validate } = repository({})
  const other = repository({})
  other.git('checkout', '--quiet', 'main')
  writeFiles(other.folder, { 'cluster.yaml': spec, 'recipes/hello.ts': hostile(mark) })
  other.git('add', '.')
  other.git('commit', '--quiet', '-m', 'hostile')
  git('rm', '-r', '--quiet', 'infra')
  git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other.folder, 'infra')
  for (const revision of ['main', 'origin/main']) {
    const { code, stderr } = await validate('--trust-only', revision)
    assert.is(code, 3)
    assert.match(stderr, /infra is a repository in another one/)
    assert.match(stderr, 'name the commit by its full id')
  }
  assert.not.ok(existsSync(mark))
  const commit = repository({}).git('rev-parse', 'main').trim()
  assert.is((await validate('--trust-only', commit)).code, 3)
})

test('a working tree in the repository itself is trusted as the repository is', async () => {
  const { folder, git } = repository({})
  git('worktree', 'add', '--quiet', '--detach', join(folder, 'trees/change'), 'change')
  const file = join(folder, 'trees/change/infra/cluster.yaml')
  const { code, stderr } = await converge(['validate', '-f', file, '--trust-only', 'main'])
  assert.is(code, 0, stderr)
})

test('only what a spec of the trusted revision names as a recipe is imported, not what else lies there', async () => {
  const { folder, mark, git, validate } = repository({})
  git('checkout', '--quiet', 'main')
  writeFiles(folder, {
    'tools/release.cjs': `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`,
    'infra/lib/other.ts': recipe('other', "''"),
    'other.yml': 'cluster: other\nrecipes:\n  other: infra/lib/other.ts\n',
  })
  git('add', '.')
  git('commit', '--quiet', '-m', 'tools')
  git('checkout', '--quiet', '-b', 'change2')
  writeFiles(folder, { 'infra/cluster.yaml': spec.replace('./recipes/hello.ts', '../tools/release.cjs') })
  const { code, stderr } = await validate('--trust-only', 'main')
  assert.is(code, 3)
  assert.match(stderr, '../tools/release.cjs cannot be loaded: no spec of main has it under recipes')
  assert.not.ok(existsSync(mark))
  writeFiles(folder, { 'infra/cluster.yaml': spec.replaceAll('hello', 'other').replace('recipes/', 'lib/') })
  assert.is((await validate('--trust-only', 'main')).code, 0)
})

test('a trusted recipe imports no packages, and nothing that lies above its repository', async () => {
  const { folder, mark, git, validate } = repository({})
  const planted = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`
  const [name, beside] = ['planted-by-others', join(folder, '..', 'planted-beside.cjs')]
  writeFiles(folder, {
    [`node_modules/${name}/index.js`]: planted,
    [`infra/node_modules/${name}/index.js`]: planted,
    [`../node_modules/${name}/index.js`]: planted,
    '../planted-beside.cjs': planted,
  })
  writeFiles(tmpdir(), { [`node_modules/${name}/index.js`]: planted })
  for (const [wanted, said] of [
    [name, `the package ${name} cannot be imported, because nothing says that it can be trusted`],
    ['../../../planted-beside.cjs', /Cannot find module/],
  ] as const) {
    git('checkout', '--quiet', 'main')
    writeFiles(folder, { 'infra/recipes/hello.ts': recipe('hello', "''", `import '${wanted}'`) })
    git('commit', '--quiet', '--all', '-m', 'imports')
    const { code, stderr } = await validate('--trust-only', 'main')
    assert.is(code, 3)
    assert.match(stderr, said)
    assert.not.ok(existsSync(mark))
  }
  rmSync(beside)
  for (const at of [join(folder, '..'), tmpdir()])
    rmSync(join(at, 'node_modules', name), { recursive: true, force: true })
})

test('a partial clone asks its remote for nothing', async () => {
  const { folder, git } = repository({})
  git('config', 'uploadpack.allowFilter', 'true')
  const clone = join(scratchFolder(), 'clone')
  const mark = `${clone}-asked`
  git('clone', '--quiet', '--no-checkout', '--filter=blob:none', `file://${folder}`, clone)
  git('-C', clone, 'config', 'remote.origin.uploadpack', `touch ${mark}; git-upload-pack`)
  writeFiles(clone, { 'infra/cluster.yaml': spec })
  const file = join(clone, 'infra/cluster.yaml')
  const { code, stderr } = await converge(['validate', '-f', file, '--trust-only', 'origin/change'])
  assert.is(code, 3)
  assert.match(stderr, 'git has not all files of origin/change here')
  assert.not.ok(existsSync(mark))
})

test('a spec that is a link shows nothing of other files, and one without an end is refused', async () => {
  const { folder, git, validate } = repository({})
  git('config', 'remote.origin.url', 'https://x:hunter2@example.com/')
  writeFiles(folder, { '../elsewhere': 'password hunter2\n' })
  const path = join(folder, 'infra/cluster.yaml')
  for (const target of ['../.git/config', '/proc/self/environ', '/dev/zero', '../../elsewhere']) {
    rmSync(path)
    symlinkSync(target, path)
    const { code, stderr } = await validate('--trust-only', 'none')
    assert.is(code, 3)
    assert.match(stderr, `cluster.yaml is a link out of the repository ${folder}`)
    assert.not.match(stderr, 'hunter2')
  }
  rmSync(path)
  mkdirSync(join(folder, 'shared'))
  writeFiles(folder, { 'shared/cluster.yaml': spec.replace('./recipes', '../infra/recipes') })
  symlinkSync('../shared/cluster.yaml', path)
  assert.is((await validate()).code, 0)
  const endless = await converge(['validate', '-f', '/dev/zero'])
  assert.match(endless.stderr, '/dev/zero does not end; the limit for a spec is 8 MiB')
  rmSync(join(folder, '../elsewhere'))
})

test('with --trust-only none only built-in recipes run', async () => {
  const { validate, mark, folder } = repository({})
  writeFiles(folder, { 'infra/recipes/hello.ts': recipe('hello', "'x'", touching(mark)) })
  const { code, stderr } = await validate('--trust-only', 'none')
  assert.is(code, 3)
  assert.match(stderr, 'with --trust-only none only built-in recipes run')
  assert.not.ok(existsSync(mark))
})

test('data of a stranger runs nothing, and reads nothing of git or of anything outside', async () => {
  const { folder, mark, git, validate, render } = repository({})
  const touch = `touch ${mark}; id >${mark}`
  git('config', 'credential.helper', 'store')
  writeFiles(folder, {
    // What git would run: a folder that looks like a repository, attributes with filters, hooks.
    'infra/HEAD': 'ref: refs/heads/main',
    'infra/objects/.keep': '',
    'infra/refs/heads/.keep': '',
    'infra/config': `[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = "${touch}; false"\nhooksPath = hooks\n[filter "x"]\nsmudge = ${touch}\n`,
    'infra/hooks/post-checkout': `#!/bin/sh\n${touch}\n`,
    '.gitattributes': '* filter=x diff=x\n',
    'infra/package.json': '{ "type": "module", "main": "evil.js" }',
    'infra/tsconfig.json': '{ "extends": "./evil.js" }',
    'infra/node_modules/converge/index.js': `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`,
    'infra/cluster.yaml': `cluster: test
recipes: { hello: ./recipes/hello.ts }
ssh: { proxyJump: "a@127.0.0.1:1", knownHostsFile: ./known, hostKeyChecking: accept-new, identityFile: ./key }
hosts:
  web0:
    transport: directory
    directory: /
    recipes: [hello]
    resources:
      - file: { path: /etc/a, content: "{{host.name}}", validate: '${touch}; {}', onlyIf: '${touch}' }
      - command: { name: a, command: '${touch}', unless: '${touch}' }
      - unit: { name: a.service, content: { Service: { ExecStart: /bin/true } }, started: true, disruption: { group: g, maxUnavailable: 1, healthyTimeoutSeconds: 1, healthy: '${touch}' } }
  web1: { transport: memory, resources: [{ command: { name: a, command: '${touch}', onlyIf: '${touch}' } }] }
  web2: { address: 127.0.0.1, resources: [{ archive: { url: "http://127.0.0.1:1/x", sha256: "${'0'.repeat(64)}", path: /opt/x } }] }
`,
  })
  for (const { code, stderr } of [
    await validate('--trust-only', 'main'),
    await render('--trust-only', 'main'),
  ])
    assert.is(code, 0, stderr)
  assert.not.ok(existsSync(mark))
  assert.not.ok(existsSync(join(folder, 'infra/known')))
  symlinkSync('../.git', join(folder, 'infra/link'))
  writeFiles(folder, {
    'cluster.yaml': `cluster: test\nhosts:\n  a: { transport: memory, resources: [{ file: { path: /a, source: .git/config } }, { file: { path: /b, template: infra/link/config } }] }\n`,
  })
  const { code, stderr } = await converge([
    'validate',
    '-f',
    join(folder, 'cluster.yaml'),
    '--trust-only',
    'main',
  ])
  assert.is(code, 3)
  assert.match(stderr, ".git/config is git's own")
  assert.match(stderr, "infra/link/config is git's own")
  assert.not.match(stderr, 'credential')
})

test('recipes are in the repository of the spec, also through links, unless another folder is named', async () => {
  const outside = scratchFolder()
  const mark = join(outside, 'mark')
  writeFiles(outside, { 'hello.ts': recipe('hello', "''", touching(mark)) })
  const { folder, validate } = repository({})
  symlinkSync(join(outside, 'hello.ts'), join(folder, 'infra/linked.ts'))
  for (const path of [join(outside, 'hello.ts'), './linked.ts', './linked']) {
    writeFiles(folder, { 'infra/cluster.yaml': spec.replace('./recipes/hello.ts', path) })
    const { code, stderr } = await validate()
    assert.is(code, 3)
    assert.match(stderr, `cannot be loaded: it is not below ${folder}; --recipes-below names another folder`)
    assert.not.ok(existsSync(mark))
  }
  writeFiles(folder, { 'infra/cluster.yaml': spec.replace('./recipes/hello.ts', join(outside, 'hello.ts')) })
  assert.is((await validate('--recipes-below', outside)).code, 0)
  assert.ok(existsSync(mark))
})

test('what reaches hosts takes no --trust-only, and an unknown revision is named', async () => {
  const { validate, folder } = repository({})
  for (const command of ['plan', 'apply', 'status', 'drift', 'exec', 'rollback']) {
    const { code, stderr } = await converge([
      command,
      '-f',
      join(folder, 'infra/cluster.yaml'),
      '--trust-only',
      'main',
    ])
    assert.is(code, 3)
    assert.match(stderr, "unknown option '--trust-only'")
  }
  for (const revision of ['nope', '--help', '-x', 'main:infra'])
    assert.is((await validate(`--trust-only=${revision}`)).code, 3, revision)
})

test.run()
