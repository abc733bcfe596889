import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { command, file } from '../../src/dsl.ts'
import type { Session } from '../../src/engine/session.ts'
import type { HostReport } from '../../src/model/report.ts'
import type { Resource } from '../../src/model/resource.ts'
import { dieAtPath, dyingLibrary } from './dying-library.ts'
import { type EmbeddedFleet, makePast, startCopies } from './embedded.ts'
import { type Gate, makeGate } from './gate.ts'
import { converge, openCrashSession, outcome, putFile } from './hosts.ts'
import { after, before } from './scenario.ts'
import { settled } from './settled.ts'
import { differences, isTemporary, takeSnapshot } from './snapshot.ts'
import { leftovers } from './state.ts'

const seen = ['/etc', '/srv', '/home']

let past: string | undefined
test.after(() => {
  if (past !== undefined) rmSync(past, { recursive: true, force: true })
})

test('a host edited between plan and apply refuses and says what changed, and the others go on', async () => {
  await withCopies(['a', 'b'], async (fleet) => {
    const [a, b] = fleet.hosts
    if (a === undefined || b === undefined) throw new Error('there are no hosts')
    const session = openCrashSession(on(fleet, after()))
    const plan = await session.plan()
    appendFileSync(join(a.root, '/etc/crash/web.env'), '# by hand\n')
    const edited = takeSnapshot(a.root, seen)
    const { hosts } = await session.apply(plan)
    await session.close()
    const error = errorOf(hosts[0])
    assert.is(error.code, 'host-changed')
    assert.match(
      'stderr' in error ? String(error.stderr) : '',
      /^\/etc\/crash\/web\.env: the plan saw file 0644 (\d+ \d+) [0-9a-f]{64}, now it is file 0644 \1 [0-9a-f]{64}$/,
    )
    assert.is(outcome(hosts[1]), 'changed')
    assert.equal(differences(takeSnapshot(a.root, seen), edited), [])
    assert.equal(leftovers(a.root, []), [])
    const next = await converge(on(fleet, after()))
    assert.equal(next.report.hosts.map(outcome), ['changed', 'unchanged'])
    assert.equal(differences(takeSnapshot(a.root, seen), takeSnapshot(b.root, seen)), [])
  })
})

test('two controllers at once: the second one fails with who, since when and from where', async () => {
  await withCopies(['a'], async (fleet) => {
    const gate = makeGate(rootOf(fleet))
    const [first, second] = [1, 2].map(() => openCrashSession(on(fleet, held(gate))))
    if (first === undefined || second === undefined) throw new Error('there are no sessions')
    const [plan, other] = [await first.plan(), await second.plan()]
    const applying = first.apply(plan)
    await gate.reached()
    const refused = errorOf((await second.apply(other)).hosts[0])
    assert.is(refused.code, 'locked')
    const holder = /[0-9a-z]+-[0-9a-f]+ \S+@\S+ since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/.source
    assert.match(refused.message, new RegExp(`^another apply holds the lock: ${holder}$`))
    const [late] = (await second.plan()).hosts
    if (late?.status !== 'failed') throw new Error('a plan was made of a host in the middle of an apply')
    assert.is(late.error.code, 'locked')
    assert.match(late.error.message, new RegExp(`^another apply is running: ${holder}$`))
    gate.open()
    assert.is(outcome((await applying).hosts[0]), 'changed')
    assert.equal(leftovers(rootOf(fleet), []), [])
    await closeAll(first, second)
  })
})

test('a controller that waits for the lock plans what the other one left', async () => {
  await withCopies(['a'], async (fleet) => {
    const gate = makeGate(rootOf(fleet))
    const first = openCrashSession(on(fleet, held(gate)))
    const applying = first.apply(await first.plan())
    await gate.reached()
    const second = openCrashSession({ ...on(fleet, held(gate)), lockWaitSeconds: 30 })
    const planning = second.plan()
    gate.open()
    assert.is(outcome((await applying).hosts[0]), 'changed')
    const [host] = (await planning).hosts
    assert.equal(host?.status === 'planned' && host.changes, [])
    await closeAll(first, second)
  })
})

test('a connection lost during an apply is resumed, and the host never stopped', async () => {
  await withCopies(['a'], async (fleet) => {
    const gate = makeGate(rootOf(fleet))
    const session = openCrashSession(on(fleet, held(gate)))
    const applying = session.apply(await session.plan())
    await gate.reached()
    fleet.cut('a')
    gate.open()
    assert.is(outcome((await applying).hosts[0]), 'changed')
    await session.close()
  })
})

