import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError } from '../../../src/model/errors.ts'
import type { Facts } from '../../../src/model/facts.ts'
import type { Disruption } from '../../../src/model/relations.ts'
import type { HostCatalog } from '../../../src/model/resource.ts'
import { type Inspection, planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { directory } from '../../../src/resources/directory.ts'
import { file } from '../../../src/resources/file.ts'
import { unit } from '../../../src/resources/unit/unit.ts'
import { catalog, entry, factsOf, type Present, to } from '../sample-hosts.ts'

const data = '/var/lib/etcd/member'

interface Member {
  readonly groups: readonly string[]
  readonly maxUnavailable?: Disruption['maxUnavailable']
}

/** A host with a changed file that restarts one running unit per group. */
function hostOf(name: string, { groups, maxUnavailable = 'quorum' }: Member): HostCatalog {
  const units = groups.map((group) =>
    unit({
      name: `${group}.service`,
      started: true,
      disruption: { group, maxUnavailable, healthy: `check ${group}`, healthyTimeoutSeconds: 9, data },
    }),
  )
  const config = entry(
    file({ path: '/etc/config', content: 'new' }),
    ...units.map((one) => to(one, 'restart')),
  )
  return { ...catalog(config, directory({ path: data }), ...units), host: name }
}

function running(host: HostCatalog, present: Present = { directories: [data] }): Facts {
  const units = host.entries.flatMap(({ resource }) => (resource.kind === 'unit' ? [resource.name] : []))
  return factsOf(host, {
    units: Object.fromEntries(units.map((name) => [name, { active: 'active' }])),
    ...present,
  })
}

function wavesOf(hosts: readonly HostCatalog[], selected = hosts) {
  const inspection = new Map(selected.map((host) => [host.host, running(host)] as const))
  return planCluster({ cluster: 'test', hosts }, inspection).waves
}

function named(count: number, member: Member, prefix = 'host'): readonly HostCatalog[] {
  return Array.from({ length: count }, (_, index) => hostOf(`${prefix}${index}`, member))
}

for (const [sentence, hosts, expected] of [
  ['a quorum of three goes one by one', named(3, { groups: ['etcd'] }), [['host0'], ['host1'], ['host2']]],
  [
    'a quorum of five goes two by two',
    named(5, { groups: ['etcd'] }),
    [['host0', 'host1'], ['host2', 'host3'], ['host4']],
  ],
  ['a quorum of one goes all the same', named(1, { groups: ['etcd'] }), [['host0']]],
  ['a quorum of two goes one by one', named(2, { groups: ['etcd'] }), [['host0'], ['host1']]],
  [
    'a number is taken as it is',
    named(5, { groups: ['web'], maxUnavailable: 3 }),
    [
      ['host0', 'host1', 'host2'],
      ['host3', 'host4'],
    ],
  ],
  [
    'two groups do not wait for each other',
    [...named(2, { groups: ['etcd'] }, 'a'), ...named(2, { groups: ['web'], maxUnavailable: 1 }, 'b')],
    [
      ['a0', 'b0'],
      ['a1', 'b1'],
    ],
  ],
  [
    'a member of two groups waits for both',
    [
      ...named(1, { groups: ['etcd'], maxUnavailable: 1 }, 'a'),
      ...named(1, { groups: ['web'], maxUnavailable: 1 }, 'b'),
      ...named(1, { groups: ['etcd', 'web'], maxUnavailable: 1 }, 'c'),
    ],
    [['a0', 'b0'], ['c0']],
  ],
  ['hosts that disrupt nobody go at once', named(4, { groups: [] }), [['host0', 'host1', 'host2', 'host3']]],
] as const) {
  test(`waves: ${sentence}`, () =>
    assert.equal(
      wavesOf(hosts).map((wave) => wave.hosts),
      expected,
    ))
}

test('a wave asks the members outside it, also those that were not selected', () => {
  const hosts = named(5, { groups: ['etcd'] })
  const [first, ...others] = wavesOf(hosts, hosts.slice(0, 3))
  assert.equal(first, {
    hosts: ['host0', 'host1'],
    gates: [
      {
        group: 'etcd',
        maxUnavailable: 2,
        members: ['host2', 'host3', 'host4'].map((host) => ({ host, healthy: 'check etcd' })),
      },
    ],
    bootstrap: [],
  })
  assert.equal(
    others.map((wave) => wave.hosts),
    [['host2']],
  )
})

test('a host without changes is in no wave', () => {
  const [host = hostOf('host', { groups: ['etcd'] })] = named(1, { groups: ['etcd'] })
  const facts = running(host, { directories: [data], files: { '/etc/config': 'new' } })
  assert.equal(planCluster({ cluster: 'test', hosts: [host] }, new Map([[host.host, facts]])).waves, [])
})

test('members that start for the first time start in one wave, and none waits for a free place', () => {
  const hosts = named(3, { groups: ['etcd'] })
  const inspection = new Map(hosts.map((host) => [host.host, factsOf(host)] as const))
  const { waves } = planCluster({ cluster: 'test', hosts }, inspection)
  const names = ['host0', 'host1', 'host2']
  assert.equal(waves, [{ hosts: names, gates: [], bootstrap: names }])
})

const refused = new ConvergeError('connect-failed', 'connection refused', { host: 'host2', step: 'connect' })

function outcomes(hosts: readonly HostCatalog[], inspection: Inspection): readonly string[] {
  return planCluster({ cluster: 'test', hosts }, inspection).hosts.map((plan) =>
    plan.status === 'failed'
      ? `${plan.host}: ${plan.error.code}: ${plan.error.message}`
      : `${plan.host}: ${plan.status}`,
  )
}

test('a group is not bootstrapped while a member does not answer: unreachable is not dead', () => {
  const hosts = named(3, { groups: ['etcd'] })
  const inspection = new Map<string, Facts | ConvergeError>(hosts.map((host) => [host.host, factsOf(host)]))
  inspection.set('host2', refused)
  const message = 'bootstrap-refused: etcd cannot be bootstrapped: host2 did not answer or is not selected'
  assert.equal(outcomes(hosts, inspection), [
    `host0: ${message}`,
    `host1: ${message}`,
    'host2: connect-failed: connection refused',
  ])
})

test('a group is not bootstrapped by a selection of its members', () => {
  const hosts = named(3, { groups: ['etcd'] })
  const [first = hostOf('host0', { groups: ['etcd'] })] = hosts
  assert.equal(outcomes(hosts, new Map([['host0', factsOf(first)]])), [
    'host0: bootstrap-refused: etcd cannot be bootstrapped: host1, host2 did not answer or are not selected',
  ])
})

test('an empty member joins where another one holds data, even if a third does not answer', () => {
  const hosts = named(3, { groups: ['etcd'] })
  const inspection = new Map<string, Facts | ConvergeError>(hosts.map((host) => [host.host, factsOf(host)]))
  const [, second = hostOf('host1', { groups: ['etcd'] })] = hosts
  inspection.set('host1', running(second))
  inspection.set('host2', refused)
  assert.equal(outcomes(hosts, inspection), [
    'host0: planned',
    'host1: planned',
    'host2: connect-failed: connection refused',
  ])
})

test('a conflict fails its host, with the resource and a remedy, and no other', () => {
  const inTheWay = { ...catalog(directory({ path: '/etc/a' })), host: 'blocked' }
  const fine = { ...catalog(file({ path: '/etc/a', content: '' })), host: 'fine' }
  const facts = new Map([
    ['blocked', factsOf(inTheWay, { files: { '/etc/a': 'x' } })],
    ['fine', factsOf(fine)],
  ])
  const plan = planCluster({ cluster: 'test', hosts: [inTheWay, fine] }, facts)
  assert.equal(
    plan.waves.map((wave) => wave.hosts),
    [['fine']],
  )
  const [blocked] = plan.hosts
  assert.ok(blocked?.status === 'failed')
  if (blocked?.status !== 'failed') return
  assert.is(blocked.error.code, 'resource-conflict')
  assert.is(blocked.error.message, 'directory[/etc/a]: something that is no directory is at /etc/a')
  assert.is(blocked.error.remedy, 'move it away, or choose another path')
})

test.run()
