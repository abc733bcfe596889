import { Type } from 'typebox'
import * as assert from 'uvu/assert'
import { ResourceConflict } from '../../../src/model/errors.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { prune } from '../../../src/plan/undo/prune.ts'
import { Lines, linesOf, testCases } from '../../tables/cases.ts'
import { changeLine, diffLine, expectationLines } from '../../tables/changes.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

/** Cases of a host's plan: a spec and a host give changes and notes, or a conflict. */
export function testHostPlans(folder: string): void {
  testCases(
    folder,
    {
      ...situationFields,
      changes: Type.Optional(Lines),
      notes: Type.Optional(Type.Array(Type.String())),
      disrupts: Type.Optional(Type.Array(Type.String())),
      diffs: Type.Optional(Lines),
      expects: Type.Optional(Lines),
      conflict: Type.Optional(Type.String()),
    },
    ({ changes, notes = [], disrupts = [], diffs, expects, conflict, ...lines }) => {
      const { catalog, facts, contents } = readSituation(lines)
      const plan = () => planHost(catalog, facts, prune(catalog, facts))
      if (conflict !== undefined) {
        assert.is(conflictOf(plan), conflict)
        return
      }
      const planned = plan()
      const found = {
        changes: planned.changes.map(changeLine),
        notes: planned.notes,
        disrupts: planned.disrupts,
      }
      assert.equal(found, { changes: linesOf(changes), notes, disrupts })
      if (diffs !== undefined) assert.equal(planned.changes.flatMap(diffLine), linesOf(diffs))
      if (expects === undefined) return
      const expected = planned.changes.flatMap((change) => expectationLines(change, contents))
      assert.equal(expected, linesOf(expects))
    },
  )
}

/** The words of the conflict that a plan ends in. */
export function conflictOf(plan: () => unknown): string {
  try {
    return `no conflict: ${JSON.stringify(plan())}`
  } catch (error) {
    if (!(error instanceof ResourceConflict)) throw error
    return `${error.resource}: ${error.message}; ${error.remedy}`
  }
}
