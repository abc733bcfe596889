import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { scratchFolder, writeFiles } from './scratch.ts'

const folder = scratchFolder()
const recipe = join(folder, 'recipes/my-app')
const accepted = join(recipe, 'test/two-hosts')

/** Runs a command line in the folder of a project. */
async function inFolder(argv: readonly string[], at = folder) {
  const before = process.cwd()
  process.chdir(at)
  try {
    return await converge(['recipe', ...argv])
  } finally {
    process.chdir(before)
  }
}

function edit(file: string, from: string, to: string): () => void {
  const text = readFileSync(file, 'utf8')
  assert.match(text, from)
  writeFileSync(file, text.replace(from, to))
  return () => writeFileSync(file, text)
}

/** A copy of the project with another recipe: a process imports a module only once. */
function withRecipe(from: string, to: string): string {
  const copy = scratchFolder()
  cpSync(folder, copy, { recursive: true })
  edit(join(copy, 'recipes/my-app/recipe.ts'), from, to)
  return copy
}

test('new writes a recipe whose tests pass at once, and says what to add to the spec', async () => {
  const { code, stdout, stderr } = await inFolder(['new', 'my-app'])
  assert.is(code, 0, stderr)
  assert.match(stdout, '  recipes:\n    my-app: ./recipes/my-app/recipe.ts\n')
  assert.equal(readdirSync(recipe).sort(), ['README.md', 'recipe.ts', 'templates', 'test'])
  assert.equal(readdirSync(folder), ['recipes'])
  const tested = await inFolder(['test', 'my-app'])
  assert.is(tested.stdout, 'my-app/same-ports passed\nmy-app/two-hosts passed\n\n2 cases: 2 passed\n')
  assert.is(tested.code, 0)
  assert.is((await inFolder(['docs', '--check'])).code, 0)
})

test('new refuses a folder that exists, and names that are none', async () => {
  const taken = await inFolder(['new', 'my-app'])
  assert.is(taken.code, 3)
  assert.match(taken.stderr, 'recipes/my-app exists')
  for (const name of ['../evil', 'My', 'a/b', '', '9', 'a'.repeat(40)]) {
    const { code, stderr } = await inFolder(['new', '--', name])
    assert.is(code, 3, name)
    assert.match(stderr, `"${name}" is not a name for a recipe`)
  }
  assert.equal(readdirSync(join(folder, 'recipes')), ['my-app'])
})

test('what differs is shown and fails, in text and as JSON; --update accepts it', async () => {
  const undo = edit(join(recipe, 'templates/my-app.conf'), 'port = ', 'listen = ')
  appendFileSync(join(recipe, 'README.md'), 'x')
  const shown = await inFolder(['test', recipe])
  assert.is(shown.code, 1)
  assert.match(shown.stdout, 'my-app/two-hosts failed\n')
  assert.match(shown.stdout, '  expected/node0/etc/my-app/my-app.conf differs\n')
  assert.match(shown.stdout, '    -port = 9000\n    +listen = 9000\n')
  assert.match(shown.stdout, '2 cases: 1 passed, 1 failed\n')

  const { code, stdout } = await inFolder(['test', '--json'])
  assert.is(code, 1)
  const document = JSON.parse(stdout)
  assertValid('recipe-test', document)
  assert.equal(document.summary, { passed: 1, updated: 0, failed: 1 })

  const updated = await inFolder(['test', '--update'])
  assert.is(updated.code, 0)
  assert.match(updated.stdout, '  expected/node0/etc/my-app/my-app.conf was changed\n')
  assert.match(readFileSync(join(accepted, 'expected/node1/etc/my-app/my-app.conf'), 'utf8'), 'listen = 9000')
  undo()
  assert.is((await inFolder(['test', '--update'])).code, 0)
})

test('files that are expected or made in addition fail, and so does what only the plan shows', async () => {
  writeFiles(accepted, { 'expected/node0/etc/left': 'x\n' })
  const copy = withRecipe('path: `/etc/${ctx.instance}` })', "path: `/etc/${ctx.instance}`, mode: '0700' })")
  const { code, stdout } = await inFolder(['test'], copy)
  assert.is(code, 1)
  assert.match(stdout, '  expected/node0/etc/left is missing\n')
  assert.match(stdout, '    -create directory /etc/my-app (0755 root:root) on node[0-1]\n')
  rmSync(join(accepted, 'expected/node1/etc'), { recursive: true })
  assert.match((await inFolder(['test'])).stdout, 'expected/node1/etc/my-app/my-app.conf is not expected\n')
  assert.is((await inFolder(['test', '--update'])).code, 0)
  assert.not.ok(existsSync(join(accepted, 'expected/node0/etc/left')))
})

test('neither --update nor a run makes a refused case of an accepted one', async () => {
  const back = [
    edit(join(recipe, 'test/same-ports/cluster.yaml'), '8081', '8082'),
    edit(join(accepted, 'cluster.yaml'), 'port: 9000', 'prot: 9000'),
  ]
  const { code, stdout } = await inFolder(['test', '--update'])
  assert.is(code, 1)
  assert.match(stdout, '  it is accepted, and refused.txt expects that it is refused\n')
  assert.match(stdout, '  it is refused:\n')
  assert.match(stdout, 'did you mean port?')
  for (const undo of back) undo()
  assert.is((await inFolder(['test'])).code, 0)
})

test('a case that expects nothing yet fails until --update', async () => {
  const text = readFileSync(join(accepted, 'cluster.yaml'), 'utf8')
  writeFiles(recipe, { 'test/new/cluster.yaml': text.replace('port: 9000', 'port: 70000') })
  assert.match(
    (await inFolder(['test'])).stdout,
    'my-app/new failed\n  it has neither expected/ nor refused.txt',
  )
  assert.is((await inFolder(['test', '--update'])).code, 0)
  assert.match(readFileSync(join(recipe, 'test/new/refused.txt'), 'utf8'), 'must be a port from 1 to 65535')
  rmSync(join(recipe, 'test/new'), { recursive: true })
})

