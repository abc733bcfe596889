import { chmodSync, existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { catalogOf, loadSpec } from '../../src/commands/spec/load-spec.ts'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import type { CatalogEntry, HostCatalog } from '../../src/model/resource.ts'
import { planPortable } from '../../src/plan/host/plan-portable.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { pagePath, printedKinds } from './kind-pages.ts'
import { blocksOf, readDocument, sectionOf } from './markdown.ts'

const kinds = Object.entries(resourceKinds)
const pages = new Map(kinds.map(([kind]) => [kind, readDocument(pagePath(kind))]))
const folder = scratchFolder()
writeFiles(folder, {
  'files/index.html': '<h1>hello</h1>\n',
  'files/internal-ca.pem': '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n',
})
const platform = 'cluster: pages\nplatform: { os: debian, release: "12" }\n'

for (const { path, text, generated } of printedKinds())
  test(`has its table as npm run docs writes it: ${path}`, () => assert.is(text, generated))

for (const [kind] of kinds) {
  const page = pages.get(kind) ?? ''

  test(`says what ${kind} is, what its removal does, and when not to use it`, () => {
    assert.match(page, new RegExp(`^# ${kind}\n\n\\S[^\n]*\\.\n\n<!-- properties -->\n`))
    for (const heading of ['## Removal', '## When not to use it'])
      assert.ok(sectionOf(page, heading).trim().length > 40, heading)
    assert.match(sectionOf(page, '## Removal'), hasAbsent(kind) ? '`absent' : 'There is no `absent`')
    assert.match(sectionOf(page, '## When not to use it'), /^\n+- /)
  })

  test(`has an example of ${kind} that makes what it names`, async () => {
    const { entries } = await compiled(kind)
    assert.ok(entries.some((entry) => isOf(kind, entry)))
    const made = entries.flatMap(madeBy)
    const [, words = ''] = sectionOf(page, '## Example').split(/^```\n/m)
    const named = [...words.matchAll(/`([^`\s]+)`/g)]
      .map(([, word = '']) => word)
      .filter((word) => word.startsWith('/') || /\.(service|timer|mount|swap)$/.test(word))
    assert.equal(
      named.filter((word) => !made.includes(word)),
      [],
      made.join(' '),
    )
    if (kind !== 'group') assert.ok(named.length > 0)
  })

  test(`a portable program carries all of the example of ${kind}`, async () => {
    const catalog = await compiled(kind)
    const carried = new Set(planPortable(catalog, []).changes.map(({ resource }) => resource))
    const left = catalog.entries.filter(({ resource }) => !carried.has(resource.id) && !resource.dormant)
    assert.equal(
      left.map(({ resource }) => resource.id),
      [],
    )
  })
}

test('what composites make is there after one run, gone when it is absent, and gone when it leaves the spec', async () => {
  const all = await Promise.all(
    kinds.map(async ([kind]) => ({ kind, entries: (await compiled(kind)).entries })),
  )
  const composites = all.filter(({ entries }) => entries.some(({ partOf }) => partOf !== undefined))
  const searchPath = join(folder, 'bin')
  writeFiles(searchPath, { visudo: '#!/bin/sh\nexit 0\n', nft: '#!/bin/sh\nexit 0\n' })
  for (const name of ['visudo', 'nft']) chmodSync(join(searchPath, name), 0o755)
  const directory = join(folder, 'embedded')
  const embedded = await startEmbeddedHosts({ names: ['web0'], directory, searchPath: [searchPath] })
  try {
    const [{ root = '', address = '', port = 0 } = {}] = embedded.hosts
    const { identityFile, knownHostsFile } = embedded
    const kept = [
      'etc/sysctl.d',
      'etc/apt/sources.list.d',
      'etc/modules-load.d',
      'etc/modprobe.d',
      'etc/default',
      'etc/ssh',
      'etc/containers/systemd',
      'etc/sudoers.d',
      'etc/tmpfiles.d',
      'etc/systemd/network',
      'root/.ssh',
      'usr/local/share/ca-certificates',
    ]
    writeFiles(root, Object.fromEntries(kept.map((path) => [`${path}/.kept`, ''])))
    const run = async (resources: readonly unknown[]) => {
      const ssh = { user: 'root', port, identityFile, knownHostsFile }
      const host = { address, ssh, resources }
      writeFiles(folder, { 'cluster.yaml': `${platform}hosts: ${JSON.stringify({ web0: host })}\n` })
      const spec = ['-f', join(folder, 'cluster.yaml')]
      const { code, stdout, stderr } = await converge([...spec, '--yes', '--allow-prune'])
      assert.is(code, 0, stdout + stderr)
      const again = await converge([...spec, '--yes'])
      assert.match(again.stdout, 'Nothing to do.\n', again.stdout)
    }
    const pathsOf = (some: typeof composites) => some.flatMap(({ entries }) => entries.flatMap(filesOf))
    const paths = pathsOf(composites)
    const there = () =>
      paths.filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined)
    const examples = composites.flatMap(({ kind }) => exampleOf(kind))
    await run(examples)
    assert.equal(there(), paths)
    await run([])
    assert.equal(there(), [])
    await run(examples)
    const lasting = composites.filter(({ kind }) => !hasAbsent(kind))
    const isLasting = (one: object) => lasting.some(({ kind }) => kind in one)
    await run(examples.map((one) => (isLasting(one) ? one : absent(one))))
    assert.equal(there(), pathsOf(lasting))
    assert.ok(existsSync(join(root, 'etc/sysctl.d/.kept')))
  } finally {
    await embedded.close()
  }
})

/** The resources of a page's example, each a map with one key. */
function exampleOf(kind: string): readonly Record<string, object>[] {
  const [block] = blocksOf(sectionOf(pages.get(kind) ?? '', '## Example'))
  assert.is(block?.language, 'yaml', `${pagePath(kind)} has no example`)
  const { resources } = parse(block?.text ?? '')
  return resources
}

async function compiled(kind: string): Promise<HostCatalog> {
  const host = { transport: 'memory', resources: exampleOf(kind) }
  const file = `${kind}.yaml`
  writeFiles(folder, { [file]: `${platform}hosts: ${JSON.stringify({ web0: host })}\n` })
  const catalog = catalogOf(await loadSpec({ file: join(folder, file) }), 'web0')
  if (catalog === undefined) throw new Error('the host has no catalog')
  return catalog
}

/** The same resource, which is to be absent. */
function absent(one: Record<string, object>): unknown {
  return Object.fromEntries(
    Object.entries(one).map(([kind, desired]) => {
      const key = 'path' in desired ? 'path' : 'name'
      return [kind, { [key]: Reflect.get(desired, key), absent: true }]
    }),
  )
}

function hasAbsent(kind: string): boolean {
  return 'absent' in Object(resourceKinds[kind]?.schema.properties)
}

function isOf(kind: string, { resource, partOf = [] }: CatalogEntry): boolean {
  return [resource.id, ...partOf].some((id) => id.startsWith(`${kind}[`))
}

/** The paths that it makes as a file, a link or a unit. */
function filesOf({ resource }: CatalogEntry): readonly string[] {
  if (resource.desired.absent === true) return []
  return resource.claims.flatMap(({ kind, key }) => (kind === 'path' ? [key] : []))
}

function madeBy({ resource }: CatalogEntry): readonly string[] {
  return resource.claims.map(({ key, in: file }) => file ?? key)
}

test.run()
