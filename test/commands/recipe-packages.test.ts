import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSpec } from '../../src/commands/spec/load-spec.ts'
import { plantRootTree } from '../../src/transports/local/root-tree.ts'
import { converge } from './recording-io.ts'
import { scratchFolder, writeFiles } from './scratch.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

interface Package {
  readonly peer?: string | undefined
  readonly files?: Readonly<Record<string, string>>
}

const haproxy = `import { defineRecipe, file, Type } from 'converge'
const attributes = Type.Object({ port: Type.Integer({ default: 80 }) })
const make = (name, path) => defineRecipe({
  name, attributes,
  resources: (ctx) => [file({ path, content: ctx.template('haproxy.cfg', { port: ctx.attributes.port }) })],
})
export const haproxy = make('haproxy', '/etc/haproxy/haproxy.cfg')
export const spare = make('spare', '/etc/haproxy/spare.cfg')
`

/** A repository with a spec in a folder of it, and a package that `npm pack` made from its sources. */
function project({ peer = '>=0.1.0', files = {} }: Package = {}): string {
  const folder = scratchFolder()
  writeFiles(folder, {
    'source/package.json': JSON.stringify({
      name: '@acme/converge-haproxy',
      version: '1.2.3',
      type: 'module',
      exports: { '.': { import: './dist/index.js' }, './tls': './dist/tls/recipe.ts' },
      ...(peer !== '' && { peerDependencies: { 'converge-hosts': peer } }),
    }),
    'source/dist/index.js': haproxy,
    'source/dist/templates/haproxy.cfg': 'bind *:{{port}}\n',
    'source/dist/tls/recipe.ts': `import { defineRecipe, file, Type } from 'converge'
export default defineRecipe({ name: 'tls' as string, attributes: Type.Object({}), resources: (ctx) => [file({ path: '/etc/tls', content: ctx.file('tls.pem') })] })
`,
    'source/dist/tls/files/tls.pem': 'pem\n',
    'repo/.git/HEAD': '',
    ...files,
  })
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', join(folder, 'source')], {
    cwd: folder,
  })
  const place = join(folder, 'repo/node_modules/@acme/converge-haproxy')
  mkdirSync(place, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, packed.toString().trim()), '-C', place, '--strip-components=1'])
  return folder
}

const spec = (recipes: string) => `cluster: c
recipes: ${recipes}
hosts: { a: { transport: memory, recipes: [haproxy, tls, spare] } }
`

const all =
  '{ haproxy: "@acme/converge-haproxy", spare: "@acme/converge-haproxy", tls: "@acme/converge-haproxy/tls" }'

test('recipes come from an npm package with their templates and files, and say so', async () => {
  const folder = project()
  const file = join(folder, 'repo/clusters/c/cluster.yaml')
  writeFiles(folder, { 'repo/clusters/c/cluster.yaml': spec(all) })
  const { catalog, cluster } = await loadSpec({ file })
  assert.equal(
    catalog.hosts[0]?.entries.map(({ resource, declaredBy }) => [
      resource.id,
      resource.desired.content,
      declaredBy,
    ]),
    [
      ['file[/etc/haproxy/haproxy.cfg]', 'bind *:80\n', 'recipe haproxy of @acme/converge-haproxy 1.2.3'],
      ['file[/etc/tls]', 'pem\n', 'recipe tls of @acme/converge-haproxy 1.2.3'],
      ['file[/etc/haproxy/spare.cfg]', 'bind *:80\n', 'recipe spare of @acme/converge-haproxy 1.2.3'],
    ],
  )
  assert.is(
    cluster.hosts[0]?.trace().settings(['attributes', 'haproxy', 'port'])[0]?.layer,
    'recipe haproxy of @acme/converge-haproxy 1.2.3 (default)',
  )
})

test('an instance of a recipe of a package says the same', async () => {
  const folder = project()
  const file = join(folder, 'repo/cluster.yaml')
  writeFiles(folder, {
    'repo/cluster.yaml': `cluster: c
recipes: { tls-2: { instanceOf: tls }, tls: "@acme/converge-haproxy/tls" }
hosts: { a: { transport: memory, recipes: [tls-2] } }
`,
  })
  const { catalog } = await loadSpec({ file })
  assert.equal(
    catalog.hosts[0]?.entries.map(({ resource, declaredBy }) => [resource.id, declaredBy]),
    [['file[/etc/tls]', 'recipe tls-2 of @acme/converge-haproxy 1.2.3']],
  )
})

