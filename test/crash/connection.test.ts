import { rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { figure, share } from '../figure.ts'
import { startController } from './controller-process.ts'
import { type EmbeddedFleet, embeddedActs, makePast, startCopies } from './embedded.ts'
import { converge, outcome, type SessionOptions } from './hosts.ts'
import { type Cut, type ProxiedHosts, putProxiesBefore } from './proxied.ts'
import { settled } from './settled.ts'
import { takeSnapshot } from './snapshot.ts'
import { spread } from './spread.ts'
import { readState } from './state.ts'
import { brokenIn, miscounted, type Undisturbed, unlikeUndisturbed } from './verdict.ts'

const seen = ['/etc', '/srv', '/home', '/run/embedded-systemd']
/** CRASH_POINTS=all takes every message, as the lab does on real hosts. */
const sampleSize = (few: number): number =>
  process.env.CRASH_POINTS === 'all' ? Number.POSITIVE_INFINITY : few

let past: string | undefined
let messages = 0
let undisturbed: Undisturbed

test.after(() => {
  if (past !== undefined) rmSync(past, { recursive: true, force: true })
})

test('an undisturbed run through a proxy ends as one without', async () => {
  past = await makePast()
  await withProxies(['whole'], [{}], async (fleet, { through, proxies }) => {
    const [host] = fleet.hosts
    if (host === undefined) throw new Error('there is no host')
    const before = takeSnapshot(host.root, seen)
    const { report } = await converge(through)
    assert.is(outcome(report.hosts[0]), 'changed')
    messages = proxies[0]?.messages() ?? 0
    undisturbed = { seen, before, after: takeSnapshot(host.root, seen), state: readState(host) }
  })
})

test('cut off at any message, the host continues by itself, and the next run ends like an undisturbed one', async () => {
  const taken = spread(messages, sampleSize(3))
  for (let start = 0; start < taken.length; start += 40) {
    const cuts = taken.slice(start, start + 40)
    await withProxies(
      cuts.map((cut) => `cut-at-${cut}`),
      cuts.map((cutAt) => ({ cutAt })),
      async (fleet, { through, direct }) => {
        const { report } = await converge(through)
        await endsWell(fleet, direct, (index) => `then ${outcome(report.hosts[index])}`)
      },
    )
  }
  figure('messages to a host at which its connection is cut', share(taken.length, messages))
})

test('a controller killed at any message leaves hosts that the next run makes whole', async () => {
  const taken = spread(messages, sampleSize(2))
  let killed = 0
  for (let start = 0; start < taken.length; start += 3) {
    const kills = taken.slice(start, start + 3)
    const controllers = new Map<number, () => void>()
    await withProxies(
      kills.map((kill) => `killed-at-${kill}`),
      kills.map((cutAt) => ({ cutAt, onReached: () => controllers.get(cutAt)?.() })),
      async (fleet, { through, direct }) => {
        const { identityFile, knownHostsFile } = through
        const ended = kills.map((cutAt, index) => {
          const controller = startController({
            hosts: through.hosts.slice(index, index + 1),
            identityFile,
            knownHostsFile,
          })
          controllers.set(cutAt, controller.kill)
          return controller.ended
        })
        const ends = await Promise.all(ended)
        killed += ends.filter((end) => end === 'SIGKILL').length
        await endsWell(fleet, direct, (index) => `controller ended: ${ends[index]}`)
      },
    )
  }
  figure('messages to a host at which the controller is killed', share(killed, messages))
  assert.ok(killed >= taken.length / 2)
})

/** The hosts finish by themselves; one more run converges them, and another one finds nothing. */
async function endsWell(fleet: EmbeddedFleet, direct: SessionOptions, before: (index: number) => string) {
  for (const host of fleet.hosts) await settled(host)
  const told = (index: number, problem: string): string =>
    `${fleet.hosts[index]?.name} (${before(index)}): ${problem}`
  const problems = fleet.hosts.flatMap((host, index) =>
    brokenIn(host, undisturbed).map((problem) => told(index, problem)),
  )
  const next = await converge(direct)
  for (const [index, host] of fleet.hosts.entries()) {
    const report = next.report.hosts[index]
    const well = report?.status === 'changed' || report?.status === 'unchanged'
    const found = [
      ...(well ? [] : [outcome(report)]),
      ...unlikeUndisturbed(host, undisturbed),
      // The host was never killed: once is enough.
      ...miscounted(embeddedActs(host.root), 1),
    ]
    problems.push(...found.map((problem) => told(index, problem)))
  }
  assert.is(problems.join('\n'), '')
  const last = await converge(direct)
  assert.ok(last.report.hosts.every(({ status }) => status === 'unchanged'))
}

async function withProxies(
  names: readonly string[],
  cuts: readonly Cut[],
  use: (fleet: EmbeddedFleet, proxied: ProxiedHosts) => Promise<void>,
): Promise<void> {
  if (past === undefined) throw new Error('there is no past to copy')
  const fleet = await startCopies(past, names)
  const proxied = await putProxiesBefore(fleet, cuts)
  try {
    await use(fleet, proxied)
  } finally {
    proxied.close()
    await fleet.close()
  }
}

test.run()
