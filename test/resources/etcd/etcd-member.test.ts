import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { discoveryRefusal } from '../../../src/resources/etcd/discovery.ts'
import { clusterQuestion, readCluster } from '../../../src/resources/etcd/live-cluster.ts'
import { upgradeRefusal } from '../../../src/resources/etcd/upgrade.ts'
import { figure } from '../../figure.ts'
import { MadeUpCluster } from './made-up-cluster.ts'

const hosts = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6']
const runs = process.env.CONVERGE_FUZZ === undefined ? 100 : 5000

const event = fc.oneof(
  fc.record({
    event: fc.constant('spec' as const),
    spec: fc.subarray(hosts, { minLength: 1 }),
    isApplied: fc.boolean(),
  }),
  fc.record({ event: fc.constant('lose' as const), host: fc.constantFrom(...hosts) }),
  fc.record({ event: fc.constant('stop' as const), host: fc.constantFrom(...hosts) }),
  fc.record({ event: fc.constant('partly' as const), hosts: fc.subarray(hosts, { minLength: 1 }) }),
  fc.record({ event: fc.constant('kill' as const), after: fc.integer({ min: 0, max: 12 }) }),
)

test('whatever is lost, stopped or killed: one cluster, never without its quorum, and then the members of the spec', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (events) => {
      const cluster = new MadeUpCluster(hosts)
      cluster.spec = ['h0', 'h1', 'h2']
      converge(cluster)
      for (const one of events) {
        const [before, spec] = [
          new Map([...cluster.machines].map(([host, own]) => [host, { ...own }])),
          cluster.spec,
        ]
        if (one.event === 'spec') cluster.spec = one.spec
        if (one.event === 'lose' || one.event === 'stop') {
          const machine = cluster.machine(one.host)
          machine.isRunning = false
          if (one.event === 'lose') delete machine.data
        }
        // A quorum that is gone is another matter, and so are members of which none stays: that is refused.
        if (!cluster.hasQuorum() || !cluster.canAnswer()) {
          for (const [host, own] of before) cluster.machines.set(host, own)
          cluster.spec = spec
        }
        if (one.event === 'kill') run(cluster, one.after)
        // Nobody has looked what the last events did.
        if (one.event === 'partly') run(cluster, Number.POSITIVE_INFINITY, one.hosts)
        if (one.event === 'spec' && one.isApplied) converge(cluster)
      }
      converge(cluster)
    }),
    { numRuns: runs },
  )
  figure(
    'lives of a made-up etcd cluster that end with the members of the spec, and never without quorum',
    runs,
  )
})

/** Runs until there is nothing to do: what one refuses or leaves, the next one does. */
function converge(cluster: MadeUpCluster): void {
  for (let round = 0; run(cluster) > 0; round += 1) assert.ok(round < 6, 'it does not end')
  assert.equal(
    cluster.members.map(({ name, isLearner }) => ({ name, isLearner })).toSorted(byName),
    cluster.spec.map((name) => ({ name, isLearner: false })).toSorted(byName),
  )
  assert.ok(cluster.members.every((one) => cluster.runs(one)))
  assert.is(cluster.began, 0, 'a second cluster')
}

