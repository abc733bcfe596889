import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operationSchemas } from '../../src/model/operation.ts'
import type { ValueMap } from '../../src/model/value.ts'
import { pathOf, rulesOf, stateAfter } from '../../src/operations/index.ts'
import { catalog } from '../samples/catalog.ts'
import { factsOf } from '../samples/facts.ts'
import { testCases } from '../tables/cases.ts'
import { readHost } from '../tables/host-facts.ts'
import { operationWords, readOperation } from '../tables/operations.ts'
import { stateWords } from '../tables/path-states.ts'
import { probeLine } from '../tables/probes.ts'

const State = Type.Object(
  {
    host: Type.Unsafe<ValueMap>(Type.Object({})),
    needed: Type.Boolean(),
    undo: Type.Array(Type.String()),
    /** Whether its undo leaves something as it made it. */
    outlasts: Type.Optional(Type.Boolean()),
    /** What is at its path then. */
    after: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const seen = new Set<string>()

testCases(
  'operations/rules',
  {
    operation: Type.Unknown(),
    subject: Type.String(),
    probes: Type.Array(Type.String()),
    /** What the host is like, as a sentence. */
    states: Type.Record(Type.String(), State, { minProperties: 1 }),
  },
  ({ operation: words, subject, probes, states }) => {
    const operation = readOperation(words)
    const rules = rulesOf(operation)
    seen.add(operation.op)
    assert.is(rules.subject(operation), subject)
    assert.equal(rules.probes(operation).map(probeLine), probes)
    for (const [state, { host, ...expected }] of Object.entries(states)) {
      const facts = factsOf(catalog(), readHost(host, new Map()))
      const path = pathOf(operation)
      const before = path === undefined ? undefined : facts.paths[path]
      const after = before && path !== undefined ? stateAfter(operation, path, before) : undefined
      const found = {
        needed: rules.isNeeded(operation, facts),
        undo: rules.inverse(operation, facts, 'generations/7/0').map(operationWords),
        ...(rules.outlasts(operation, facts) && { outlasts: true }),
        ...(after !== undefined && { after: stateWords(after, undefined) }),
      }
      assert.equal(found, expected, state)
    }
  },
)

test('every operation has a case', () => {
  assert.equal([...seen].sort(), Object.keys(operationSchemas).sort())
})

test.run()