test('a host whose controller went away finishes on its own, and the next run reads the outcome', async () => {
  await withCopies(['a'], async (fleet) => {
    const gate = makeGate(rootOf(fleet))
    const session = openCrashSession(on(fleet, held(gate)))
    const plan = await session.plan()
    const applying = session.apply(plan).then(
      (report) => outcome(report.hosts[0]),
      (error: unknown) => String(error),
    )
    await gate.reached()
    await session.close()
    gate.open()
    await applying
    for (const host of fleet.hosts) await settled(host)
    assert.ok(existsSync(join(rootOf(fleet), '/etc/crash/behind')))
    const next = await converge(on(fleet, held(gate)))
    assert.equal(next.report.hosts.map(outcome), ['unchanged'])
  })
})

test('a link planted in the middle of an apply is never written through', async () => {
  await withCopies(['target', 'temporary'], async (fleet) => {
    const gates = fleet.hosts.map(({ root }) => makeGate(root))
    const [gate] = gates
    if (gate === undefined) throw new Error('there is no gate')
    const session = openCrashSession(on(fleet, held(gate)))
    const applying = session.apply(await session.plan())
    await Promise.all(gates.map((each) => each.reached()))
    for (const { name, root } of fleet.hosts) {
      writeFileSync(join(root, 'etc/victim'), 'secret\n')
      const [id = ''] = readFileSync(join(root, 'var/lib/converge/applying'), 'utf8').split(' ')
      const names =
        name === 'target'
          ? ['behind']
          : Array.from({ length: 30 }, (_, number) => `.converge-${id}-${number}`)
      for (const link of names) symlinkSync('../victim', join(root, 'etc/crash', link))
    }
    for (const each of gates) each.open()
    const [target, temporary] = (await applying).hosts
    await session.close()
    assert.is(
      errorOf(target).message,
      'a symbolic link is at /etc/crash/behind; converge does not write through links',
    )
    assert.is(outcome(temporary), 'changed')
    for (const { name, root } of fleet.hosts) {
      assert.is(readFileSync(join(root, 'etc/victim'), 'utf8'), 'secret\n')
      if (name === 'temporary') assert.not(lstatSync(join(root, 'etc/crash/behind')).isSymbolicLink())
    }
  })
})

test('what a killed run left in a directory is removed, even if that is no longer in the spec', async () => {
  await withCopies(['a'], async (fleet) => {
    for (const host of fleet.hosts) putFile(host, dieAtPath, 'queue durable\n')
    await converge({ ...on(fleet, after()), library: dyingLibrary(hostLibrary()) })
    const temporaries = (): readonly string[] =>
      [...takeSnapshot(rootOf(fleet), seen).keys()].filter(isTemporary)
    assert.ok(temporaries().some((path) => path.startsWith('/etc/crash/private/.converge-')))
    assert.equal((await converge(on(fleet, before()))).report.hosts.map(outcome), ['changed'])
    assert.equal(temporaries(), [])
    assert.equal(leftovers(rootOf(fleet), ['/etc/crash']), [])
  })
})

test('uploads of controllers that died before they could start a run go with the next one of their cluster, others after a day', async () => {
  await withCopies(['a'], async (fleet) => {
    const directories = {
      dead: '/var/tmp/converge-other-m1abcdef-0123abcd',
      own: '/var/tmp/converge-crash-m3abcdef-0123abcd',
      fresh: '/var/tmp/converge-other-m2abcdef-0123abcd',
      foreign: '/var/tmp/converge-somebody-elses',
    }
    const dayBeforeYesterday = Date.now() / 1000 - 2 * 86_400
    for (const [name, directory] of Object.entries(directories)) {
      mkdirSync(join(rootOf(fleet), directory))
      if (name !== 'fresh' && name !== 'own')
        utimesSync(join(rootOf(fleet), directory), dayBeforeYesterday, dayBeforeYesterday)
    }
    assert.equal((await converge(on(fleet, after()))).report.hosts.map(outcome), ['changed'])
    assert.equal(leftovers(rootOf(fleet), []), [directories.fresh, directories.foreign])
  })
})

/** A run that stops at a gate, with more to do after it. */
function held(gate: Gate): readonly Resource[] {
  return [
    ...before(),
    command({ name: 'gate', command: gate.command, creates: gate.passed }),
    file({ path: '/etc/crash/behind', content: 'x\n' }),
  ]
}

function errorOf(report: HostReport | undefined) {
  if (report?.status !== 'failed') throw new Error(`it did not fail: ${outcome(report)}`)
  return report.error
}

function on(fleet: EmbeddedFleet, resources: readonly Resource[]) {
  const { hosts, identityFile, knownHostsFile } = fleet
  return { hosts, identityFile, knownHostsFile, resources, library: hostLibrary() }
}

function rootOf({ hosts: [host] }: EmbeddedFleet): string {
  if (host === undefined) throw new Error('there is no host')
  return host.root
}

async function closeAll(...sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) await session.close()
}

async function withCopies(
  names: readonly string[],
  use: (fleet: EmbeddedFleet) => Promise<void>,
): Promise<void> {
  past ??= await makePast()
  const fleet = await startCopies(past, names)
  try {
    await use(fleet)
  } finally {
    await fleet.close()
  }
}

test.run()
