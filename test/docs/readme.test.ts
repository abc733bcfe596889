import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSpec } from '../../src/commands/spec/load-spec.ts'
import { demoSpec } from '../../src/commands/starter/demo-spec.ts'
import { type EmbeddedHost, startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { readHelp } from './help.ts'
import { blocksOf, outputOf, outputsOf, readDocument, sectionOf, tableOf } from './markdown.ts'
import { embedPrinted, writePrinted } from './printed-project.ts'

const readme = readDocument('README.md')
const specSection = sectionOf(readme, '## The spec by example')
const recipeSection = sectionOf(readme, '## Write a recipe in ten minutes')

test('shows the dry run that the demo spec gives when the spec and a host have changed', async () => {
  const directory = scratchFolder()
  const embedded = await startEmbeddedHosts({ names: ['web0', 'web1', 'web2'], directory })
  const file = join(directory, 'cluster.yaml')
  try {
    writeFileSync(file, demoSpec(embedded, 'Hello from converge'))
    assert.is((await converge(['-f', file, '--yes'])).code, 0)
    writeFileSync(file, demoSpec(embedded, 'Good morning'))
    appendFileSync(join(directory, 'web1/etc/app.conf'), 'debug = true\n')
    const { stdout } = await converge(['-f', file, '--dry-run'])
    const [introduction = ''] = readme.split('\n## ')
    assert.is(outputOf(introduction, 'converge --dry-run'), stdout)
  } finally {
    await embedded.close()
  }
})

test('names scripts that there are', () => {
  const { scripts } = JSON.parse(readDocument('package.json'))
  const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name = '']) => name)
  const unknown = named.filter(
    (name) => !['install', 'link', 'unlink', 'config'].includes(name) && !(name in scripts),
  )
  assert.ok(named.includes('start') && named.includes('test'))
  assert.equal(unknown, [])
})

test('creates a project that works without changes', async () => {
  const folder = join(scratchFolder(), 'my-cluster')
  assert.match(sectionOf(readme, '## Quick start'), 'converge init my-cluster && cd my-cluster')
  assert.is((await converge(['init', folder])).code, 0)
  const { code, stdout } = await converge(['-f', join(folder, 'cluster.yaml'), '--dry-run'])
  assert.is(code, 0, stdout)
  assert.match(stdout, '2 hosts: 2 to change')
})

test('prints a spec that is valid, with the addresses that the text names', async () => {
  const folder = writePrinted(specSection)
  const [valid, wrong] = outputsOf(specSection, 'converge validate')
  assert.equal(await validated(folder), { code: 0, text: valid })
  const { cluster } = await loadSpec({ file: join(folder, 'cluster.yaml') })
  const addresses = new Map(cluster.hosts.map(({ name, address }) => [name, address]))
  assert.is(addresses.get('infra1'), '192.168.33.11')
  assert.ok(addresses.has('web01') && addresses.has('web02'))
  edit(folder, 'release: "12"', 'release: 12')
  edit(folder, 'recipes: [etcd]', 'recipes: [etdc]')
  assert.equal(await validated(folder), { code: 3, text: wrong })
})

test('lists every command of the help, and every exit code', async () => {
  const { commands, exitCodes } = await readHelp()
  const section = sectionOf(readme, '## Commands')
  const rows = (entries: typeof commands, prefix: string) =>
    entries.map(([term, description]) => [`\`${prefix}${term}\``, description])
  assert.match(section, tableOf(['command', 'what it does'], rows(commands, 'converge ')))
  assert.match(section, tableOf(['exit code', 'meaning'], rows(exitCodes, '')))
})

test('prints a recipe that validates and renders as it says, and refuses the mistake that it shows', async () => {
  const folder = writePrinted(recipeSection)
  const [valid, wrong] = outputsOf(recipeSection, 'converge validate')
  assert.equal(await validated(folder), { code: 0, text: valid })

  const tree = join(folder, 'tree')
  const rendered = await converge(['render', '-f', join(folder, 'cluster.yaml'), '-o', tree])
  assert.is(outputOf(recipeSection, 'converge render -o tree'), rendered.stdout.replaceAll(`${folder}/`, ''))
  const [path = ''] = /(?<=`tree\/)db\/\S+(?=` then is:)/.exec(recipeSection) ?? []
  const content = readFileSync(join(tree, path), 'utf8')
  assert.ok(blocksOf(recipeSection).some(({ language, text }) => language === 'text' && text === content))

  edit(folder, 'maxUse: 4G', 'maxUse: 4000')
  assert.equal(await validated(folder), { code: 3, text: wrong })
})

test('prints a recipe that converges embedded hosts as it says', async () => {
  const folder = writePrinted(recipeSection)
  const embedded = await embedPrinted(folder)
  const spec = ['-f', join(folder, 'embedded.yaml')]
  try {
    embedded.hosts.forEach(plantJournald)
    const dryRun = await converge([...spec, '--dry-run'])
    assert.is(outputOf(recipeSection, 'converge --dry-run'), dryRun.stdout)
    assert.match(
      (await converge([...spec, '--yes'])).stdout,
      '3 hosts: 3 changed; 9 changes applied, 3 restarts;',
    )
    assert.match((await converge([...spec, '--yes'])).stdout, 'Nothing to do.\n')
    const changed = await converge([...spec, '--dry-run', '--set', 'journald.keepDays=7'])
    assert.match(changed.stdout, '3 hosts: 3 to change; 6 changes, 3 restarts\n')
  } finally {
    await embedded.close()
  }
})

test('has the place where the figures of the benchmark go', () => {
  assert.match(sectionOf(readme, '## Speed'), /^<!-- bench -->\n(.*\n)*<!-- \/bench -->$/m)
})

/** What every host with systemd has: its journal runs. */
function plantJournald({ root }: EmbeddedHost): void {
  const unit = 'systemd-journald.service'
  mkdirSync(join(root, 'run/embedded-systemd'), { recursive: true })
  writeFiles(root, {
    [`usr/lib/systemd/system/${unit}`]: '[Service]\nExecStart=/usr/lib/systemd/systemd-journald\n',
    [`run/embedded-systemd/${unit}.active`]: 'active\n',
  })
}

/** `converge validate` in a folder: its exit code and what it prints, paths as seen from there. */
async function validated(folder: string): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await converge(['validate', '-f', join(folder, 'cluster.yaml')])
  return { code, text: `${stdout}${stderr}`.replaceAll(`${folder}/`, '') }
}

function edit(folder: string, from: string, to: string): void {
  const file = join(folder, 'cluster.yaml')
  const text = readFileSync(file, 'utf8')
  if (!text.includes(from)) throw new Error(`the printed spec has no ${from}`)
  writeFileSync(file, text.replace(from, to))
}

test.run()
