import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSpec } from '../../src/commands/spec/load-spec.ts'
import { helpers } from '../../src/load/expressions/helpers.ts'
import { expandRange } from '../../src/load/hosts/expand-range.ts'
import { clusterSchema } from '../../src/load/schema/cluster-schema.ts'
import { Platform } from '../../src/model/platform.ts'
import { DeclaredRelations, specOnly } from '../../src/model/relations.ts'
import { SshSettings } from '../../src/model/targets/ssh.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { blocksOf, firstCellsOf, readDocument, sectionOf, tableOf } from './markdown.ts'
import { writePrinted } from './printed-project.ts'

const document = readDocument('docs/spec.md')
const spec = clusterSchema({ recipes: {}, kinds: {} })

/** What the document lists below a heading, and the schema that says what there is. */
const sections: readonly (readonly [heading: string, schema: unknown])[] = [
  ['### An environment', at(spec, 'properties', 'environments', 'additionalProperties')],
  ['### A role', at(spec, 'properties', 'roles', 'additionalProperties')],
  ['### A host', at(spec, 'properties', 'hosts', 'additionalProperties')],
  ['### platform', Platform],
  ['### ssh', SshSettings],
]

for (const [heading, schema] of sections) {
  test(`lists every key of the schema and no other: ${heading}`, () => {
    assert.equal(firstCellsOf(sectionOf(document, heading)), propertiesOf(schema))
  })
}

test('lists what only a spec says of a resource', () => {
  const [intro = ''] = sectionOf(document, '## Resources').split('\n### ')
  assert.equal(firstCellsOf(intro), Object.keys(specOnly))
})

test('lists every key at the top of a spec', () => {
  const [top = ''] = sectionOf(document, '## Top level').split('\n### ')
  assert.equal(firstCellsOf(top), propertiesOf(spec))
})

test('says which defaults a platform has', async () => {
  const stated = [...sectionOf(document, '### platform').matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)]
  const { cluster } = await load('cluster: c\nhosts:\n  a: { transport: memory }\n')
  for (const [, key = '', value] of stated) {
    if (key !== 'keepGenerations') assert.is(at(cluster.hosts[0]?.platform, key), value, key)
  }
  assert.match(String(at(Platform, 'properties', 'keepGenerations', 'description')), '10 by default')
})

test('lists every relation, and every key of a disruption', () => {
  const [table = '', disruption = ''] = sectionOf(document, '## Relations').split('**Disruption.**')
  assert.equal(firstCellsOf(table), propertiesOf(DeclaredRelations))
  assert.equal(firstCellsOf(disruption), propertiesOf(at(DeclaredRelations, 'properties', 'disruption')))
})

test('lists every helper of expressions, as it is written', () => {
  const rows = [...helpers.values()].map(({ usage }) => {
    const [, written = '', gives = ''] = /^(\{\{.*?\}\}): (.*)$/.exec(usage) ?? []
    return [`\`${written}\``, gives]
  })
  assert.match(sectionOf(document, '## Expressions'), tableOf(['helper', 'gives'], rows))
})

test('lists paths that expressions know', async () => {
  const [paths = ''] = sectionOf(document, '## Expressions').split('| helper |')
  const content = firstCellsOf(paths).map((path) => `{{${path}}}`)
  assert.is(content.length, 11)
  await load(`cluster: c
environment: e
environments: { e: {} }
attributes: { app: x }
data: { users: users.yaml }
hosts:
  a: { transport: memory, publicAddress: p, labels: { zone: z }, resources: [file: { path: /a, content: ${JSON.stringify(content.join(' '))} }] }
`)
})

test('expands ranges as it says', () => {
  const rows = [...sectionOf(document, '## Ranges').matchAll(/^\| `([^`]+)` \| (`.*) \|$/gm)]
  assert.is(rows.length, 4)
  for (const [, key = '', names = ''] of rows) {
    const expansion = expandRange(key)
    assert.ok(expansion.ok)
    const expanded = [...expansion.members()].map(({ name }) => `\`${name}\``)
    assert.is(expanded.join(', '), names)
  }
})

test('merges layers as it says', async () => {
  const section = sectionOf(document, '## Layers')
  const folder = writePrinted(section)
  const tree = join(folder, 'tree')
  const { code, stderr } = await converge(['render', '-f', join(folder, 'cluster.yaml'), '-o', tree])
  assert.is(code, 0, stderr)
  const [shown] = blocksOf(section).filter(({ language }) => language === 'text')
  assert.is(readFileSync(join(tree, 'web0/etc/app.json'), 'utf8'), shown?.text)
})

test('names what YAML misreads, and what to write instead', async () => {
  const rows = [...sectionOf(document, '## Where YAML misleads').matchAll(/^\| `(.*?)` \|.*\| `(.*?)` \|$/gm)]
  assert.is(rows.length, 4)
  for (const [, written = '', better = ''] of rows) {
    const [, quoted = ''] = /^\w+: (.*)$/.exec(better) ?? []
    const { stderr, code } = await validate(misleading(written))
    assert.is(code, 3, written)
    assert.match(stderr, quoted)
    assert.is((await validate(misleading(better))).code, 0, better)
  }
})

test('shows resources that a host may list', async () => {
  const [block] = blocksOf(sectionOf(document, '## Resources'))
  const lines = (block?.text ?? '').replaceAll(/^/gm, '    ').trimEnd()
  const { code, stderr } = await validate(`cluster: c\nhosts:\n  a:\n    transport: memory\n${lines}\n`)
  assert.is(code, 0, stderr)
})

/** A spec with a line at the place of its key. */
function misleading(line: string): string {
  const inside = (key: string) => (line.startsWith(`${key}: `) ? line : `${key}: "1"`)
  return `cluster: c
platform:
  ${inside('release')}
hosts:
  a:
    ${line.startsWith('address: ') ? line : 'address: a'}
    resources:
      - file:
          path: /a
          content: a
          ${line.startsWith('mode: ') ? line : 'mode: "0644"'}
      - package:
          name: a
          ${inside('version')}
`
}

async function validate(text: string) {
  return converge(['validate', '-f', writeSpec(text)])
}

async function load(text: string) {
  return loadSpec({ file: writeSpec(text) })
}

function writeSpec(text: string): string {
  const folder = scratchFolder()
  writeFiles(folder, { 'cluster.yaml': text, 'files/index.html': '<h1>hello</h1>\n', 'users.yaml': 'ada\n' })
  return join(folder, 'cluster.yaml')
}

function propertiesOf(schema: unknown): readonly string[] {
  const properties = at(schema, 'properties')
  if (typeof properties !== 'object' || properties === null) throw new Error('the schema lists no properties')
  return Object.keys(properties)
}

/** The value at a path of keys; undefined if there is none. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  )
}

test.run()
