import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inReverse } from '../../src/operations/index.ts'
import { testCases } from '../tables/cases.ts'
import { operationWords, readOperation } from '../tables/operations.ts'

testCases(
  'operations/undo-order',
  {
    /** Operations that undo something, in the order of what they undo. */
    done: Type.Array(Type.Unknown()),
    undone: Type.Array(Type.String()),
  },
  ({ done, undone }) => {
    const operations = done.map(readOperation)
    assert.equal(inReverse(operations, (operation) => operation).map(operationWords), undone)
  },
)

test.run()
