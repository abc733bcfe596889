import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkArchitecture, type Sources, unusedDoors } from './check-architecture.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

function readSources(): Sources {
  const files = ['src', 'recipes'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  const typeScript = files.filter((path) => path.endsWith('.ts')).map((path) => path.replaceAll('\\', '/'))
  return new Map(typeScript.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

test('keeps layers, doors, purity and freedom from cycles', () => {
  const sources = readSources()
  assert.ok(sources.size > 100, `only ${sources.size} files were found`)
  assert.equal(checkArchitecture(sources), [])
})

test('lists no door that no other room uses', () => {
  assert.equal(unusedDoors(readSources()), [])
})

/** Each breach in a file of its own, and what the checker must say of it. */
const breaches: readonly (readonly [Record<string, string>, string])[] = [
  [
    { 'src/model/a.ts': `import type { B } from '../plan/b.ts'` },
    'src/model/a.ts: model may not import src/plan/b.ts',
  ],
  [
    { 'src/report/a.ts': `export const load = () => import('../load/b.ts')` },
    'src/report/a.ts: report may not import src/load/b.ts',
  ],
  [
    { 'recipes/etcd/recipe.ts': `import { x } from '../../src/resources/file.ts'` },
    'recipes/etcd/recipe.ts: recipes may not import src/resources/file.ts',
  ],
  [
    { 'src/report/a.ts': `import { file } from 'converge'` },
    'src/report/a.ts: report may not import src/dsl.ts',
  ],
  [
    { 'src/load/a.ts': `import './yaml/literal-text.ts'` },
    'src/load/a.ts: enters src/load/yaml by literal-text.ts, which is no door',
  ],
  [
    { 'src/load/layers/a.ts': `export * from '../yaml/place.ts'` },
    'src/load/layers/a.ts: enters src/load/yaml by place.ts, which is no door',
  ],
  [
    { 'src/load/a.ts': `import './attic/b.ts'` },
    'src/load/a.ts: enters src/load/attic, whose doors are not listed',
  ],
  [{ 'src/cli.ts': `import '../test/x.ts'` }, 'src/cli.ts: cli may not import test/x.ts'],
  [{ 'src/utils/a.ts': '' }, 'src/utils/a.ts: is in no known folder'],
  [
    { 'src/plan/a.ts': `import './b.ts'`, 'src/plan/b.ts': `export * from './a.ts'` },
    'src/plan/a.ts: imports itself: src/plan/a.ts -> src/plan/b.ts -> src/plan/a.ts',
  ],
  [
    { 'src/plan/a.ts': `import { readFileSync } from 'node:fs'` },
    'src/plan/a.ts: imports node:fs outside the impure folders',
  ],
  [
    { 'src/plan/a.ts': `import { readFile } from 'fs/promises'` },
    'src/plan/a.ts: imports fs/promises outside the impure folders',
  ],
  [
    { 'src/plan/a.ts': `const home = process.env.HOME` },
    'src/plan/a.ts: uses process outside the impure folders',
  ],
  [{ 'src/plan/a.ts': `const now = Date.now()` }, 'src/plan/a.ts: uses Date.now outside the impure folders'],
  [
    { 'src/plan/a.ts': `const now = new Date()` },
    'src/plan/a.ts: uses new Date() outside the impure folders',
  ],
  [
    { 'src/plan/a.ts': `const n = Math.random()` },
    'src/plan/a.ts: uses Math.random outside the impure folders',
  ],
  [{ 'src/plan/a.ts': `console.log(1)` }, 'src/plan/a.ts: uses console outside the impure folders'],
  [{ 'recipes/x/recipe.ts': `fetch('x')` }, 'recipes/x/recipe.ts: uses fetch outside the impure folders'],
  [
    { 'src/load/yaml/parse.ts': `import 'node:child_process'` },
    'src/load/yaml/parse.ts: imports node:child_process outside the impure folders',
  ],
]

for (const [files, expected] of breaches) {
  test(`finds: ${expected}`, () => {
    assert.equal(checkArchitecture(new Map(Object.entries(files))), [expected])
  })
}

test('accepts what the table allows, and words that only look impure', () => {
  const sources = new Map([
    ['src/engine/a.ts', `import '../plan/b.ts'\nimport 'node:net'\nconsole.log(Date.now(), process.pid)`],
    [
      'src/plan/b.ts',
      `// process.env, Date.now()\nexport const x = { process: 'console.log', at: new Date(0) }.process`,
    ],
    ['src/load/files/read-text.ts', `import 'node:fs'\nimport '../yaml/parse.ts'`],
    ['src/load/yaml/parse.ts', `import './place.ts'`],
    ['recipes/x/recipe.ts', `import { file } from 'converge'`],
  ])
  assert.equal(checkArchitecture(sources), [])
})

test.run()
