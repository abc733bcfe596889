import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testCases } from '../../tables/cases.ts'
import { planHosts, rolloutFields } from './plan-hosts.ts'

testCases(
  'plan/consents',
  { ...rolloutFields, consents: Type.Array(Type.String()) },
  ({ consents, ...given }) => assert.equal(planHosts(given).consents, consents),
)

test.run()
