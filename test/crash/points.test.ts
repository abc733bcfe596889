import { rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/host-library.ts'
import type { HostReport } from '../../src/model/report.ts'
import { dieAtPath, dyingLibrary, isBeforeStrikeOut, passedPath } from './dying-library.ts'
import { type EmbeddedFleet, embeddedActs, makePast, startCopies } from './embedded.ts'
import { type CrashHost, converge, linesOf, openCrashSession, outcome, putFile } from './hosts.ts'
import { after, owed, transient } from './scenario.ts'
import { differences, type Snapshot, takeSnapshot, unlikeBoth } from './snapshot.ts'
import { type KeptState, leftovers, readState, stateDifferences } from './state.ts'

/** Enough for one `npm test`; CRASH_POINTS=all takes every point, as the lab does on a real host. */
const sampleSize = process.env.CRASH_POINTS === 'all' ? Number.POSITIVE_INFINITY : 10
const seen = ['/etc', '/srv', '/home', '/run/embedded-systemd']
const accountFiles = ['/etc/passwd', '/etc/group', '/etc/shadow']

const passing = new Map(
  Object.entries(transient).map(([path, content]) => [path, `file 0644 0:0 ${content}`]),
)

interface Undisturbed {
  readonly points: number
  readonly before: Snapshot
  readonly after: Snapshot
  readonly state: KeptState
}

let past: string | undefined
let undisturbed: Undisturbed

test.before(async () => {
  past = await makePast()
})
test.after(() => {
  if (past !== undefined) rmSync(past, { recursive: true, force: true })
})

test('an undisturbed run does everything once, and the next one finds nothing', async () => {
  await withCopies(['whole'], async (fleet) => {
    const [host] = fleet.hosts
    if (host === undefined) throw new Error('there is no host')
    const before = takeSnapshot(host.root, seen)
    const { report } = await converge(runOn(fleet, dyingLibrary(hostLibrary())))
    assert.is(outcome(report.hosts[0]), 'changed')
    const acts = embeddedActs(host.root)
    for (const act of owed) assert.is(acts.filter((done) => done === act).length, 1, act)
    assert.equal(leftovers(host.root, directoriesIn(before)), [])
    undisturbed = {
      points: linesOf(host, passedPath).length,
      before,
      after: takeSnapshot(host.root, seen),
      state: readState(host),
    }
    assert.equal(undisturbed.state.pending, [])
    await isConverged(fleet)
  })
})

test('killed at any point, the next run ends as an undisturbed one, and nothing that was owed is lost', async () => {
  const points = sample(undisturbed.points)
  console.log(`${undisturbed.points} crash points, ${points.length} of them taken`)
  const names = points.map((point) => `p${point}`)
  for (let start = 0; start < names.length; start += 40) {
    await withCopies(names.slice(start, start + 40), async (fleet) => {
      for (const host of fleet.hosts) putFile(host, dieAtPath, `${host.name.slice(1)}\n`)
      const { report } = await converge(runOn(fleet, dyingLibrary(hostLibrary())))
      const broken = fleet.hosts.flatMap((host, index) => [
        ...(report.hosts[index]?.status === 'changed' ? [`${host.name} did not die`] : []),
        ...brokenIn(host).map((path) => `${died(host)}: ${path} is broken`),
      ])
      const again = await converge(runOn(fleet, hostLibrary()))
      const lost = fleet.hosts.flatMap((host, index) => endedBadly(host, again.report.hosts[index]))
      assert.is([...broken, ...lost].join('\n'), '')
      await isConverged(fleet)
    })
  }
})

/** Paths that are neither as before nor as after, and account files with lines that are neither. */
function brokenIn(host: CrashHost): readonly string[] {
  const now = takeSnapshot(host.root, seen)
  const { before, after } = undisturbed
  const torn = accountFiles.filter((path) => {
    const known = [before, after].flatMap((snapshot) => (snapshot.get(path) ?? '').split('\n'))
    return (now.get(path) ?? '').split('\n').some((line) => !known.includes(line))
  })
  const others = unlikeBoth(now, before, after).filter(
    (path) =>
      !accountFiles.includes(path) && !path.startsWith('/run/') && now.get(path) !== passing.get(path),
  )
  return [...torn, ...others]
}

/** What is not as after an undisturbed run. */
function endedBadly(host: CrashHost, report: HostReport | undefined): readonly string[] {
  const now = takeSnapshot(host.root, seen)
  const problems = [
    ...differences(now, undisturbed.after),
    ...stateDifferences(readState(host), undisturbed.state),
    // Where nothing was left to do, nothing ran on the host that could have cleared up; and before its first note of
    // itself a run leaves nothing but its uploads, which go after a day.
    ...(report?.status === 'changed' && deathPoint(host) !== 'locked'
      ? leftovers(host.root, directoriesIn(now))
      : []),
  ]
  if (report?.status !== 'changed' && report?.status !== 'unchanged') problems.push(outcome(report))
  const acts = embeddedActs(host.root)
  const most = isBeforeStrikeOut(deathPoint(host)) ? 2 : 1
  for (const act of owed) {
    const times = acts.filter((done) => done === act).length
    if (times < 1 || times > most) problems.push(`${times} times ${act}`)
  }
  return problems.map((problem) => `${died(host)}: ${problem}`)
}

async function isConverged(fleet: EmbeddedFleet): Promise<void> {
  const session = openCrashSession(runOn(fleet, hostLibrary()))
  const plan = await session.plan()
  await session.close()
  for (const host of plan.hosts) {
    assert.is(host.status, 'planned')
    assert.equal(host.status === 'planned' && host.changes, [], host.host)
  }
}

async function withCopies(
  names: readonly string[],
  use: (fleet: EmbeddedFleet) => Promise<void>,
): Promise<void> {
  const fleet = await startCopies(past, names)
  try {
    await use(fleet)
  } finally {
    await fleet.close()
  }
}

function runOn(fleet: EmbeddedFleet, library: ReturnType<typeof hostLibrary>) {
  const { hosts, identityFile, knownHostsFile } = fleet
  return { hosts, identityFile, knownHostsFile, resources: after(), library }
}

function deathPoint(host: CrashHost): string {
  return linesOf(host, passedPath).at(-1) ?? ''
}

function died(host: CrashHost): string {
  return `killed at point ${host.name.slice(1)} (${deathPoint(host)})`
}

function directoriesIn(snapshot: Snapshot): readonly string[] {
  return [...snapshot].flatMap(([path, state]) => (state.startsWith('directory ') ? [path] : []))
}

/** Evenly spread over all points, the last one among them. */
function sample(points: number): readonly number[] {
  const size = Math.min(points, sampleSize)
  return Array.from({ length: size }, (_, index) => Math.round(((index + 1) * points) / size))
}

test.run()
