import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import type { HostReport } from '../../src/model/report.ts'
import type { HostLibrary } from '../../src/shell/library.ts'
import { figure, share } from '../figure.ts'
import { dieAtPath, dyingAnywhere, dyingLibrary, isBeforeStrikeOut, passedPath } from './dying-library.ts'
import { type EmbeddedFleet, embeddedActs, makePast, startCopies } from './embedded.ts'
import { type CrashHost, converge, linesOf, openCrashSession, outcome, putFile } from './hosts.ts'
import { after } from './scenario.ts'
import { takeSnapshot } from './snapshot.ts'
import { spread } from './spread.ts'
import { readState } from './state.ts'
import { brokenIn, miscounted, type Undisturbed, unclean, unlikeUndisturbed } from './verdict.ts'

/**
 * How many are taken of all points: few enough for `npm test`, unless CRASH_POINTS says another number or `all`;
 * CRASH_COMMANDS says it for the unmarked ones by themselves, which are many.
 */
const sampleSize = (few: number, wanted = process.env.CRASH_POINTS): number => {
  if (wanted === undefined) return few
  return wanted === 'all' ? Number.POSITIVE_INFINITY : Number(wanted)
}
const seen = ['/etc', '/srv', '/home', '/run/embedded-systemd']
const hostsAtOnce = 40

let past: string | undefined
let undisturbed: Undisturbed

test.after(() => {
  if (past !== undefined) rmSync(past, { recursive: true, force: true })
})

test('an undisturbed run does everything once, and the next one finds nothing', async () => {
  past = await makePast()
  await withCopies(['whole'], async (fleet) => {
    const host = only(fleet)
    const before = takeSnapshot(host.root, seen)
    const { report } = await converge(runOn(fleet, hostLibrary()))
    assert.is(outcome(report.hosts[0]), 'changed')
    undisturbed = { seen, before, after: takeSnapshot(host.root, seen), state: readState(host) }
    assert.equal(undisturbed.state.pending, [])
    assert.equal(miscounted(embeddedActs(host.root), 1), [])
    assert.equal(unclean(host, undisturbed), [])
    await isConverged(fleet)
  })
})

test('killed at any marked point, the next run ends as an undisturbed one and nothing owed is lost', async () => {
  const points = await countPoints(dyingLibrary(hostLibrary()))
  const taken = spread(points, sampleSize(4))
  figure('points between two acts at which the host program is killed', share(taken.length, points))
  await dieAt(taken, dyingLibrary(hostLibrary()), {
    most: (host) => (isBeforeStrikeOut(deathPoint(host)) ? 2 : 1),
    mayLive: (host) => deathPoint(host) === 'ended',
  })
})

test('killed while a service is stopped for its socket, the next run starts it', () =>
  dieAt(['stopped crash-echo.service', 'around crash-echo.service'], dyingLibrary(hostLibrary()), {
    most: () => 1,
    mayLive: () => false,
  }))

test('killed before any single command, the same', async () => {
  const points = await countPoints(dyingAnywhere(hostLibrary()))
  const taken = spread(points, sampleSize(2, process.env.CRASH_COMMANDS ?? process.env.CRASH_POINTS))
  figure('commands of the host program before which it is killed', share(taken.length, points))
  // bash does not let a program die where it enters a function.
  await dieAt(taken, dyingAnywhere(hostLibrary()), { most: () => 2, mayLive: () => true })
})

async function countPoints(library: HostLibrary): Promise<number> {
  let points = 0
  await withCopies(['counts'], async (fleet) => {
    await converge(runOn(fleet, library))
    points = linesOf(only(fleet), passedPath).length
  })
  assert.ok(points > 0)
  return points
}

interface Judgement {
  /** How often a notification may be carried out. */
  readonly most: (host: CrashHost) => number
  /** Whether the run may have come to its end all the same. */
  readonly mayLive: (host: CrashHost) => boolean
}

