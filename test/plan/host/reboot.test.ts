import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RebootFact } from '../../../src/model/facts.ts'
import type { Change, Plan } from '../../../src/model/plan.ts'
import type { Reboot } from '../../../src/model/platform.ts'
import { isWithin, rebootLeft, withReboot } from '../../../src/plan/host/reboot.ts'
import { type PlanningOptions, planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { tellHost } from '../../tables/rollout.ts'

const required: RebootFact = {
  state: 'required',
  boot: 'b1',
  why: '/run/reboot-required exists (linux-image)',
}
const midnight = new Date('2026-11-27T00:30:00Z')

function planOf(
  hosts: Readonly<Record<string, string>>,
  more: { reboot?: Partial<Reboot>; fact?: RebootFact; options?: Partial<PlanningOptions> } = {},
): Plan {
  const told = Object.entries(hosts).map(([name, sentence]) =>
    tellHost(name, sentence, { etcd: 'quorum', web: 1 }),
  )
  const reboot: Reboot = { when: 'required', ...more.reboot }
  return planCluster(
    { cluster: 'test', hosts: told.map(({ catalog }) => ({ ...catalog, reboot })) },
    new Map(
      told.map(({ catalog, answer }) => [
        catalog.host,
        { ...(answer as object), reboot: more.fact ?? required } as never,
      ]),
    ),
    { prune: true, release: false, now: midnight, ...more.options },
  )
}

const reboots = ({ hosts }: Plan) =>
  hosts.flatMap((host) =>
    host.status === 'planned' && host.changes.some(({ operation }) => operation.op === 'reboot')
      ? [host.host]
      : [],
  )
const notes = ({ hosts }: Plan) => hosts.flatMap((host) => (host.status === 'planned' ? host.notes : []))
const waves = (plan: Plan) => plan.waves.map(({ hosts }) => hosts.join(' '))

test('a reboot is the last change, and says why', () => {
  const [host] = planOf({ a: 'restarts etcd' }).hosts
  if (host?.status !== 'planned') throw new Error('not planned')
  const last = host.changes.at(-1)
  assert.equal(last?.operation, { op: 'reboot', boot: 'b1', timeoutSeconds: 600 })
  assert.is(last?.reason, 'will reboot: /run/reboot-required exists (linux-image)')
  assert.ok(host.changes.length > 2)
})

test('hosts whose members of a group reboot go one after the other, and others at once', () => {
  const member = 'is a member of etcd'
  const plan = planOf({ a: member, b: member, c: member, d: 'changes' })
  assert.equal(waves(plan), ['a d', 'b', 'c'])
  assert.equal(
    plan.waves[1]?.gates[0]?.members.map(({ host }) => host),
    ['a', 'c'],
  )
})

test('hosts of a group of their own reboot one after the other without any unit', () => {
  const plan = planOf({ a: 'changes', b: 'changes' }, { reboot: { group: 'rack' } })
  assert.equal(waves(plan), ['a', 'b'])
  assert.equal(plan.waves[0]?.gates[0]?.members, [{ host: 'b', unit: 'reboot.target', healthy: 'true' }])
})

test('outside its window a reboot is a note', () => {
  const window = '22:00-04:00'
  assert.equal(reboots(planOf({ a: 'changes' }, { reboot: { window } })), ['a'])
  const now = new Date('2026-11-27T04:00:00Z')
  const later = planOf({ a: 'changes' }, { reboot: { window }, options: { now } })
  assert.equal([reboots(later), notes(later)], [[], ['reboot pending: window 22:00-04:00 UTC']])
})

test('a window has its start and not its end, also over midnight', () => {
  const at = (time: string) => new Date(`2026-11-27T${time}:59Z`)
  assert.equal(
    ['21:59', '22:00', '23:59', '00:00', '03:59', '04:00', '12:00'].map((time) =>
      isWithin('22:00-04:00', at(time)),
    ),
    [false, true, true, true, true, false, false],
  )
  assert.equal(
    ['01:59', '02:00', '02:29', '02:30'].map((time) => isWithin('02:00-02:30', at(time))),
    [false, true, true, false],
  )
})

test('a host that needs none, does not know, or is no running system does not reboot', () => {
  const plans = (
    [
      { state: 'not-required', boot: 'b1', why: '' },
      { state: 'unknown', boot: 'b1', why: 'nothing on the host tells it' },
      { state: 'required', why: '/run/reboot-required exists' },
    ] as const
  ).map((fact) => planOf({ a: 'changes' }, { fact }))
  assert.equal(plans.flatMap(reboots), [])
  assert.equal(plans.map(notes), [
    [],
    ['whether a reboot is needed is not known: nothing on the host tells it'],
    ['needs a reboot, which is not done here: /run/reboot-required exists'],
  ])
})

test('members that start do so before any of their hosts reboots', () => {
  const plan = planOf({ a: 'starts etcd', b: 'starts etcd', c: 'starts etcd' })
  assert.equal([reboots(plan), waves(plan)], [[], ['a b c']])
  assert.equal(notes(plan)[0], 'reboot pending: members of groups start first')
})

test('a host does not reboot in a run that changes who is a member', () => {
  const [host] = planOf({ a: 'changes' }).hosts
  if (host?.status !== 'planned') throw new Error('not planned')
  const { catalog } = tellHost('a', 'changes', {})
  const joining = { ...host.changes[0], regroups: { group: 'etcd', turn: 'join' } } as Change
  const { changes, notes: said } = withReboot(
    { ...host, changes: [joining] },
    { ...catalog, reboot: { when: 'required' } },
  )
  assert.equal([changes, said], [[joining], ['reboot pending: who is a member changes first']])
})

test('--only leaves a reboot out', () => {
  const plan = planOf({ a: 'changes' }, { options: { only: ['file[*]'] } })
  assert.equal(reboots(plan), [])
  assert.ok(notes(plan).includes('reboot pending: --only leaves it out'))
})

test('a host that still needs a reboot after one is not settled', () => {
  const [host] = planOf({ a: 'changes' }).hosts
  if (host?.status !== 'planned') throw new Error('not planned')
  assert.is(rebootLeft(host.changes, { ...host.facts, reboot: required }).length, 1)
  assert.equal(
    rebootLeft(host.changes, { ...host.facts, reboot: { ...required, state: 'not-required' } }),
    [],
  )
  // What became necessary by the run itself is for the next one.
  assert.equal(rebootLeft([], { ...host.facts, reboot: required }), [])
})

test.run()
