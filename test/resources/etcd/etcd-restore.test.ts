import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hasRestored } from '../../../src/model/etcd-restore.ts'
import type { Facts, PathFact } from '../../../src/model/facts.ts'
import type { Change, HostPlan, Plan } from '../../../src/model/plan.ts'
import type { Catalog, HostCatalog } from '../../../src/model/resource.ts'
import { supposedFacts } from '../../../src/model/supposed-facts.ts'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { etcdCatalog } from '../../samples/etcd-member.ts'

const hosts = ['h0', 'h1', 'h2']
const runs = process.env.CONVERGE_FUZZ === undefined ? 200 : 5000
const sha256 = 'a'.repeat(64)
const cluster = hosts.map((host) => `${host}=http://${host}:2380`).join(',')

/** What is on a machine: data of a cluster, what is prepared of a restore, and the one that keeps etcd from starting. */
interface Machine {
  data?: string
  prepared?: string
  hold?: string
  /** It was added to the cluster that runs. */
  joins?: boolean
  runs: boolean
}

class Machines {
  readonly all = new Map(hosts.map((host): [string, Machine] => [host, { data: 'old', runs: true }]))
  /** Data that began empty. */
  emptied = 0

  at(host: string): Machine {
    const machine = this.all.get(host)
    if (machine === undefined) throw new Error(host)
    return machine
  }

  quorumOf(): string | undefined {
    return ['old', ...hosts.flatMap((host) => this.at(host).data ?? [])].find(
      (data) => hosts.filter((host) => this.at(host).runs && this.at(host).data === data).length >= 2,
    )
  }

