import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostPlan } from '../../../src/model/plan.ts'
import type { GroupMember } from '../../../src/plan/disruption.ts'
import { allowance, type Groups } from '../../../src/plan/rollout/groups.ts'
import { planWaves } from '../../../src/plan/rollout/waves.ts'

const limits = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.constant('quorum' as const),
  fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
)

test('members of two failure domains are never down at once, nor more than the group allows, and all have a wave', () => {
  fc.assert(
    fc.property(
      limits,
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 }),
      (limit, zones) => {
        const members = new Map(zones.map((zone, index) => [`h${index}`, member(limit, zone)]))
        const groups: Groups = new Map([['g', members]])
        const waves = planWaves([...members.keys()].map(restarting), groups)
        for (const { hosts, gates } of waves) {
          assert.is(new Set(hosts.map((host) => members.get(host)?.domain?.value)).size, 1)
          assert.ok(hosts.length <= allowance(members))
          assert.equal(
            gates.map(({ within }) => within),
            ['zone'],
          )
        }
        assert.equal(waves.flatMap(({ hosts }) => hosts).sort(), [...members.keys()].sort())
        // No more waves than each zone by itself needs.
        const sizes = new Map(zones.map((zone) => [zone, zones.filter((one) => one === zone).length]))
        const fewest = [...sizes.values()].reduce(
          (sum, size) => sum + Math.ceil(size / allowance(members)),
          0,
        )
        assert.is(waves.length, fewest)
      },
    ),
    { numRuns: 500 },
  )
})

test('a percentage is rounded down, and allows one at least', () => {
  const allowed = (limit: string, size: number) =>
    allowance(new Map(Array.from({ length: size }, (_, index) => [`h${index}`, member(limit, 'a')])))
  assert.equal(
    [allowed('25%', 3), allowed('25%', 4), allowed('25%', 7), allowed('25%', 8), allowed('100%', 5)],
    [1, 1, 1, 2, 5],
  )
})

function member(maxUnavailable: number | string, zone: string): GroupMember {
  return {
    group: 'g',
    unit: 'g.service',
    healthy: 'true',
    maxUnavailable,
    domain: { label: 'zone', value: zone },
  }
}

function restarting(host: string): HostPlan {
  const restart = { op: 'unit', unit: 'g.service', action: 'restart' } as const
  return {
    host,
    status: 'planned',
    changes: [
      { resource: 'unit[g.service]', operation: restart, reason: '', expects: [], owes: [], settles: [] },
    ],
    disrupts: ['g'],
  } as unknown as HostPlan
}

test.run()
