import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ObjectFact } from '../../src/model/cluster-object.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { ManifestEntry } from '../../src/model/manifest.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { Catalog, Resource } from '../../src/model/resource.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { isObjectOperation, rulesOf } from '../../src/operations/index.ts'
import { planCluster } from '../../src/plan/rollout/plan-cluster.ts'
import { planDocument } from '../../src/report/json/plan.ts'
import { renderPlan } from '../../src/report/plan/render-plan.ts'
import { createStyle } from '../../src/report/text/style.ts'

/** A kind of which each host of a group declares the same object of the cluster. */
export interface ClusterKindUnderTest {
  /** Two states of one object. */
  make(host: string, state: 'one' | 'other'): Resource
  /** What somebody else makes of it. */
  readonly theirs: ObjectFact
  /** Whether what makes the second state of the first one can be taken back. */
  readonly isUndone: boolean
  /** What is a secret in it, and must not be shown. */
  readonly canaries: readonly string[]
}

const hosts = ['a', 'b', 'c'] as const
type Host = (typeof hosts)[number]
const question = 'members of etcd'

/** A cluster with one object, and what its hosts have recorded. */
class MadeUpCluster {
  object: ObjectFact = { type: 'absent' }
  answering: readonly Host[] = hosts
  stray: Host | undefined
  readonly manifests = new Map<string, Map<string, ManifestEntry>>(hosts.map((host) => [host, new Map()]))
  spec: Readonly<Partial<Record<Host, 'one' | 'other' | 'none'>>>
  readonly #make: ClusterKindUnderTest['make']

  constructor(make: ClusterKindUnderTest['make']) {
    this.#make = make
    this.spec = { a: 'one', b: 'one', c: 'one' }
  }

  all(state: 'one' | 'other' | 'none'): void {
    this.spec = { a: state, b: state, c: state }
  }

