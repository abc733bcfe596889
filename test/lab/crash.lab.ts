import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import type { Resource } from '../../src/model/resource.ts'
import type { HostLibrary } from '../../src/shell/library.ts'
import { startController } from '../crash/controller-process.ts'
import { dieAtPath, dyingLibrary, isBeforeStrikeOut, passedPath } from '../crash/dying-library.ts'
import { type CrashHost, converge, linesOf, outcome, type SessionOptions } from '../crash/hosts.ts'
import { type Cut, type ProxiedHosts, putProxiesBefore } from '../crash/proxied.ts'
import { actsPath, after, before, distribution, scenarioPaths } from '../crash/scenario.ts'
import { settled } from '../crash/settled.ts'
import { takeSnapshot } from '../crash/snapshot.ts'
import { spread, spreadFor } from '../crash/spread.ts'
import { readState } from '../crash/state.ts'
import { brokenIn, miscounted, type Undisturbed, unclean, unlikeUndisturbed } from '../crash/verdict.ts'
import { figure, share } from '../figure.ts'
import { labSuite } from './harness/unavailable.ts'

const test = labSuite('interrupted runs on real hosts')
const names = Array.from({ length: 8 }, (_, index) => `crash${index}`)
const seen = [...scenarioPaths, '/etc/systemd/system/multi-user.target.wants']
/**
 * All points, but of the messages a sample, which is another one after each change of the host library: the nightly mode
 * takes all of them on embedded hosts. CRASH_POINTS says another number for both, or `all`.
 */
const sampleSize = (usual: number, wanted = process.env.CRASH_POINTS): number => {
  if (wanted === undefined) return usual
  return wanted === 'all' ? Number.POSITIVE_INFINITY : Number(wanted)
}
const messagesTaken = 40

let lab: Lab
let hosts: readonly CrashHost[]
let undisturbed: Undisturbed
let points = 0
let messages = 0

test.before(async () => {
  lab = await startLab({ hosts: names })
  hosts = names.map((name) => ({ name, address: lab.address(name), port: 22, root: lab.path(name, '/') }))
})

test.after(async () => {
  await lab?.close()
})

test('an undisturbed run does everything once, and the next one finds nothing', async () => {
  const taken = hosts.slice(0, 1)
  const [host] = taken
  if (host === undefined) throw new Error('there is no host')
  await goBack(taken)
  const earlier = takeSnapshot(host.root, seen)
  const proxied = await putProxiesBefore(reachable(taken), [{}])
  const { report } = await converge({ ...proxied.through, library: dyingLibrary(hostLibrary()) })
  messages = proxied.proxies[0]?.messages() ?? 0
  proxied.close()
  assert.is(outcome(report.hosts[0]), 'changed')
  points = linesOf(host, passedPath).length
  undisturbed = { seen, before: earlier, after: takeSnapshot(host.root, seen), state: readState(host) }
  assert.equal(undisturbed.state.pending, [])
  assert.equal(miscounted(actsOf(host), 1), [])
  assert.equal(unclean(host, undisturbed), [])
  const again = await converge(on(taken, after()))
  assert.is(outcome(again.report.hosts[0]), 'unchanged')
})

test('killed at every marked point, the next run ends as an undisturbed one and nothing owed is lost', async () => {
  const taken = spread(points, sampleSize(Number.POSITIVE_INFINITY))
  for (const batch of batches(taken)) {
    const some = await goBack(hosts.slice(0, batch.length))
    for (const [index, host] of some.entries()) put(host, dieAtPath, `${batch[index]}\n`)
    const { report } = await converge(on(some, after(), dyingLibrary(hostLibrary())))
    const deaths = some.map((host) => linesOf(host, passedPath).at(-1) ?? '')
    const problems = some.flatMap((host, index) => [
      ...(report.hosts[index]?.status !== 'changed' || deaths[index] === 'ended' ? [] : ['it did not die']),
      ...brokenIn(host, undisturbed),
    ])
    problems.push(
      ...(await endWell(some, on(some, after()), (index) =>
        isBeforeStrikeOut(deaths[index] ?? '') ? 2 : 1,
      )),
    )
    assert.is(problems.join('\n'), '', `killed at ${batch.join(', ')}: ${deaths.join(', ')}`)
  }
  figure('points between two acts at which the host program is killed', share(taken.length, points))
})

test('cut off at every message, the host continues by itself, and the next run ends like an undisturbed one', async () => {
  const taken = sampleOfMessages('cut')
  for (const batch of batches(taken)) {
    const cuts = batch.map((cutAt) => ({ cutAt }))
    await throughProxies(cuts, async (some, { through, direct }) => {
      const { report } = await converge(through)
      for (const host of some) await settled(host)
      const problems = some.flatMap((host) => brokenIn(host, undisturbed))
      problems.push(...(await endWell(some, direct, () => 1)))
      assert.is(
        problems.join('\n'),
        '',
        `cut at ${batch.join(', ')}: ${report.hosts.map(outcome).join(', ')}`,
      )
    })
  }
  figure('messages to a host at which its connection is cut', share(taken.length, messages))
})

