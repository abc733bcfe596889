import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
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
