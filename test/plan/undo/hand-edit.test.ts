import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { handEdits } from '../../../src/plan/undo/hand-edit.ts'
import { testCases } from '../../tables/cases.ts'
import { readSituation, situationFields } from '../../tables/situation.ts'

testCases(
  'plan/hand-edit',
  { ...situationFields, edited: Type.Array(Type.String()) },
  ({ edited, ...lines }) => {
    const { facts, generations } = readSituation(lines)
    const edits = handEdits(facts, generations)
    assert.equal(
      Object.keys(lines.host ?? {}).filter((path) => edits.has(path)),
      edited,
    )
  },
)

test.run()
