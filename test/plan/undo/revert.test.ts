import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { planRevert } from '../../../src/plan/undo/rollback.ts'
import { Lines, linesOf, testCases } from '../../tables/cases.ts'
import { changeLine } from '../../tables/changes.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'
import { outcomeOf } from './outcome.ts'

testCases(
  'plan/revert',
  {
    ...situationFields,
    changes: Lines,
    /** The resources that the manifest has afterwards. */
    outcome: Type.Array(Type.String()),
    /** What stays pending. */
    leaves: Type.Optional(Type.Array(Type.String())),
  },
  ({ changes, outcome, leaves = [], ...lines }) => {
    const { catalog, facts } = readSituation(lines)
    const [plan] = planCluster({ cluster: 'test', hosts: [catalog] }, new Map([['host', facts]])).hosts
    if (plan?.status !== 'planned') throw new Error('the case has no plan')
    const revert = planRevert(plan, catalog, 'ann since today')
    assert.equal(
      {
        changes: revert.changes.map(changeLine),
        expects: revert.changes.flatMap(({ expects }) => expects),
        outcome: outcomeOf(revert.bookkeeping),
        leaves: revert.bookkeeping.leaves.map(({ action, resource }) => `${action} ${resource}`),
      },
      { changes: linesOf(changes), expects: [], outcome, leaves },
    )
  },
)

test.run()
