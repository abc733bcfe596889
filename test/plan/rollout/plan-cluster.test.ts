import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConvergeError } from '../../../src/model/errors.ts'
import type { HostPlan, LeftOut } from '../../../src/model/plan.ts'
import { Lines, linesOf, testCases } from '../../tables/cases.ts'
import { changeLine } from '../../tables/changes.ts'
import { planHosts, rolloutFields } from './plan-hosts.ts'

for (const folder of ['plan/cluster', 'plan/only']) {
  testCases(
    folder,
    {
      ...rolloutFields,
      /** By host: its changes, or why there are none. */
      plans: Type.Record(Type.String(), Lines),
    },
    ({ plans, ...given }) => {
      const found = planHosts(given).hosts.map((plan) => [plan.host, planLines(plan)])
      const expected = Object.entries(plans).map(([host, lines]) => [host, linesOf(lines)])
      assert.equal(Object.fromEntries(found), Object.fromEntries(expected))
    },
  )
}

function planLines(plan: HostPlan): readonly string[] {
  if (plan.status === 'failed') return [failureLine(plan.error)]
  if (plan.status === 'held') return [`held by ${plan.held}`]
  return [
    ...plan.changes.map(changeLine),
    ...plan.notes.map((note) => `note: ${note}`),
    ...leftOutLines(plan.leftOut),
    ...(plan.bookkeeping?.leaves ?? []).map(
      ({ action, resource }) => `leaves pending: ${action} ${resource}`,
    ),
    ...(plan.bookkeeping?.hold === 'release' ? ['the hold is released'] : []),
  ]
}

function leftOutLines(leftOut: LeftOut | undefined): readonly string[] {
  if (leftOut === undefined) return []
  const { resources, differ } = leftOut
  return [`left out: ${resources}${differ.length === 0 ? '' : `, of which differ: ${differ.join(', ')}`}`]
}

function failureLine({ code, message, remedy }: ConvergeError): string {
  return `${code}: ${message}${remedy === undefined ? '' : `; ${remedy}`}`
}

test.run()