test('a sealed plan names the versions of packages, and what has changed since', async () => {
  const folder = project()
  const file = join(folder, 'repo/cluster.yaml')
  writeFiles(folder, {
    'repo/cluster.yaml': `cluster: c\nrecipes: { haproxy: "@acme/converge-haproxy" }\nhosts: { a: { transport: directory, directory: ../tree, recipes: [haproxy] } }\n`,
  })
  await plantRootTree(join(folder, 'tree'))
  writeFiles(folder, { 'tree/etc/haproxy/x': '' })
  const plan = join(folder, 'plan.json')
  assert.is((await converge(['plan', '-f', file, '--out', plan])).code, 0)
  assert.equal(JSON.parse(readFileSync(plan, 'utf8')).source.packages, { '@acme/converge-haproxy': '1.2.3' })
  const manifest = join(folder, 'repo/node_modules/@acme/converge-haproxy/package.json')
  writeFiles(folder, {
    'repo/node_modules/@acme/converge-haproxy/package.json': readFileSync(manifest, 'utf8').replace(
      '1.2.3',
      '1.3.0',
    ),
    'repo/node_modules/@acme/converge-haproxy/dist/templates/haproxy.cfg': 'other\n',
  })
  const { stderr, code } = await converge(['apply', plan, '--yes'])
  assert.is(code, 3)
  assert.match(stderr, 'with @acme/converge-haproxy 1.2.3, which is 1.3.0 now; the current spec is ')
})

async function said(folder: string, recipes: string): Promise<readonly string[]> {
  writeFiles(folder, { 'repo/cluster.yaml': spec(recipes) })
  const { stderr } = await converge(['validate', '-f', join(folder, 'repo/cluster.yaml')])
  return stderr
    .replaceAll(`${folder}/`, '')
    .split('\n')
    .filter((line) => line.includes(' error: ') && !line.includes('there is no recipe'))
}

test('a package that is not installed, or not for this converge, is refused', async () => {
  const folder = project({ peer: '>=99' })
  assert.equal(
    await said(folder, '{ haproxy: "@acme/converge-haproxy", tls: converge-none, spare: "@acme/none/x" }'),
    [
      `repo/cluster.yaml:2:21 error: @acme/converge-haproxy cannot be loaded: @acme/converge-haproxy 1.2.3 is for converge-hosts >=99, and this is ${version} [invalid-recipe]`,
      'repo/cluster.yaml:2:52 error: converge-none cannot be loaded: the package converge-none is not installed in repo: npm install converge-none; a path begins with ./ or ../ [invalid-recipe]',
      'repo/cluster.yaml:2:74 error: @acme/none/x cannot be loaded: the package @acme/none is not installed in repo: npm install @acme/none; a path begins with ./ or ../ [invalid-recipe]',
    ],
  )
  const silent = project({ peer: '' })
  assert.equal(await said(silent, '{ haproxy: "@acme/converge-haproxy" }'), [
    'repo/cluster.yaml:2:21 error: @acme/converge-haproxy cannot be loaded: @acme/converge-haproxy 1.2.3 does not say for which converge-hosts it is, under peerDependencies [invalid-recipe]',
  ])
})

test('a recipe that a package does not have is refused with those that it has', async () => {
  assert.equal(await said(project(), '{ other: "@acme/converge-haproxy" }'), [
    'repo/cluster.yaml:2:19 error: @acme/converge-haproxy defines the recipes haproxy, spare, not other [invalid-recipe]',
  ])
})

test('a package outside of the repository is not found', async () => {
  const folder = project()
  writeFiles(folder, { 'node_modules/outer/package.json': '{}' })
  assert.equal(await said(folder, '{ haproxy: outer }'), [
    'repo/cluster.yaml:2:21 error: outer cannot be loaded: the package outer is not installed in repo: npm install outer; a path begins with ./ or ../ [invalid-recipe]',
  ])
})

test.run()
