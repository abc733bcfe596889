import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rollbackConsents } from '../../../src/plan/rollout/consents.ts'
import { planRollback } from '../../../src/plan/undo/rollback.ts'
import { contentProbes } from '../../../src/plan/undo/rollback-contents.ts'
import { catalogDigest } from '../../../src/record/digest.ts'
import { Lines, linesOf, testCases } from '../../tables/cases.ts'
import { changeLine, diffLine } from '../../tables/changes.ts'
import { undoLine } from '../../tables/manifest.ts'
import { probeLine } from '../../tables/probes.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'
import { withContents } from '../../tables/texts.ts'
import { conflictOf } from '../host/cases.ts'
import { outcomeOf } from './outcome.ts'

const Words = Type.Optional(Type.Array(Type.String()))

testCases(
  'plan/rollback',
  {
    ...situationFields,
    /** The generation to go back to; before all that the case has unless given. */
    to: Type.Optional(Type.Integer()),
    changes: Type.Optional(Lines),
    notes: Words,
    disrupts: Words,
    consents: Words,
    diffs: Type.Optional(Lines),
    /** What is asked besides, so that the contents can be shown. */
    probes: Words,
    /** The resources that the manifest has afterwards; without them nothing is recorded. */
    outcome: Words,
    /** What undoes the rollback. */
    undo: Words,
    failure: Type.Optional(Type.String()),
    conflict: Type.Optional(Type.String()),
  },
  ({
    to = -1,
    changes,
    notes = [],
    disrupts = [],
    consents = [],
    diffs,
    probes,
    outcome,
    undo,
    failure,
    conflict,
    ...lines
  }) => {
    const situation = readSituation(lines)
    const generations = situation.generations.filter(({ number }) => number > to)
    const facts = withContents(situation.facts)
    const input = { ...situation, facts, generations, by: 'ann since today' }
    if (conflict !== undefined) {
      assert.is(
        conflictOf(() => planRollback(input)),
        conflict,
      )
      return
    }
    const plan = planRollback(input)
    if (plan.status === 'held') throw new Error('a rollback is never held')
    if (plan.status === 'failed') {
      const { code, message, remedy } = plan.error
      assert.is(`${code}: ${message}; ${remedy}`, failure)
      return
    }
    assert.equal(
      {
        changes: plan.changes.map(changeLine),
        notes: plan.notes,
        disrupts: plan.disrupts,
        consents: rollbackConsents(plan, generations.at(-1)),
        outcome: outcomeOf(plan.bookkeeping),
      },
      { changes: linesOf(changes), notes, disrupts, consents, outcome },
    )
    assert.is(
      plan.bookkeeping?.hold,
      outcome === undefined ? undefined : `${catalogDigest(situation.catalog)} ann since today`,
    )
    if (diffs !== undefined) assert.equal(plan.changes.flatMap(diffLine), linesOf(diffs))
    if (probes !== undefined) assert.equal(contentProbes(input).map(probeLine), probes)
    if (undo !== undefined) assert.equal(plan.bookkeeping?.revert.map(undoLine), undo)
  },
)

test.run()