  plan(
    restore?: {
      readonly id: string
      readonly evenWithQuorum?: boolean
      readonly members?: readonly string[]
    },
    selected: readonly string[] = hosts,
  ): Plan {
    const catalogs = hosts.map((host) => etcdCatalog(host, hosts))
    const catalog: Catalog = { cluster: 'test', hosts: catalogs }
    const inspection = new Map(
      catalogs.filter(({ host }) => selected.includes(host)).map((one) => [one.host, this.#facts(one)]),
    )
    if (restore === undefined) return planCluster(catalog, inspection)
    const { id, evenWithQuorum = false, members = hosts } = restore
    return planCluster(catalog, inspection, {
      prune: false,
      release: false,
      restore: { group: 'etcd', id, sha256, sizeBytes: 1056, hosts: members, evenWithQuorum },
    })
  }

  #facts({ host, entries }: HostCatalog): Facts {
    const { data, hold, runs } = this.at(host)
    const facts = supposedFacts(
      entries.flatMap(({ resource }) => resource.probes),
      runs ? 'active' : 'inactive',
    )
    const owned = { mode: '0755', owner: 'root', group: 'root', uid: 0, gid: 0 }
    const directory: PathFact = { type: 'directory', ...owned }
    const paths: Record<string, PathFact> = { ...facts.paths, '/etc/etcd': directory }
    if (data !== undefined) paths['/var/lib/etcd/member/wal'] = directory
    const alive = runs && this.quorumOf() === data
    const members = hosts.map(
      (one, index) =>
        `{"ID":${index + 1},"name":"${one}","peerURLs":["http://${one}:2380"],"clientURLs":["c"]}`,
    )
    return {
      ...facts,
      paths,
      answers: {
        'members of etcd': alive ? `"cluster_id":${data}\n{"members":[${members.join(',')}]}\n[]` : null,
        'unfinished restore of etcd': hold === undefined ? null : `${hold} ${sha256} ${cluster}`,
        'restore of etcd': data === undefined || data === 'old' ? null : `${data} ${sha256} ${cluster}`,
      },
    }
  }

  /** Throws as a program that fails. */
  carryOut(host: string, { operation }: Change): void {
    const machine = this.at(host)
    if (operation.op === 'unit' && operation.action === 'start') this.start(host)
    if (operation.op === 'etcd-member' && operation.action === 'set-aside') delete machine.data
    if (operation.op === 'etcd-member' && operation.action === 'join') machine.joins = true
    if (operation.op !== 'etcd-restore') return
    const { action, id } = operation
    if (action === 'prepare') {
      if (machine.prepared !== id && machine.hold === id) throw new Error('what was prepared is gone')
      machine.prepared = id
    }
    if (action === 'hold') {
      machine.hold = id
      machine.runs = false
    }
    if (action === 'begin') {
      machine.data = id
      delete machine.prepared
      delete machine.hold
    }
  }

  start(host: string): void {
    const machine = this.at(host)
    if (machine.hold !== undefined) throw new Error('Assertion failed')
    const joined = machine.joins === true ? this.quorumOf() : undefined
    if (machine.data === undefined && joined !== undefined) machine.data = joined
    if (machine.data === undefined) this.emptied += 1
    delete machine.joins
    machine.runs = true
  }

  /** Clusters that could take writes. */
  check(): void {
    assert.is(this.emptied, 0, 'etcd began empty')
    const begun = hosts.flatMap((host) => {
      const { data, runs } = this.at(host)
      return runs && data !== 'old' && data !== undefined ? [data] : []
    })
    if (begun.length > 0)
      assert.ok(
        hosts.every((host) => !(this.at(host).runs && this.at(host).data === 'old')),
        'both the old cluster and the new one run',
      )
  }
}

/** One run, in which each host is killed after so many changes, if it is. They wait for each other where they should. */
function run(machines: Machines, { hosts: plans, waves }: Plan, kills: readonly number[] = []): void {
  const working = waves.flatMap((wave) => wave.hosts)
  const own = (host: string): readonly Change[] => {
    const plan = plans.find((one) => one.host === host)
    return plan?.status === 'planned' ? plan.changes : []
  }
  const gathers = ({ operation }: Change): boolean =>
    operation.op === 'etcd-restore' && operation.action === 'gather'
  const work = (host: string, from: number, to: number): boolean => {
    const most = kills[hosts.indexOf(host)] ?? Number.POSITIVE_INFINITY
    for (const [index, change] of own(host).entries()) {
      if (index < from || index >= to) continue
      if (index >= most) return false
      try {
        machines.carryOut(host, change)
      } catch {
        return false
      }
      machines.check()
    }
    return true
  }
  const waiting = working.filter((host) => own(host).some(gathers))
  const gatheringOf = (host: string): number => own(host).findIndex(gathers)
  const come = waiting.filter((host) => work(host, 0, gatheringOf(host)))
  if (come.length === waiting.length)
    for (const host of waiting) work(host, gatheringOf(host), Number.POSITIVE_INFINITY)
  for (const host of working) if (!waiting.includes(host)) work(host, 0, Number.POSITIVE_INFINITY)
}

function statuses({ hosts: plans }: Plan): readonly string[] {
  return plans.map((one: HostPlan) => (one.status === 'failed' ? one.error.message : one.status))
}

const event = fc.oneof(
  fc.record({
    event: fc.constant('restore' as const),
    kills: fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 }), fc.nat({ max: 8 })),
  }),
  fc.record({ event: fc.constant('converge' as const), selected: fc.subarray(hosts, { minLength: 1 }) }),
  fc.record({ event: fc.constant('reboot' as const), host: fc.constantFrom(...hosts) }),
)

