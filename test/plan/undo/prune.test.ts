import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { leftAlone, prune, pruneProbes, silentDrops } from '../../../src/plan/undo/prune.ts'
import { Lines, linesOf, testCases } from '../../tables/cases.ts'
import { changeLine } from '../../tables/changes.ts'
import { probeLine } from '../../tables/probes.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

testCases(
  'plan/prune',
  {
    ...situationFields,
    /** The changes before and after all others. */
    first: Type.Optional(Lines),
    last: Type.Optional(Lines),
    /** What leaves the manifest without a change. */
    drops: Type.Optional(Type.Array(Type.String())),
    notes: Type.Optional(Type.Array(Type.String())),
    /** What is asked of the host. */
    probes: Type.Optional(Type.Array(Type.String())),
  },
  ({ first, last, drops = [], notes = [], probes, ...lines }) => {
    const { catalog, facts } = readSituation(lines)
    const pruned = prune(catalog, facts)
    assert.equal(
      {
        first: pruned.first.map(changeLine),
        last: pruned.last.map(changeLine),
        drops: silentDrops(catalog, facts, pruned).map(({ resource }) => resource),
        notes: leftAlone(catalog, facts),
      },
      { first: linesOf(first), last: linesOf(last), drops, notes },
    )
    if (probes === undefined) return
    const asked = pruneProbes(catalog, facts).map(probeLine)
    assert.equal([...new Set(asked)], probes)
  },
)

test.run()
