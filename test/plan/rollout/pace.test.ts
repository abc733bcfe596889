import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { tellHost, waveLine } from '../../tables/rollout.ts'

function wavesOf(
  sentences: readonly string[],
  pace: { canary?: readonly string[]; batch?: (number | string)[] },
) {
  const told = sentences.map((sentence, index) => tellHost(`h${index}`, sentence, { etcd: 'quorum' }))
  const catalog = { cluster: 'test', hosts: told.map((host) => host.catalog) }
  const answers = told.map(({ catalog: { host }, answer }) => [host, answer ?? assert.unreachable()] as const)
  const options = { prune: true, release: false, pace } as Parameters<typeof planCluster>[2]
  return planCluster(catalog, new Map(answers as never), options).waves
}

const named = (waves: ReturnType<typeof wavesOf>) => waves.map((wave) => `${wave.name}: ${waveLine(wave)}`)

test('canaries go first, then batches, of which the last size is that of all further ones', () => {
  const eight = Array.from({ length: 8 }, () => 'changes')
  assert.equal(named(wavesOf(eight, { canary: ['h6'], batch: [1, '30%'] })), [
    'canary: h6',
    'batch 1: h0',
    'batch 2: h1 h2 h3',
    'batch 3: h4 h5 h7',
  ])
})

test('each batch goes in waves of its own that respect the groups', () => {
  const five = Array.from({ length: 5 }, () => 'restarts etcd')
  assert.equal(named(wavesOf(five, { batch: [3] })), [
    'batch 1: h0 h1; at most 2 of etcd down, asks h2 h3 h4',
    'batch 1: h2; at most 2 of etcd down, asks h0 h1 h3 h4',
    'batch 2: h3 h4; at most 2 of etcd down, asks h0 h1 h2',
  ])
})

test('a canary that starts a group brings those with it that it waits for', () => {
  const three = Array.from({ length: 3 }, () => 'is new in etcd')
  assert.equal(named(wavesOf([...three, 'changes'], { canary: ['h1'] })), [
    'canary: h0 h1 h2; together h0 h1 h2',
    'undefined: h3',
  ])
})

test('at any pace each host that changes has one wave, and members that start together are together', () => {
  const does = fc.constantFrom('changes', 'restarts etcd', 'starts etcd', 'is a member of etcd')
  const sizes = fc.oneof(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
  )
  fc.assert(
    fc.property(
      fc.array(does, { minLength: 1, maxLength: 9 }),
      fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 3 }),
      fc.array(sizes, { maxLength: 3 }),
      (sentences, chosen, batch) => {
        const canary = [...new Set(chosen)].map((index) => `h${index}`)
        const waves = wavesOf(sentences, { canary, batch })
        const working = sentences.flatMap((sentence, index) =>
          sentence === 'is a member of etcd' ? [] : [`h${index}`],
        )
        assert.equal(waves.flatMap(({ hosts }) => hosts).sort(), working.sort())
        assert.ok(waves.filter(({ bootstrap }) => bootstrap.length > 0).length <= 1)
        const canaries = waves.filter(({ name }) => name === 'canary')
        assert.equal(waves.slice(0, canaries.length), canaries)
        const first = canaries.flatMap(({ hosts }) => hosts)
        assert.ok(canary.every((host) => first.includes(host) || !working.includes(host)))
      },
    ),
  )
})

test.run()