  plan(options: { readonly prune?: boolean; readonly selected?: readonly Host[] } = {}): Plan {
    const { prune = true, selected = hosts } = options
    const catalog: Catalog = { cluster: 'test', hosts: hosts.map((host) => this.#catalog(host)) }
    const facts = new Map(selected.map((host) => [host, this.#facts(host)]))
    return planCluster(catalog, facts, { prune, release: false })
  }

  #catalog(host: Host): Catalog['hosts'][number] {
    const state = this.spec[host]
    if (state === undefined || state === 'none') return { host, entries: [] }
    const entry = { after: [], notifies: [], declaredBy: 'test' }
    return { host, entries: [{ ...entry, resource: this.#make(host, state) }] }
  }

  #facts(host: Host): Facts {
    const made = this.#make(host, 'one')
    const answers = this.answering.includes(host)
    const { isUnknown: _, ...facts } = supposedFacts(made.probes, 'inactive')
    const manifest = [...(this.manifests.get(host)?.values() ?? [])]
    const cluster = `"cluster_id":${host === this.stray ? 2 : 1}`
    return {
      ...facts,
      // Whoever has left the group asks nothing.
      answers: this.spec[host] === undefined ? {} : { [question]: answers ? cluster : null },
      objects: { [made.id]: answers ? this.object : null },
      ...(manifest.length > 0 && {
        state: { manifest, manifestLines: manifest.length + 1, others: [], generation: 1, members: [] },
      }),
    }
  }

  /** Carries a plan out; with `fails` the operation on the object fails. */
  apply(plan: Plan, { fails = false }: { readonly fails?: boolean } = {}): void {
    // An API is there once its hosts are.
    this.answering = hosts
    for (const host of plan.hosts) {
      if (host.status !== 'planned') continue
      for (const line of host.bookkeeping?.records ?? []) this.#record(host.host, line)
      for (const { operation, records = [], strikes = [] } of host.changes) {
        for (const line of records) this.#record(host.host, line)
        if (isObjectOperation(operation)) {
          if (fails) break
          const after = rulesOf(operation).after(operation, {}).objects?.[operation.object]
          if (after) this.object = after
        }
        for (const line of strikes) this.#record(host.host, line)
      }
    }
  }

  #record(host: string, line: string): void {
    const [verb, json] = [line.slice(0, line.indexOf(' ')), JSON.parse(line.slice(line.indexOf(' ') + 1))]
    const manifest = this.manifests.get(host)
    if (verb === 'set') manifest?.set(json.resource, json)
    else manifest?.delete(json)
  }

  converge(): Plan {
    const plan = this.plan()
    this.apply(plan)
    return plan
  }
}

/** What is done to the object, as `a: set the key ...`; records are left out. */
function done(plan: Plan): readonly string[] {
  return plan.hosts.flatMap((host) => {
    if (host.status !== 'planned') return [`${host.host}: ${host.status}`]
    return host.changes.flatMap(({ operation }) =>
      isObjectOperation(operation) ? [`${host.host}: ${operation.op}`] : [],
    )
  })
}

function changes(plan: Plan): number {
  return plan.hosts.reduce((sum, host) => sum + (host.status === 'planned' ? host.changes.length : 1), 0)
}

/** What each kind must do. Registers and runs a suite. */
export function clusterKindContract(kind: string, under: ClusterKindUnderTest): void {
  const test = suite(`${kind} as every kind of objects of a cluster`)
  const begin = (): MadeUpCluster => new MadeUpCluster(under.make)
  const op = kind.replace('K', '-k').replace('R', '-r').replace('U', '-u')

  test('one host makes it from nothing, all record it, and a second plan is empty', () => {
    const cluster = begin()
    assert.equal(done(cluster.plan()), [`a: ${op}`])
    cluster.converge()
    assert.equal(
      [...cluster.manifests.values()].map(({ size }) => size),
      [1, 1, 1],
    )
    assert.is(changes(cluster.plan()), 0)
  })

  test('the first host that answers changes it', () => {
    const cluster = begin()
    cluster.converge()
    cluster.all('other')
    cluster.answering = ['b', 'c']
    assert.equal(done(cluster.plan()), [`b: ${op}`])
    cluster.converge()
    assert.is(changes(cluster.plan()), 0)
  })

  test('what somebody else made of it is drift, and repaired', () => {
    const cluster = begin()
    cluster.converge()
    cluster.object = under.theirs
    const [planned] = cluster.plan().hosts
    assert.is(planned?.status === 'planned' ? planned.changes[0]?.cause : undefined, 'host changed')
    assert.equal(done(cluster.converge()), [`a: ${op}`])
    assert.is(changes(cluster.plan()), 0)
  })

  test('without an answer it is announced, and made by the first host at its end', () => {
    const cluster = begin()
    cluster.answering = []
    const plan = cluster.plan()
    assert.equal(done(plan), [`a: ${op}`])
    const [planned] = plan.hosts
    assert.match(planned?.status === 'planned' ? (planned.changes[0]?.reason ?? '') : '', 'known after apply')
    cluster.converge()
    assert.is(changes(cluster.plan()), 0)
    cluster.answering = []
    assert.equal(done(cluster.plan({ selected: ['b', 'c'] })), [`b: ${op}`])
  })

  test('two clusters of one group are refused', () => {
    const cluster = begin()
    cluster.stray = 'a'
    assert.equal(done(cluster.plan()), ['a: failed', 'b: failed', 'c: failed'])
  })

  test('only the first host that answers removes it, with consent, and the others forget it', () => {
    const cluster = begin()
    cluster.converge()
    cluster.all('none')
    assert.equal(done(cluster.plan({ prune: false })), [])
    const plan = cluster.plan()
    assert.equal(done(plan), ['a: etcd-remove'])
    assert.ok(plan.consents.some(({ word, what }) => word === 'prune' && what.startsWith('etcd: the ')))
    cluster.converge()
    assert.equal(cluster.object, { type: 'absent' })
    assert.is(changes(cluster.plan()), 0)
  })

  test('a removal waits for an answer', () => {
    const cluster = begin()
    cluster.converge()
    cluster.all('none')
    cluster.answering = []
    const plan = cluster.plan()
    assert.is(changes(plan), 0)
    const [planned] = plan.hosts
    assert.match(planned?.status === 'planned' ? planned.notes.join('\n') : '', 'once somebody knows')
    cluster.answering = hosts
    assert.equal(done(cluster.converge()), ['a: etcd-remove'])
  })

  test('a host that leaves removes nothing, and neither does one that declares it no more', () => {
    for (const spec of [
      { b: 'one', c: 'one' },
      { a: 'none', b: 'one', c: 'one' },
    ] as const) {
      const cluster = begin()
      cluster.converge()
      cluster.spec = spec
      const made = cluster.object
      assert.equal(done(cluster.converge()), [])
      assert.equal(cluster.object, made)
      assert.is(changes(cluster.plan()), 0)
    }
  })

  test('what nobody asks for any more stays, and that is said', () => {
    const cluster = begin()
    cluster.converge()
    cluster.spec = {}
    const plan = cluster.plan()
    assert.equal(done(plan), [])
    const [planned] = plan.hosts
    assert.match(planned?.status === 'planned' ? planned.notes.join('\n') : '', 'no longer asks')
  })

  test('a host that comes later removes it too, though it has not made it', () => {
    const cluster = begin()
    cluster.spec = { a: 'one', b: 'one' }
    cluster.converge()
    cluster.all('one')
    cluster.converge()
    assert.is(changes(cluster.plan()), 0)
    cluster.all('none')
    cluster.answering = ['c']
    assert.equal(done(cluster.plan({ selected: ['c'] })), ['c: etcd-remove'])
  })

  test('what somebody else has changed is kept when it leaves the spec, and said', () => {
    const cluster = begin()
    cluster.converge()
    cluster.all('none')
    cluster.object = under.theirs
    const plan = cluster.converge()
    assert.equal(done(plan), [])
    const [planned] = plan.hosts
    assert.match(
      planned?.status === 'planned' ? planned.notes.join('\n') : '',
      'no longer as converge made it',
    )
    assert.is(changes(cluster.plan()), 0)
  })

  test('what was there before stays there', () => {
    const cluster = begin()
    cluster.object = under.theirs
    cluster.converge()
    cluster.all('none')
    assert.equal(done(cluster.converge()), [])
    assert.is(changes(cluster.plan()), 0)
  })

  test('what failed is done by the next run', () => {
    const cluster = begin()
    cluster.converge()
    cluster.all('other')
    cluster.apply(cluster.plan(), { fails: true })
    assert.equal(done(cluster.converge()), [`a: ${op}`])
    assert.is(changes(cluster.plan()), 0)
  })

  test('a change has an undo, or is named as one without', () => {
    const cluster = begin()
    cluster.converge()
    cluster.all('other')
    const [planned] = cluster.plan().hosts
    const { revert = [], lasting = [] } = (planned?.status === 'planned' && planned.bookkeeping) || {}
    assert.is(lasting.length === 0, under.isUndone)
    assert.ok(revert.length + lasting.length > 0)
  })

  test('no secret is in a plan, in what is shown of it, or in a record', () => {
    const cluster = begin()
    const texts: string[] = []
    const look = (): void => {
      const plan = cluster.plan()
      texts.push(
        renderPlan({ plan, style: createStyle({ color: false }), verbose: true }),
        JSON.stringify(planDocument(plan, 'plan')),
      )
      for (const host of plan.hosts)
        if (host.status === 'planned')
          texts.push(
            JSON.stringify([
              host.bookkeeping,
              host.changes.map(({ records, strikes, diff }) => [records, strikes, diff]),
            ]),
          )
    }
    look()
    cluster.converge()
    cluster.all('other')
    look()
    cluster.converge()
    cluster.all('none')
    look()
    const shown = texts.join('\n')
    for (const canary of under.canaries) assert.not.match(shown, canary)
    assert.match(shown, 'etcd')
  })

  test.run()
}