test('no command of a recipe runs here, and what a machine is needed for is named', async () => {
  const proof = join(folder, 'ran')
  const copy = withRecipe(
    'return [folder, configuration]',
    `return [folder, configuration, pkg({ name: 'nginx' }), command({ name: 'c', command: 'touch ${proof}', creates: '${proof}' })]`,
  )
  edit(join(copy, 'recipes/my-app/recipe.ts'), 'defineRecipe, ', 'command, defineRecipe, pkg, ')
  const { stdout } = await inFolder(['test', '-v'], copy)
  assert.match(stdout, 'converges on 2 embedded hosts, without package[nginx], command[c]\n')
  assert.not.ok(existsSync(proof))
})

test('what was there before may be there again when all leaves the spec', async () => {
  const copy = withRecipe(
    'return [folder, configuration]',
    `return [folder, configuration, file({ path: '/etc/os-release', absent: true })]`,
  )
  const { code, stdout } = await inFolder(['test', '--update'], copy)
  assert.is(code, 0, stdout)
})

test('--from upgrades hosts that are as a revision leaves them, and says what changes', async () => {
  const git = (...argv: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...argv])
  git('init', '--quiet')
  git('add', '--all')
  git('-c', 'commit.gpgsign=false', 'commit', '--quiet', '-m', 'one')
  const undo = edit(join(recipe, 'templates/my-app.conf'), 'port = ', 'listen = ')
  await inFolder(['test', '--update'])
  const { code, stdout } = await inFolder(['test', '--from', 'HEAD'])
  assert.is(code, 0)
  assert.match(stdout, 'my-app/two-hosts passed\n  upgraded from HEAD\n  converges on 2 embedded hosts\n')
  assert.match(stdout, 'file[/etc/my-app/my-app.conf]: content will change (spec changed)')
  assert.match(stdout, '  2 hosts: 2 to change; 2 changes\n')
  const nowhere = await inFolder(['test', '--from', 'nowhere'])
  assert.is(nowhere.code, 3)
  assert.match(nowhere.stderr, 'git has no revision nowhere here')
  undo()
  await inFolder(['test', '--update'])
})

test('docs writes between the marks, --check fails if that is out of date, and a README.md without marks is refused', async () => {
  const copy = withRecipe("'my-app listens on it', 8080", "'users connect | to it', 8090")
  const readme = join(copy, 'recipes/my-app/README.md')
  const text = readFileSync(readme, 'utf8')
  const checked = await inFolder(['docs', '--check'], copy)
  assert.is(checked.code, 1)
  assert.is(checked.stdout, 'recipes/my-app/README.md is out of date: run `converge recipe docs`\n')
  assert.is(readFileSync(readme, 'utf8'), text)
  assert.is((await inFolder(['docs', 'my-app'], copy)).stdout, 'wrote recipes/my-app/README.md\n')
  assert.match(
    readFileSync(readme, 'utf8'),
    '| `port` | integer | `8090` | a port from 1 to 65535; users connect \\| to it |\n',
  )
  writeFileSync(readme, '# my-app\n')
  const { code, stderr } = await inFolder(['docs'], copy)
  assert.is(code, 3)
  assert.match(stderr, 'README.md does not have <!-- recipe my-app --> and <!-- /recipe my-app --> once each')
  rmSync(readme)
  assert.is((await inFolder(['docs'], copy)).code, 0)
  assert.match(readFileSync(readme, 'utf8'), '# my-app\n\n## Attributes\n\n<!-- recipe my-app -->\n')
})

test('a package of several recipes has their tests beside them, found from its own folder', async () => {
  const pack = scratchFolder()
  const module = (name: string) =>
    `import { defineRecipe, file, Type } from 'converge'\nexport default defineRecipe({ name: '${name}', attributes: Type.Object({}), resources: () => [file({ path: '/etc/${name}', content: 'x' })] })\n`
  const spec = (name: string) =>
    `cluster: t\nrecipes: { ${name}: ../../recipe.mts }\nhosts: { a: { address: 192.0.2.1, recipes: [${name}] } }\n`
  for (const name of ['one', 'two'])
    writeFiles(join(pack, name), { 'recipe.mts': module(name), 'test/plain/cluster.yaml': spec(name) })
  mkdirSync(join(pack, 'node_modules'))
  assert.match((await inFolder(['test', '--update'], pack)).stdout, '2 cases: 0 passed, 2 updated\n')
  assert.match((await inFolder(['test', 'two'], pack)).stdout, 'two/plain passed\n\n1 case: 1 passed\n')
  assert.match((await inFolder(['test'], join(pack, 'one'))).stdout, 'one/plain passed\n')
  assert.match((await inFolder(['docs', 'one'], pack)).stdout, 'wrote one/README.md\n')
})

test('no recipe and no test are mistakes', async () => {
  const empty = scratchFolder()
  const none = await inFolder(['test'], empty)
  assert.is(none.code, 3)
  assert.match(none.stderr, `there is no recipe in ${join(empty, 'recipes')}`)
  const wrong = await inFolder(['test', 'my-ap'])
  assert.is(wrong.code, 3)
  assert.match(wrong.stderr, 'there is no recipe my-ap here')
  assert.match(wrong.stderr, 'did you mean my-app?')
  rmSync(join(recipe, 'test'), { recursive: true })
  const untested = await inFolder(['test', 'my-app'])
  assert.is(untested.code, 3)
  assert.match(untested.stderr, 'the recipe my-app has no test')
})

test.run()
