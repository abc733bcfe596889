import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createContexts } from '../../src/compile/recipe-context.ts'
import * as dsl from '../../src/dsl.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { converge } from '../commands/recording-io.ts'
import { sampleCluster, sampleHost } from '../samples/host.ts'
import { blocksOf, firstCellsOf, outputOf, readDocument, sectionOf } from './markdown.ts'
import { embedPrinted, writePrinted } from './printed-project.ts'

const document = readDocument('docs/recipes.md')

test('prints a recipe that renders the files that it shows', async () => {
  const folder = writePrinted(document)
  const tree = join(folder, 'tree')
  const { code, stderr } = await converge(['render', '-f', join(folder, 'cluster.yaml'), '-o', tree])
  assert.is(code, 0, stderr)
  const shown = [...document.matchAll(/`tree\/(\S+)`:\n\n```text\n(.*?)^```$/gms)]
  assert.is(shown.length, 2)
  for (const [, path = '', text] of shown) assert.is(readFileSync(join(tree, path), 'utf8'), text)
})

test('prints a recipe that converges, and then rolls a change over its hosts as it shows', async () => {
  const folder = writePrinted(document)
  const embedded = await embedPrinted(folder)
  const spec = ['-f', join(folder, 'embedded.yaml')]
  const change = ['--set', 'watch-peers.everySeconds=60']
  try {
    assert.match((await converge([...spec, '--yes'])).stdout, '3 hosts: 3 changed;')
    assert.match((await converge([...spec, '--yes'])).stdout, 'Nothing to do.\n')
    const dryRun = await converge([...spec, '--dry-run', ...change])
    assert.is(outputOf(document, `converge --dry-run ${change.join(' ')}`), dryRun.stdout)
    assert.match((await converge([...spec, '--yes', ...change])).stdout, '3 hosts: 3 changed;')
  } finally {
    await embedded.close()
  }
})

test('prints a recipe that refuses a single host as it shows', async () => {
  const folder = writePrinted(document)
  const file = join(folder, 'cluster.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('node[0-2]', 'node[0-0]'))
  const { code, stderr } = await converge(['validate', '-f', file])
  assert.is(code, 3)
  assert.is(outputOf(document, 'converge validate'), stderr.replaceAll(`${folder}/`, ''))
})

test('prints a composite whose parts a host gets, by its name', async () => {
  const folder = writePrinted(sectionOf(document, '### Composites'))
  const recipes = '{ shop-jobs: ./recipes/shop-jobs/recipe.ts }'
  const hosts = '{ web0: { transport: memory, recipes: [shop-jobs] } }'
  writeFileSync(join(folder, 'cluster.yaml'), `cluster: c\nrecipes: ${recipes}\nhosts: ${hosts}\n`)
  const spec = ['-f', join(folder, 'cluster.yaml')]
  const planned = await converge([...spec, '--dry-run', '--only', 'job[orders],file[/etc/shop.env]'])
  assert.match(planned.stdout, 'write /etc/orders.conf', planned.stdout + planned.stderr)
  assert.match(planned.stdout, 'orders.timer')
  assert.not.match(planned.stdout, 'write /etc/stock.conf')
  const explained = await converge(['explain', ...spec, 'web0:job[orders]'])
  assert.is(explained.code, 0, explained.stderr)
  assert.match(explained.stdout, 'unit[orders.timer]')
})

test('lists everything that a recipe is given', () => {
  const host = sampleHost('a')
  const cluster = sampleCluster([host], 'c')
  const recipe = { name: 'r', attributes: {}, needs: [], resources: () => [] }
  const context = createContexts(cluster, {}).contextOf(
    host,
    { recipe, read: () => '' },
    { recipe: 'r', layer: 'host a' },
  )
  const listed = firstCellsOf(sectionOf(document, '## The context'))
  assert.equal(listed.map(withoutArguments).slice(1).sort(), Object.keys(context).sort())
})

test('names everything that a recipe may import', () => {
  const classes = new Set(['FormatError'])
  const named = [
    ...firstCellsOf(sectionOf(document, '## Resources')),
    ...firstCellsOf(sectionOf(document, '## Formats')),
    ...firstCellsOf(sectionOf(document, '## Secrets')),
  ].map(withoutArguments)
  for (const name of Object.keys(dsl)) {
    const isListed =
      named.includes(name) || classes.has(name) || ['Type', 'defineRecipe', 'familyOf'].includes(name)
    assert.ok(isListed && document.includes(name), `${name} is not described`)
  }
  assert.equal(
    named.filter((name) => !(name in dsl)),
    [],
  )
})

test('says truly that a misspelt directive is refused with a suggestion', () => {
  const [mistake = ''] = /`(Restrat): 'always'`/.exec(document)?.slice(1) ?? []
  try {
    dsl.renderUnit({ Service: { [mistake]: 'always' } }, 'a.service')
    assert.unreachable()
  } catch (error) {
    if (!(error instanceof dsl.FormatError)) throw error
    assert.match(error.mistakes[0]?.hint ?? '', 'Restart')
  }
})

test('says truly that a change of a unit file restarts the unit', () => {
  const service = dsl.unit({
    name: 'a.service',
    content: { Service: { ExecStart: '/bin/true' } },
    started: true,
  })
  const steps = service.steps(supposedFacts(service.probes, 'active'))
  assert.equal(steps.find(({ operation }) => operation.op === 'write')?.owes, ['restart'])
})

test('prints every block in a language that is highlighted', () => {
  const known = ['ts', 'sh', 'yaml', 'text']
  assert.equal(
    blocksOf(document).filter(({ language }) => !known.includes(language)),
    [],
  )
})

/** `hosts(filter?)` without what it takes. */
function withoutArguments(cell: string): string {
  return cell.replace(/\(.*$/, '')
}

test.run()
