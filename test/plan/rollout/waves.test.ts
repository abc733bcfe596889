import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { membersOnly } from '../../../src/plan/disruption.ts'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { testCases } from '../../tables/cases.ts'
import { failureLines, tellHost, waveLine } from '../../tables/rollout.ts'

testCases(
  'plan/waves',
  {
    /** How many members of each group may be down. */
    groups: Type.Record(Type.String(), Type.Union([Type.Integer(), Type.Literal('quorum')])),
    /** What each host is like and does. */
    hosts: Type.Record(Type.String(), Type.String()),
    waves: Type.Array(Type.String()),
    failures: Type.Optional(Type.Array(Type.String())),
  },
  ({ groups, hosts, waves, failures = [] }) => {
    const told = Object.entries(hosts).map(([name, sentence]) => tellHost(name, sentence, groups))
    const catalog = { cluster: 'test', hosts: told.map((host) => host.catalog) }
    const answers = told.flatMap(({ catalog: { host }, answer }) =>
      answer === undefined ? [] : [[host, answer] as const],
    )
    const plan = planCluster(catalog, new Map(answers))
    // Of hosts that are not selected their members are enough.
    const fewer = told.map((host) => (host.answer === undefined ? membersOnly(host.catalog) : host.catalog))
    assert.equal(planCluster({ ...catalog, hosts: fewer }, new Map(answers)), plan)
    assert.equal({ waves: plan.waves.map(waveLine), failures: failureLines(plan) }, { waves, failures })
  },
)

test.run()