test('a controller killed at any message leaves hosts that the next run makes whole', async () => {
  const taken = sampleOfMessages('kill')
  let killed = 0
  for (const batch of batches(taken)) {
    const controllers = new Map<number, () => void>()
    const kills = batch.map((cutAt) => ({ cutAt, onReached: () => controllers.get(cutAt)?.() }))
    await throughProxies(kills, async (some, { through, direct }) => {
      const ends = await Promise.all(
        batch.map((cutAt, index) => {
          const { identityFile, knownHostsFile } = through
          const controller = startController({
            hosts: through.hosts.slice(index, index + 1),
            identityFile,
            knownHostsFile,
          })
          controllers.set(cutAt, controller.kill)
          return controller.ended
        }),
      )
      killed += ends.filter((end) => end === 'SIGKILL').length
      for (const host of some) await settled(host)
      const problems = some.flatMap((host) => brokenIn(host, undisturbed))
      problems.push(...(await endWell(some, direct, () => 1)))
      assert.is(problems.join('\n'), '', `killed at ${batch.join(', ')}`)
    })
  }
  figure('messages to a host at which the controller is killed', share(killed, messages))
  assert.ok(killed >= taken.length / 2)
})

function sampleOfMessages(what: string): readonly number[] {
  return spreadFor(what + JSON.stringify(hostLibrary()), messages, sampleSize(messagesTaken))
}

/** Brings hosts to the scenario's state before its change, from wherever the last round left them. */
async function goBack(some: readonly CrashHost[]): Promise<readonly CrashHost[]> {
  const clear = [
    'systemctl stop "crash-*"',
    'userdel --remove crash 2>/dev/null',
    'groupdel crash 2>/dev/null',
    `rm -rf /var/lib/converge /var/tmp/converge-* ${[...scenarioPaths, '/etc/systemd/system/*.wants/crash-*', dieAtPath].join(' ')}`,
    'systemctl daemon-reload',
    'mkdir /etc/crash',
  ]
  await Promise.all(some.map(({ name }) => lab.run(name, clear.join('; '))))
  for (const host of some)
    for (const [path, content] of Object.entries(distribution)) put(host, path, content)
  const { report } = await converge(on(some, before()))
  assert.equal(
    report.hosts.map(outcome),
    some.map(() => 'changed'),
  )
  await Promise.all(some.map(({ name }) => lab.run(name, `rm -f ${actsPath} ${passedPath}`)))
  return some
}

/** One more run makes the hosts whole, and another one finds nothing; what is not so, one line each. */
async function endWell(
  some: readonly CrashHost[],
  options: SessionOptions,
  most: (index: number) => number,
): Promise<readonly string[]> {
  const next = await converge(options)
  const problems = some.flatMap((host, index) => {
    const report = next.report.hosts[index]
    const well = report?.status === 'changed' || report?.status === 'unchanged'
    return [
      ...(well ? [] : [outcome(report)]),
      ...unlikeUndisturbed(host, undisturbed),
      ...miscounted(actsOf(host), most(index)),
    ].map((problem) => `${host.name}: ${problem}`)
  })
  const last = await converge(options)
  return [
    ...problems,
    ...last.report.hosts.flatMap((report) => (report.status === 'unchanged' ? [] : [outcome(report)])),
  ]
}

async function throughProxies(
  cuts: readonly Cut[],
  use: (some: readonly CrashHost[], proxied: ProxiedHosts) => Promise<void>,
): Promise<void> {
  const some = await goBack(hosts.slice(0, cuts.length))
  const proxied = await putProxiesBefore(reachable(some), cuts)
  try {
    await use(some, proxied)
  } finally {
    proxied.close()
  }
}

function reachable(some: readonly CrashHost[]) {
  return { hosts: some, identityFile: lab.identityFile, knownHostsFile: lab.knownHostsFile }
}

function on(
  some: readonly CrashHost[],
  resources: readonly Resource[],
  library: HostLibrary = hostLibrary(),
) {
  return { ...reachable(some), resources, library }
}

/** What units and commands wrote down, in the scenario's words: a unit that ran is restarted by being started again. */
function actsOf(host: CrashHost): readonly string[] {
  return linesOf(host, actsPath).map((act) => (act === 'start crash-web' ? 'restart crash-web' : act))
}

function put(host: CrashHost, path: string, content: string): void {
  writeFileSync(join(host.root, path), content)
}

function batches(numbers: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(numbers.length / names.length) }, (_, index) =>
    numbers.slice(index * names.length, (index + 1) * names.length),
  )
}

test.run()
