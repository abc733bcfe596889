import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planPortable } from '../../../src/plan/host/plan-portable.ts'
import { Lines, linesOf, testCases } from '../../tables/cases.ts'
import { changeLine } from '../../tables/changes.ts'
import { operationWords } from '../../tables/operations.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

testCases(
  'plan/portable',
  {
    spec: situationFields.spec,
    changes: Lines,
    /** Of each resource, the operations that its entry in the manifest is made of. */
    made: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
    /** The resources that are recorded only if something of them was done. */
    guarded: Type.Optional(Type.Array(Type.String())),
  },
  ({ changes, made, guarded, ...lines }) => {
    const plan = planPortable(readSituation(lines).catalog, [])
    assert.equal(plan.changes.map(changeLine), linesOf(changes))
    const entries = plan.made.map(({ entry }) => [entry.resource, entry.operations.map(operationWords)])
    if (made !== undefined) assert.equal(Object.fromEntries(entries), made)
    const left = plan.made.filter(({ isGuarded }) => isGuarded).map(({ entry }) => entry.resource)
    if (guarded !== undefined) assert.equal(left, guarded)
  },
)

test.run()
