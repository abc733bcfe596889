import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gatheringOf } from '../../../src/engine/apply/gathering.ts'
import type { Plan } from '../../../src/model/plan.ts'
import type { HostReport } from '../../../src/model/report.ts'
import { createStop } from '../../../src/model/stop.ts'
import type { Connection } from '../../../src/model/transport.ts'
import { assembleLibrary } from '../../../src/shell/library.ts'
import { blankFacts } from '../../resources/blank-facts.ts'
import { change } from '../../shell/changes.ts'
import { newRun } from '../../shell/run-programs.ts'

const gather = change({
  op: 'etcd-restore',
  action: 'gather',
  id: 'r',
  unit: 'etcd.service',
  data: '/var/lib/etcd/member',
})

/** What hosts are told; those in `deaf` cannot be reached. */
function gatheringFor(hosts: readonly string[], deaf: readonly string[] = []) {
  const told: string[] = []
  const use = async <T>(host: string, _signal: AbortSignal, work: (connection: Connection) => Promise<T>) =>
    work({
      host,
      async exec({ program }) {
        if (deaf.includes(host)) throw new Error('lost')
        told.push(`${host}: ${/printf '%s\\n' '?([^'>]*?)'? >/.exec(program)?.[1]}`)
        return { exitCode: 0, stdout: new Uint8Array(), stderr: '' }
      },
      upload: async () => undefined,
      download: async () => undefined,
      close: async () => undefined,
    })
  const plan: Plan = {
    cluster: 'test',
    intent: { kind: 'apply', prune: false, release: false },
    hosts: hosts.map((host) => ({
      host,
      status: 'planned',
      changes: [gather],
      facts: blankFacts,
      disrupts: [],
      notes: [],
    })),
    waves: [],
    departed: [],
    consents: [],
  }
  let tries = 0
  const gathering = gatheringOf(plan, {
    connections: { use, useNew: use, close: async () => undefined },
    programs: { cluster: 'test', library: assembleLibrary(() => '') },
    stop: createStop(() => 0).stop,
    clock: {
      now: () => 0,
      time: () => new Date(0),
      pause: async () => {
        tries += 1
      },
    },
  })
  for (const host of hosts) gathering.joins(host, newRun(host))
  return {
    told,
    tries: () => tries,
    comes: (host: string) => gathering.sees({ event: 'change-started', host, change: gather }),
    ends: (host: string) => {
      const report: HostReport = { host, status: 'unchanged' }
      gathering.sees({ event: 'host-done', host, report })
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

test('nobody goes on before all have come', async () => {
  const { told, comes, ends, settled } = gatheringFor(['a', 'b', 'c'])
  comes('b')
  comes('a')
  await settled()
  assert.equal(told, [])
  comes('c')
  await settled()
  assert.equal(told, ['b: all', 'a: all', 'c: all'])
  ends('a')
  await settled()
  assert.is(told.length, 3)
})

test('if one ends before it has come, the others are told, those that come later too', async () => {
  const { told, comes, ends, settled } = gatheringFor(['a', 'b', 'c'])
  comes('a')
  ends('b')
  await settled()
  comes('c')
  await settled()
  const why = 'b has not come so far, so no member begins'
  assert.equal(told, [`a: ${why}`, `c: ${why}`])
})

test('who cannot be told is tried a few times, and does not keep the others', async () => {
  const { told, tries, comes, settled } = gatheringFor(['a', 'b'], ['a'])
  comes('a')
  comes('b')
  for (let turn = 0; turn < 20; turn += 1) await settled()
  assert.equal(told, ['b: all'])
  assert.is(tries(), 5)
})

test.run()