/** Every point on its own host: the run that dies there, the next one, and one more that must be empty. */
async function dieAt(
  points: readonly (number | string)[],
  library: HostLibrary,
  { most, mayLive }: Judgement,
) {
  for (let start = 0; start < points.length; start += hostsAtOnce) {
    const some = points.slice(start, start + hostsAtOnce)
    const names = some.map((_, index) => `p${start + index}`)
    await withCopies(names, async (fleet) => {
      for (const [index, host] of fleet.hosts.entries()) putFile(host, dieAtPath, `${some[index]}\n`)
      const { report } = await converge(runOn(fleet, library))
      const problems = fleet.hosts.flatMap((host, index) =>
        [
          ...(report.hosts[index]?.status !== 'changed' || mayLive(host) ? [] : ['it did not die']),
          ...brokenIn(host, undisturbed),
        ].map(told(host)),
      )
      const reloadsBefore = new Map(
        fleet.hosts.filter(isReloadOwed).map((host) => [host.name, reloads(host)]),
      )
      const again = await converge(runOn(fleet, hostLibrary()))
      for (const [index, host] of fleet.hosts.entries()) {
        const found = [
          ...endedBadly(host, again.report.hosts[index]),
          ...miscounted(embeddedActs(host.root), most(host)),
          ...(reloads(host) > (reloadsBefore.get(host.name) ?? -1)
            ? []
            : ['systemd was never told that a unit file is gone']),
        ]
        problems.push(...found.map(told(host)))
      }
      assert.is(problems.join('\n'), '')
      await isConverged(fleet)
    })
  }
}

function endedBadly(host: CrashHost, report: HostReport | undefined): readonly string[] {
  const well = report?.status === 'changed' || report?.status === 'unchanged'
  // Where nothing was left to do, nothing ran on the host that could have cleared up; and before its first note of
  // itself a run leaves nothing but its uploads, which go after a day.
  const clears = report?.status === 'changed' && linesOf(host, passedPath).includes('started')
  return [
    ...(well ? [] : [outcome(report)]),
    ...unlikeUndisturbed(host, undisturbed),
    ...(clears ? unclean(host, undisturbed) : []),
  ]
}

function reloads(host: CrashHost): number {
  return embeddedActs(host.root).filter((act) => act === 'daemon-reload').length
}

/** The unit file was removed, and systemd has not read that. */
function isReloadOwed(host: CrashHost): boolean {
  return !existsSync(join(host.root, '/etc/systemd/system/crash-old.service')) && reloads(host) === 0
}

async function isConverged(fleet: EmbeddedFleet): Promise<void> {
  const session = openCrashSession(runOn(fleet, hostLibrary()))
  const plan = await session.plan()
  await session.close()
  for (const host of plan.hosts) {
    if (host.status === 'failed') throw host.error
    assert.equal(host.status === 'planned' && host.changes, [], host.host)
  }
}

async function withCopies(
  names: readonly string[],
  use: (fleet: EmbeddedFleet) => Promise<void>,
): Promise<void> {
  if (past === undefined) throw new Error('there is no past to copy')
  const fleet = await startCopies(past, names)
  try {
    await use(fleet)
  } finally {
    await fleet.close()
  }
}

function runOn(fleet: EmbeddedFleet, library: HostLibrary) {
  const { hosts, identityFile, knownHostsFile } = fleet
  return { hosts, identityFile, knownHostsFile, resources: after(), library }
}

function only({ hosts: [host] }: EmbeddedFleet): CrashHost {
  if (host === undefined) throw new Error('there is no host')
  return host
}

function deathPoint(host: CrashHost): string {
  return linesOf(host, passedPath).at(-1) ?? ''
}

function told(host: CrashHost): (problem: string) => string {
  return (problem) => `killed at point ${host.name.slice(1)} (${deathPoint(host)}): ${problem}`
}

test.run()
