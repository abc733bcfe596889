import pLimit from 'p-limit'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rollOut } from '../../../src/engine/apply/roll-out.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { type HostReport, isWell } from '../../../src/model/report.ts'
import { createStop } from '../../../src/model/stop.ts'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { fakeClock } from '../../engine/fake-clock.ts'
import { figure } from '../../figure.ts'
import { type Limit, tellHost } from '../../tables/rollout.ts'

/**
 * What goes wrong with a member: its apply fails and leaves it down or up, or it is down from before that wave on, for
 * reasons of its own.
 */
type Fate = 'dies' | 'fails' | number

type Fates = ReadonlyMap<string, Fate>

const mostFailures = 3

/** All ways in which at most so many of the members fail. */
function* everyFate(members: readonly string[], fates: readonly Fate[], most: number): Generator<Fates> {
  const [first, ...others] = members
  if (first === undefined || most === 0) {
    yield new Map()
    return
  }
  yield* everyFate(others, fates, most)
  for (const fate of fates)
    for (const rest of everyFate(others, fates, most - 1)) yield new Map([[first, fate], ...rest])
}

function* everyOrder<T>(all: readonly T[]): Generator<readonly T[]> {
  if (all.length <= 1) yield all
  else
    for (const [index, one] of all.entries())
      for (const rest of everyOrder(all.toSpliced(index, 1))) yield [one, ...rest]
}

/** For each wave, every order in which its hosts may finish. */
function* everyOrderOfWaves(waves: readonly (readonly string[])[]): Generator<readonly string[]> {
  const [first, ...others] = waves
  if (first === undefined) yield []
  else
    for (const order of everyOrder(first))
      for (const rest of everyOrderOfWaves(others)) yield [...order, ...rest]
}

interface Run {
  readonly plan: Plan
  readonly members: ReadonlySet<string>
  readonly allowed: number
  readonly fates: Fates
  /** In which order the members of each wave finish. */
  readonly order: readonly string[]
}

async function rollsOut({ plan, members, allowed, fates, order }: Run): Promise<readonly HostReport[]> {
  const down = new Set<string>()
  const waiting = new Map<string, () => void>()
  let wave = 0
  const crashes = (): void => {
    for (const [host, fate] of fates) if (fate === wave) down.add(host)
  }
  crashes()
  let reports: readonly HostReport[] | undefined
  const rolling = rollOut({
    plan,
    limit: pLimit(members.size + 3),
    isHealthy: async (host) => !down.has(host),
    illnessOf: async () => undefined,
    onProgress: () => {},
    stop: createStop(() => 0).stop,
    clock: fakeClock(),
    async apply(host) {
      if (!members.has(host)) return { host, status: 'unchanged' }
      down.add(host)
      assert.ok(down.size <= allowed, `${[...down]} are down, ${allowed} may be`)
      await new Promise<void>((resolve) => waiting.set(host, resolve))
      const fate = fates.get(host)
      if (fate !== 'dies' && !(typeof fate === 'number' && fate <= wave)) down.delete(host)
      return fate === 'dies' || fate === 'fails'
        ? { host, status: 'unsettled', results: [], remaining: [] }
        : { host, status: 'unchanged' }
    },
  }).then((all) => {
    reports = all
  })
  while (reports === undefined) {
    await new Promise((resolve) => setImmediate(resolve))
    const next = order.find((host) => waiting.has(host))
    if (next === undefined) {
      assert.ok(reports !== undefined, 'nothing is going on, and it has not ended')
      break
    }
    const finish = waiting.get(next)
    waiting.delete(next)
    // What crashes before the next wave does so before its gate is asked.
    if (waiting.size === 0) {
      wave += 1
      crashes()
    }
    finish?.()
  }
  await rolling
  return reports ?? []
}

/** Which members a rollout applies, worked out by hand: wave by wave, until one fails or too many are down. */
function started({ plan, members, allowed, fates }: Run): readonly string[] {
  const done: string[] = []
  for (const [index, { hosts }] of plan.waves.entries()) {
    const going = hosts.filter((host) => members.has(host))
    const isDown = (host: string): boolean => {
      const fate = fates.get(host)
      return typeof fate === 'number' ? fate <= index : fate === 'dies' && done.includes(host)
    }
    const others = [...members].filter((host) => !going.includes(host) && isDown(host)).length
    const hasFailed = done.some((host) => fates.get(host) === 'dies' || fates.get(host) === 'fails')
    if (hasFailed || (others > 0 && others + going.length > allowed)) break
    done.push(...going)
  }
  return done
}

test('whichever members fail, and when: never too many are down, the rest of their group stays up, and all else is done', async () => {
  let runs = 0
  for (const limit of ['quorum', 1, 2] as const satisfies readonly Limit[]) {
    for (let count = 1; count <= (limit === 'quorum' ? 7 : 5); count += 1) {
      const names = Array.from({ length: count }, (_, index) => `m${index}`)
      const told = [
        ...names.map((name) => tellHost(name, 'restarts etcd', { etcd: limit })),
        ...['w0', 'w1'].map((name) => tellHost(name, 'restarts web', { web: 1 })),
        tellHost('other', 'changes', {}),
      ]
      const plan = planCluster(
        { cluster: 'test', hosts: told.map(({ catalog }) => catalog) },
        new Map(told.map(({ catalog, answer }) => [catalog.host, answer] as never)),
      )
      const members = new Set(names)
      const gate = plan.waves[0]?.gates.find(({ group }) => group === 'etcd')
      if (gate === undefined) throw new Error('the first wave has no gate')
      const allowed = gate.maxUnavailable
      const waves = plan.waves.map(({ hosts }) => hosts.filter((host) => members.has(host)))
      const kinds: readonly Fate[] = ['dies', 'fails', ...waves.keys()]
      const orders = [...everyOrderOfWaves(waves)]
      for (const fates of everyFate(names, kinds, mostFailures)) {
        // The most failures are tried in two orders only, unless there is time.
        const few = fates.size === mostFailures && process.env.CONVERGE_FUZZ === undefined
        for (const order of few ? new Set([orders[0], orders.at(-1)]) : orders) {
          if (order === undefined) continue
          const run = { plan, members, allowed, fates, order }
          const reports = await rollsOut(run)
          runs += 1
          const about = `${count} members, ${limit}: ${JSON.stringify([...fates])} ${order}`
          const applied = reports.flatMap(({ host, status }) => (status === 'not-started' ? [] : [host]))
          assert.equal(
            applied.filter((host) => members.has(host)),
            started(run),
            about,
          )
          const rest = reports.filter(({ host }) => !members.has(host))
          assert.ok(rest.length === 3 && rest.every(isWell), about)
        }
      }
    }
  }
  figure('rollouts, in which every way is tried that up to 3 of up to 7 members fail', runs)
})

test.run()
