import pLimit from 'p-limit'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../../src/commands/hosts/host-library.ts'
import { file, unit } from '../../../src/dsl.ts'
import { rollOut } from '../../../src/engine/apply/roll-out.ts'
import { ConvergeError } from '../../../src/model/errors.ts'
import { createStop } from '../../../src/model/stop.ts'
import { loadText } from '../../load/load-text.ts'
import { startFleet } from '../fleet.ts'

const silent = async (host: string): Promise<never> => {
  throw new ConvergeError('connect-timeout', 'nothing answers', { host, step: 'connect' })
}

test('a group is not disrupted while a member does not answer, and the reason does not call it ill', async () => {
  const fleet = await startFleet(['a', 'b'])
  try {
    const settings = (text: string) => file({ path: '/etc/app.conf', content: text })
    const member = (text: string) => [
      settings(text),
      unit({
        name: 'app.service',
        content: { Service: { ExecStart: '/usr/bin/app' } },
        started: true,
        restartOn: [settings(text)],
        disruption: { group: 'app', maxUnavailable: 1, healthy: 'true', healthyTimeoutSeconds: 5 },
      }),
    ]
    await fleet.converge(member('one'))
    const session = fleet.session(member('two'))
    const plan = await session.plan()
    await session.close()
    const { cluster } = await loadText('cluster: fleet\nhosts: { "a": {}, "b": {} }\n')
    const reports = await rollOut({
      plan,
      limit: pLimit(2),
      connections: {
        use: silent,
        useNew: silent,
        close: async () => {},
      },
      programs: { cluster: 'fleet', library: hostLibrary() },
      hosts: new Map(cluster.hosts.map((host) => [host.name, host])),
      onProgress: () => {},
      stop: createStop(() => 0).stop,
      apply: async (host) => {
        throw new Error(`${host} was applied`)
      },
    })
    assert.equal(
      reports.map((report) => (report.status === 'not-started' ? report.reason : report.status)),
      Array(2).fill('b of app does not answer; at most 1 may be down at once'),
    )
  } finally {
    await fleet.close()
  }
})

test.run()
