import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Facts, PathFact } from '../../../src/model/facts.ts'
import type { KeptGeneration, ManifestEntry } from '../../../src/model/manifest.ts'
import type { Operation } from '../../../src/model/operation.ts'
import type { HostCatalog } from '../../../src/model/resource.ts'
import { appliedState } from '../../../src/operations/applied-state.ts'
import { planRollback } from '../../../src/plan/undo/rollback.ts'
import { contentProbes } from '../../../src/plan/undo/rollback-contents.ts'
import { textContent } from '../../../src/resources/define/content.ts'
import { file } from '../../../src/resources/file.ts'
import { catalog, factsOf, fileFact } from '../sample-hosts.ts'

const path = '/etc/x'
const owned = { owner: 'root', group: 'root', mode: '0644' }

function restore(content: string, kept: string): Operation {
  return { op: 'restore', path, kept, sha256: textContent(content).sha256, ...owned }
}

function applied(state: PathFact, more: Partial<ManifestEntry> = {}): ManifestEntry {
  return {
    resource: `file[${path}]`,
    origin: 'created',
    desired: '',
    paths: { [path]: appliedState(state) },
    removal: [{ op: 'remove', path, recursive: false }],
    ...more,
  }
}

function generation(
  number: number,
  operation: Operation,
  manifest: readonly ManifestEntry[],
): KeptGeneration {
  return {
    number,
    run: '',
    by: '',
    changes: [],
    revert: [{ resource: `file[${path}]`, operation }],
    manifest,
  }
}

interface Situation {
  readonly spec?: HostCatalog
  readonly live?: PathFact
  readonly manifest?: readonly ManifestEntry[]
  readonly generations?: readonly KeptGeneration[]
  readonly others?: readonly ManifestEntry[]
  readonly platform?: Partial<Facts['platform']>
}

/** Generation 7 has written `two`; generation 6 has written `one`, over `zero`. */
function inputOf({
  spec = catalog(file({ path, content: 'two' })),
  live = fileFact('two', 'wanted'),
  manifest = [applied(fileFact('two'))],
  generations = [generation(7, restore('one', 'generations/7/0'), [applied(fileFact('one'))])],
  others = [],
  platform = {},
}: Situation) {
  const facts = factsOf(spec, { platform })
  return {
    catalog: spec,
    by: 'test',
    keptIn: '/kept',
    generations,
    facts: {
      ...facts,
      paths: {
        [path]: live,
        '/kept/generations/7/0': fileFact('one', 'wanted'),
        '/kept/generations/6/0': fileFact('zero', 'wanted'),
      },
      state: {
        manifest,
        manifestLines: 0,
        others: [{ cluster: 'other', manifest: others }],
        generation: 7,
        members: [],
      },
    },
  }
}

function onlyChange(situation: Situation) {
  const plan = planRollback(inputOf(situation))
  const changes = plan.status === 'planned' ? plan.changes : []
  assert.is(changes.length, 1)
  const [change] = changes
  return { reason: change?.reason, cause: change?.cause, diff: change?.diff }
}

const shown = { path, shown: { before: 'two', after: 'one' } }
const hidden = { path, omitted: 'sensitive' }
const sensitive = { sensitive: true }
const elsewhere = { ...sensitive, resource: 'template[x]' } as const

for (const [sentence, situation, diff] of [
  ['what nobody calls sensitive', {}, shown],
  ['nothing where the spec says so', { spec: catalog(file({ path, content: 'two', ...sensitive })) }, hidden],
  ['nothing where the manifest says so', { manifest: [applied(fileFact('two'), sensitive)] }, hidden],
  [
    'nothing where the manifest before a generation says so',
    {
      spec: catalog(),
      generations: [generation(7, restore('one', 'generations/7/0'), [applied(fileFact('one'), sensitive)])],
    },
    hidden,
  ],
  [
    'nothing where another resource had the path and says so',
    { manifest: [applied(fileFact('two'), elsewhere)] },
    hidden,
  ],
  ['nothing where another cluster says so', { others: [applied(fileFact('two'), elsewhere)] }, hidden],
] satisfies readonly (readonly [string, Situation, unknown])[]) {
  test(`a rollback shows ${sentence}`, () => {
    assert.equal(onlyChange(situation).diff, diff)
    assert.is(contentProbes(inputOf(situation)).length, diff === shown ? 2 : 0, 'contents are asked for')
  })
}

const both = [
  generation(7, restore('one', 'generations/7/0'), [applied(fileFact('one'))]),
  generation(6, restore('zero', 'generations/6/0'), [applied(fileFact('zero'))]),
]
const rolledBackHalfway = [generation(7, restore('two', 'generations/7/0'), [applied(fileFact('two'))])]

for (const [sentence, situation, cause] of [
  ['what converge left there', {}, undefined],
  ['a hand edit', { live: fileFact('by hand', 'wanted') }, 'host changed'],
  ['a removal by hand', { live: { type: 'absent' } }, 'host changed'],
  ['a mode set by hand', { live: { ...fileFact('two', 'wanted'), mode: '0666' } }, 'host changed'],
  ['an owner set by hand', { live: { ...fileFact('two', 'wanted'), owner: 'bob', uid: 7 } }, 'host changed'],
  [
    'an owner that could not be set',
    {
      live: { ...fileFact('two', 'wanted'), owner: 'bob', uid: 7 },
      platform: { rooted: true, uid: 7 },
    },
    undefined,
  ],
  ['what nobody knows to be its own', { manifest: [], generations: both.map(withoutManifest) }, undefined],
  [
    'what an apply that stopped halfway did not reach',
    { live: fileFact('one', 'wanted'), generations: both },
    undefined,
  ],
  [
    'what a rollback that stopped halfway put back',
    { live: fileFact('one', 'wanted'), generations: rolledBackHalfway },
    undefined,
  ],
] satisfies readonly (readonly [string, Situation, unknown])[]) {
  test(`a rollback overwrites ${sentence} ${cause === undefined ? 'without a word' : 'and says so'}`, () =>
    assert.is(onlyChange(situation).cause, cause))
}

function withoutManifest(one: KeptGeneration): KeptGeneration {
  return { ...one, manifest: [] }
}

test('a rollback over several generations shows the oldest content and names its generation', () => {
  assert.equal(onlyChange({ generations: both }), {
    reason: 'as it was before generation 6',
    cause: undefined,
    diff: { path, shown: { before: 'two', after: 'zero' } },
  })
})

test.run()
