import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testCases } from '../../tables/cases.ts'
import { planHosts, rolloutFields } from './plan-hosts.ts'

testCases(
  'plan/consents',
  {
    ...rolloutFields,
    consents: Type.Array(Type.String()),
    /** What a person types to consent; "prune" if there is something to consent to, unless given. */
    words: Type.Optional(Type.Array(Type.String())),
  },
  ({ consents, words = consents.length > 0 ? ['prune'] : [], ...given }) => {
    const found = planHosts(given).consents
    assert.equal(
      found.map(({ what }) => what),
      consents,
    )
    assert.equal([...new Set(found.map(({ word }) => word))], words)
  },
)

test.run()