test('whatever is killed: the old and the new cluster never run together, none begins empty, and a repetition ends it', () => {
  fc.assert(
    fc.property(fc.subarray(hosts, { maxLength: 2 }), fc.array(event, { maxLength: 6 }), (lost, events) => {
      const machines = new Machines()
      for (const host of lost) {
        const machine = machines.at(host)
        delete machine.data
        machine.runs = false
      }
      for (const [index, one] of events.entries()) {
        if (one.event === 'restore')
          run(machines, machines.plan({ id: `r${index}`, evenWithQuorum: true }), one.kills)
        if (one.event === 'converge') run(machines, machines.plan(undefined, one.selected))
        if (one.event === 'reboot') {
          const machine = machines.at(one.host)
          machine.runs = false
          // It is enabled.
          if (machine.hold === undefined && machine.data !== undefined) machines.start(one.host)
        }
        machines.check()
      }
      run(machines, machines.plan({ id: 'last', evenWithQuorum: true }))
      run(machines, machines.plan({ id: 'again', evenWithQuorum: true }))
      const data = new Set(hosts.map((host) => machines.at(host).data))
      assert.is(data.size, 1)
      assert.ok(!data.has('old') && !data.has(undefined))
      assert.ok(hosts.every((host) => machines.at(host).runs && machines.at(host).hold === undefined))
      assert.equal(
        machines.plan().hosts.map((one) => (one.status === 'planned' ? one.changes.length : one.status)),
        [0, 0, 0],
      )
    }),
    { numRuns: runs },
  )
})

test('a cluster that has its quorum is not replaced, unless that is meant', () => {
  const machines = new Machines()
  assert.equal(
    statuses(machines.plan({ id: 'r' })),
    hosts.map(() => 'etcd has its quorum: h0 answers'),
  )
  const plan = machines.plan({ id: 'r', evenWithQuorum: true })
  assert.equal(statuses(plan), ['planned', 'planned', 'planned'])
  assert.equal(plan.waves, [{ hosts, gates: [], bootstrap: hosts }])
  assert.equal(plan.consents, [
    {
      word: 'restore',
      what: 'etcd will begin anew on h0, h1, h2 from the snapshot aaaaaaaaaaaa (1056 B), as a cluster with another id: what was written after the snapshot is lost',
    },
  ])
})

test('who is left out is named, and is no member of the new cluster', () => {
  const machines = new Machines()
  for (const host of ['h1', 'h2']) machines.at(host).runs = false
  const { hosts: plans, consents } = machines.plan({ id: 'r', members: ['h0', 'h1'] })
  assert.match(consents[1]?.what ?? '', /^h2 is left out: /)
  const [first] = plans
  const prepared = first?.status === 'planned' ? first.changes[0]?.operation : undefined
  assert.ok(prepared?.op === 'etcd-restore')
  assert.is(prepared.cluster, 'h0=http://h0:2380,h1=http://h1:2380')
})

test('who is left out must not run', () => {
  const machines = new Machines()
  machines.at('h0').runs = false
  const plan = machines.plan({ id: 'r', evenWithQuorum: true, members: ['h0', 'h1'] })
  assert.match(statuses(plan).join(), 'etcd runs on h2, which is left out')
})

test('converge plans nothing for any member while a restore is not over on one', () => {
  const machines = new Machines()
  for (const host of ['h0', 'h2']) machines.at(host).runs = false
  Object.assign(machines.at('h2'), { hold: 'r', prepared: 'r' })
  for (const status of statuses(machines.plan()))
    assert.match(status, 'the restore r of etcd is not over on h2')
})

test('a member that began and lost its data is left out of the rest, because it may have voted', () => {
  const machines = new Machines()
  Object.assign(machines.at('h0'), { data: 'r', runs: true })
  Object.assign(machines.at('h1'), { hold: 'r', prepared: 'r', runs: false })
  const lost = machines.at('h2')
  delete lost.data
  lost.runs = false
  const plan = machines.plan({ id: 'other' })
  assert.equal(
    plan.waves.map((wave) => wave.hosts),
    [['h1']],
  )
  run(machines, plan)
  assert.is(machines.at('h1').data, 'r')
  assert.ok(hasRestored({ group: 'etcd', id: 'r' }, { 'restore of etcd': `r ${sha256} ${cluster}` }))
})

test.run()
