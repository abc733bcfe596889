import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/host-library.ts'
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts'
import { type EmbeddedFleet, embeddedActs, makePast, startCopies } from './embedded.ts'
import { converge, outcome, type SessionOptions } from './hosts.ts'
import { after } from './scenario.ts'
import { settled } from './settled.ts'
import { takeSnapshot } from './snapshot.ts'
import { spread } from './spread.ts'
import { readState } from './state.ts'
import { brokenIn, miscounted, type Undisturbed, unlikeUndisturbed } from './verdict.ts'

const seen = ['/etc', '/srv', '/home', '/run/embedded-systemd']
/** CRASH_POINTS=all cuts at every message, as the lab does on real hosts. */
const few = process.env.CRASH_POINTS === 'all' ? Number.POSITIVE_INFINITY : 8

let past: string | undefined
test.after(() => {
  if (past !== undefined) rmSync(past, { recursive: true, force: true })
})

test('cut off at any message, the host goes on by itself, and the next run ends as an undisturbed one', async () => {
  past = await makePast()
  const { messages, undisturbed } = await withoutCut(past)
  const taken = spread(messages, few)
  console.log(`${messages} messages between controller and host, cut off at ${taken.length} of them`)
  for (let start = 0; start < taken.length; start += 40) {
    const cuts = taken.slice(start, start + 40)
    await withProxies(past, cuts, async (fleet, options) => {
      const { hosts, knownHostsFile } = fleet
      const direct = { ...options, hosts, knownHostsFile }
      const first = await converge(options)
      for (const host of fleet.hosts) await settled(host)
      const told = (index: number): string =>
        `${fleet.hosts[index]?.name} (then ${outcome(first.report.hosts[index])})`
      const problems = fleet.hosts.flatMap((host, index) =>
        brokenIn(host, undisturbed).map((problem) => `${told(index)}: ${problem}`),
      )
      const second = await converge(direct)
      for (const [index, host] of fleet.hosts.entries()) {
        const report = second.report.hosts[index]
        const well = report?.status === 'changed' || report?.status === 'unchanged'
        const found = [
          ...(well ? [] : [outcome(report)]),
          ...unlikeUndisturbed(host, undisturbed),
          // The host was never killed: once is enough.
          ...miscounted(embeddedActs(host.root), 1),
        ]
        problems.push(...found.map((problem) => `${told(index)}: ${problem}`))
      }
      assert.is(problems.join('\n'), '')
      const third = await converge(direct)
      assert.ok(third.report.hosts.every(({ status }) => status === 'unchanged'))
    })
  }
})

async function withoutCut(from: string): Promise<{ messages: number; undisturbed: Undisturbed }> {
  let result: { messages: number; undisturbed: Undisturbed } | undefined
  await withProxies(from, [undefined], async (fleet, options, proxies) => {
    const [host] = fleet.hosts
    if (host === undefined) throw new Error('there is no host')
    const before = takeSnapshot(host.root, seen)
    const { report } = await converge(options)
    assert.is(outcome(report.hosts[0]), 'changed')
    result = {
      messages: proxies[0]?.messages() ?? 0,
      undisturbed: { seen, before, after: takeSnapshot(host.root, seen), state: readState(host) },
    }
  })
  if (result === undefined) throw new Error('nothing came of it')
  return result
}

/** One host for each cut, reached through a proxy of its own. */
async function withProxies(
  from: string,
  cuts: readonly (number | undefined)[],
  use: (fleet: EmbeddedFleet, options: SessionOptions, proxies: readonly CuttingProxy[]) => Promise<void>,
): Promise<void> {
  const fleet = await startCopies(
    from,
    cuts.map((cut) => `cut-at-${cut ?? 'none'}`),
  )
  const proxies = await Promise.all(
    fleet.hosts.map((to, index) => {
      const cutAt = cuts[index]
      return startCuttingProxy({ to, ...(cutAt === undefined ? {} : { cutAt }) })
    }),
  )
  // The proxies have the hosts' keys.
  const known = readFileSync(fleet.knownHostsFile, 'utf8')
  const knownHostsFile = `${fleet.knownHostsFile}-proxies`
  const hosts = fleet.hosts.map((host, index) => ({ ...host, port: proxies[index]?.port ?? 0 }))
  writeFileSync(
    knownHostsFile,
    fleet.hosts.reduce(
      (text, host, index) => text.replace(`:${host.port} `, `:${hosts[index]?.port} `),
      known,
    ),
  )
  try {
    const { identityFile } = fleet
    await use(
      fleet,
      { hosts, identityFile, knownHostsFile, resources: after(), library: hostLibrary() },
      proxies,
    )
  } finally {
    for (const proxy of proxies) proxy.close()
    await fleet.close()
  }
}

test.run()
