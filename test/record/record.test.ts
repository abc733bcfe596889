import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ManifestEntry, manifestHeader } from '../../src/model/manifest.ts'
import type { HostPlan } from '../../src/model/plan.ts'
import { planCluster } from '../../src/plan/rollout/plan-cluster.ts'
import { parseManifest } from '../../src/shell/answers/parse-manifest.ts'
import { Lines, linesOf, testCases } from '../tables/cases.ts'
import { changeLine } from '../tables/changes.ts'
import { entryLines, ManifestLines, undoLine } from '../tables/manifest.ts'
import { readSituation, situationFields } from '../tables/situation.ts'

testCases(
  'record',
  {
    ...situationFields,
    /** With what is kept before each and who caused it. */
    changes: Type.Optional(Lines),
    /** What the apply writes into the manifest. */
    entries: Type.Optional(ManifestLines),
    /** What undoes the generation. */
    undo: Type.Optional(Type.Array(Type.String())),
    /** Whether the manifest is written anew first. */
    rewritten: Type.Optional(Type.Boolean()),
  },
  ({ changes, entries, undo, rewritten = false, ...lines }) => {
    const situation = readSituation(lines)
    const { catalog, facts } = situation
    const [plan] = planCluster({ cluster: 'test', hosts: [catalog] }, new Map([['host', facts]])).hosts
    if (plan?.status !== 'planned') throw new Error('the case has no plan')
    assert.is(plan.bookkeeping?.rewrite !== undefined, rewritten)
    if (changes !== undefined) assert.equal(plan.changes.map(changeLine), linesOf(changes))
    if (undo !== undefined) assert.equal(plan.bookkeeping?.revert.map(undoLine), undo)
    if (entries === undefined) return
    const written = writtenEntries(plan).map((entry) => [entry.resource, entryLines(entry, situation)])
    assert.equal(Object.fromEntries(written), entries)
  },
)

/** The entries that the lines of an apply set, before and after its changes. */
function writtenEntries({
  changes,
  bookkeeping,
}: Extract<HostPlan, { status: 'planned' }>): readonly ManifestEntry[] {
  const lines = [
    ...(bookkeeping?.records ?? []),
    ...changes.flatMap(({ records = [], strikes = [] }) => [...records, ...strikes]),
  ]
  return parseManifest([manifestHeader, ...lines])
}

test.run()