/** One run, killed after so many changes; how many were done. */
function run(
  cluster: MadeUpCluster,
  most = Number.POSITIVE_INFINITY,
  selected: readonly string[] = hosts,
): number {
  const plan = cluster.plan(selected)
  const had = cluster.members.length > 0
  let done = 0
  const stopped = new Set<string>()
  for (const wave of plan.waves) {
    for (const host of wave.hosts) {
      const planned = plan.hosts.find((one) => one.host === host)
      if (planned?.status !== 'planned' || stopped.size > 0) continue
      try {
        for (const change of planned.changes) {
          if (done === most) return done
          done += 1
          cluster.carryOut(host, change)
          if (had) assert.ok(cluster.hasQuorum(), `${host}: ${change.operation.op} costs the quorum`)
        }
      } catch (error) {
        if (error instanceof assert.Assertion) throw error
        stopped.add(host)
      }
    }
  }
  return done
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

test('one joins at a time, and what left is removed after that', () => {
  const cluster = new MadeUpCluster(hosts)
  cluster.spec = ['h0', 'h1', 'h2']
  converge(cluster)
  cluster.spec = ['h1', 'h2', 'h3', 'h4']
  const { waves, consents } = cluster.plan()
  assert.equal(
    waves.map((wave) => wave.hosts),
    [['h3'], ['h4'], ['h1']],
  )
  assert.equal(
    consents.map(({ what }) => what),
    ['etcd: the member h0 (8ac7230489e80001) will be removed'],
  )
})

test('a dead member goes before another one joins', () => {
  const cluster = new MadeUpCluster(hosts)
  cluster.spec = ['h0', 'h1', 'h2']
  converge(cluster)
  cluster.machine('h2').isRunning = false
  cluster.spec = ['h0', 'h1', 'h3']
  assert.equal(
    cluster.plan().waves.map((wave) => wave.hosts),
    [['h0'], ['h3']],
  )
})

test('two clusters of one group are refused, whichever answers first', () => {
  const cluster = new MadeUpCluster(hosts)
  cluster.spec = ['h0', 'h1', 'h2']
  converge(cluster)
  cluster.strays = ['h0']
  const { hosts: planned } = cluster.plan()
  const refused = planned.flatMap((one) =>
    one.status === 'failed' ? [`${one.host}: ${one.error.message}`] : [],
  )
  assert.equal(
    refused,
    ['h0', 'h1', 'h2'].map(
      (host) =>
        `${host}: etcdMember[etcd]: there are two clusters of etcd: h1, h2 are in another one than h0`,
    ),
  )
})

test('a member without a quorum has no answer, although etcd 3.4 lists its members', () => {
  const answer = (health: string): string => {
    const etcdctl = `etcdctl() { case "$*" in *health*) ${health} ;; *list*) echo '{"members":[]}' ;; *) echo '[]' ;; esac; }`
    const connect = `${etcdctl}; own=etcdctl status='"cluster_id":1'`
    return spawnSync('/bin/sh', ['-c', clusterQuestion(connect)]).stdout.toString()
  }
  assert.is(answer('false'), '')
  assert.is(answer('true'), '"cluster_id":1\n{"members":[]}\n[]\n')
})

test('ids keep all of their digits, with blanks in the JSON and without', () => {
  for (const blank of ['', ' '])
    assert.equal(
      readCluster(
        `"cluster_id":1\n{"members":[{"ID":${blank}18446744073709551615,"name":"a","peerURLs":["p"]}]}\n[]`,
      ),
      [{ id: 'ffffffffffffffff', name: 'a', peerUrls: ['p'], clientUrls: [], isLearner: false }],
    )
  assert.is(readCluster('no JSON'), undefined)
})

test('upgrades go by one minor version, from a patch that the next one accepts, and never back', () => {
  const why = (running: readonly string[], wanted: string) => upgradeRefusal(running, wanted)?.why
  assert.is(why(['3.4.23', '3.5.35'], '3.5.35'), undefined)
  assert.is(why(['3.5.35', '3.4.23'], '3.4.23'), undefined, 'an upgrade that is not complete may be undone')
  assert.is(why(['3.5.32'], '3.6.16'), undefined)
  assert.match(why(['3.5.35', '3.5.31'], '3.6.16') ?? '', 'at least 3.5.32')
  assert.match(why(['3.6.10'], '3.7.3') ?? '', 'at least 3.6.11')
  assert.match(why(['3.4.23'], '3.6.16') ?? '', 'one minor version at a time')
  assert.match(why(['3.6.16', '3.7.3'], '3.5.35') ?? '', 'cannot read')
  assert.match(why(['3.6.16'], '4.0.0') ?? '', 'one minor version at a time')
  assert.is(why([], '3.7.3'), undefined)
})

test('a token of discovery is for as many members, and for these', () => {
  const of = (name: string) => ({ name, peerUrl: `http://${name}:2380` })
  const why = (answer: string) => discoveryRefusal(answer, of('a'), ['a', 'b', 'c'].map(of))?.why
  assert.is(why('3'), undefined)
  assert.is(why('3\nb=http://b:2380\n'), undefined, 'others of its own begin beside it')
  assert.is(why('5'), 'the discovery token is for 5 members, and the spec has 3')
  assert.match(
    why('3\nx=http://x:2380') ?? '',
    'another cluster has used the discovery token: x=http://x:2380',
  )
  assert.match(why('3\nb=http://other:2380') ?? '', 'another cluster')
  assert.match(why('3\na=http://a:2380') ?? '', 'its data is gone')
  assert.match(why('') ?? '', 'does not answer, or has no size')
})

test('peers go to TLS only if they have their certificates already', () => {
  const cluster = new MadeUpCluster(hosts)
  cluster.spec = ['h0', 'h1', 'h2']
  converge(cluster)
  const refusals = () =>
    cluster.plan().hosts.flatMap((one) => (one.status === 'failed' ? [one.error.message] : []))
  cluster.scheme = 'https'
  assert.is(refusals().length, 3)
  assert.match(refusals()[0] ?? '', 'its peers reach it at http://h0:2380: with https only')
  cluster.certificates = 'being written'
  assert.is(refusals().length, 3)
  cluster.certificates = 'there'
  assert.equal(refusals(), [])
  assert.equal(
    cluster
      .plan()
      .waves.map(({ hosts: [host], gates: [gate] }) => [host, gate?.maxUnavailable, gate?.members.length]),
    ['h0', 'h1', 'h2'].map((host) => [host, 1, 2]),
    'the others must be healthy',
  )
  converge(cluster)
  assert.equal(cluster.members.map(({ peerUrl }) => peerUrl).toSorted(), [
    'https://h0:2380',
    'https://h1:2380',
    'https://h2:2380',
  ])
  cluster.scheme = 'http'
  cluster.certificates = 'leaving'
  assert.is(refusals().length, 3)
})

test.run()
