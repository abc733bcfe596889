import { mkdirSync, readdirSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { command, file, unit } from '../../src/dsl.ts'
import type { SessionInput } from '../../src/engine/session-context.ts'
import { ConvergeError, Interrupted } from '../../src/model/errors.ts'
import type { HostReport, Progress } from '../../src/model/report.ts'
import type { Resource } from '../../src/model/resource.ts'
import { createStop } from '../../src/model/stop.ts'
import type { Connection } from '../../src/model/transport.ts'
import { createTransports } from '../../src/transports/index.ts'
import { type Gate, makeGate } from '../crash/gate.ts'
import { fakeClock } from './fake-clock.ts'
import { type Fleet, fleetSuite } from './fleet.ts'

const test = fleetSuite('stopping', ['a', 'b'])
const three = fleetSuite('stopping three hosts', ['a', 'b', 'c'])

/** Signals that each count as a wish of their own. */
function signals() {
  let now = 0
  return createStop(() => (now += 1_000))
}

function gateOn(fleet: Fleet, host: string): Gate {
  mkdirSync(fleet.path(host, '/srv/crash'), { recursive: true })
  return makeGate(fleet.path(host, '/'))
}

const motd = file({ path: '/etc/motd', content: 'hello' })
/** What is done before the gate, the gate, and what is done after it. */
const gated = ({ command: waits, passed }: Gate): readonly Resource[] => [
  motd,
  command({ name: 'gate', command: waits, creates: passed }),
  file({ path: '/etc/after', content: 'after' }),
]

/** Transports whose connections a test changes. */
function transportsWith(change: (connection: Connection) => Partial<Connection>): SessionInput['transports'] {
  const transports = createTransports()
  return {
    async connect(options) {
      const connection = await transports.connect(options)
      return { ...connection, ...change(connection) }
    },
    close: () => transports.close(),
  }
}

const statuses = (hosts: readonly HostReport[]) => hosts.map(({ host, status }) => `${host} ${status}`)

/** Waits for another apply as --lock-wait does, and gives what is left to do after it. */
async function leftAfter(fleet: Fleet, resources: readonly Resource[], host: string): Promise<number> {
  const session = fleet.session(resources, 'fleet', [host], { clock: fakeClock(), lockWaitSeconds: 600 })
  try {
    const [planned] = (await session.plan()).hosts
    if (planned?.status === 'failed') throw planned.error
    return planned?.status === 'planned' ? planned.changes.length : -1
  } finally {
    await session.close()
  }
}

three(
  'after a first signal no queued host starts, and started ones are followed to their end',
  async ({ fleet }) => {
    const { stop, request } = signals()
    const gates = new Map(fleet.names.map((name) => [name, gateOn(fleet, name)]))
    const [gate] = gates.values()
    if (gate === undefined) throw new Error('there is no gate')
    const session = fleet.session(gated(gate), 'fleet', fleet.names, { parallel: 2, stop })
    const plan = await session.plan()
    const applied = session.apply(plan)
    await Promise.all(['a', 'b'].map((name) => gates.get(name)?.reached()))
    request()
    for (const name of ['a', 'b']) gates.get(name)?.open()
    const { hosts } = await applied
    await session.close()
    assert.equal(statuses(hosts), ['a changed', 'b changed', 'c not-started'])
    assert.is(fleet.read('b', '/etc/after'), 'after')
    assert.match(JSON.stringify(hosts[2]), '"reason":"interrupted before it started"')
    assert.is(fleet.read('c', '/etc/motd'), undefined)
  },
)

/** A member of a group with one member down at a time: each host is a wave. */
const member = (greeting: string): readonly Resource[] => {
  const settings = file({ path: '/etc/app.conf', content: greeting })
  return [
    settings,
    unit({
      name: 'app.service',
      content: { Service: { ExecStart: '/usr/bin/app' } },
      started: true,
      restartOn: [settings],
      disruption: { group: 'app', maxUnavailable: 1, healthy: 'true', healthyTimeoutSeconds: 5 },
    }),
  ]
}

test('after a first signal no later wave starts, and its gate is not checked', async ({ fleet }) => {
  await fleet.converge(member('one'))
  const { stop, request } = signals()
  const events: Progress[] = []
  const onProgress = (event: Progress) => {
    events.push(event)
    if (event.event === 'host-done' && event.host === 'a') request()
  }
  const session = fleet.session(member('two'), 'fleet', fleet.names, { stop, onProgress })
  const { hosts } = await session.apply(await session.plan())
  await session.close()
  assert.equal(statuses(hosts), ['a changed', 'b not-started'])
  assert.equal(
    events.flatMap((event) => (event.event === 'wave' ? [event.wave] : [])),
    [1],
  )
  assert.is(fleet.read('b', '/etc/app.conf'), 'one')
})

test('a signal while a gate is asked keeps the wave from beginning, and calls no member silent', async ({
  fleet,
}) => {
  await fleet.converge(member('one'))
  const { stop, request } = signals()
  let applying = false
  const transports = transportsWith((connection) => ({
    exec(options) {
      if (applying) request()
      return connection.exec(options)
    },
  }))
  const session = fleet.session(member('two'), 'fleet', fleet.names, { stop, transports })
  const plan = await session.plan()
  applying = true
  const { hosts } = await session.apply(plan)
  await session.close()
  assert.equal(
    hosts.map((host) => (host.status === 'not-started' ? host.reason : host.status)),
    Array(2).fill('interrupted before it started'),
  )
})

test('a host that is uploaded to when the signal comes does not launch, and what was staged is removed', async ({
  fleet,
}) => {
  const { stop, request } = signals()
  const transports = transportsWith((connection) => ({
    upload(directory, files, signal) {
      const uploading = connection.upload(directory, files, signal)
      // The directory is made before the first file is put into it.
      const staged = fleet.path(connection.host, '/var/tmp')
      const watching = setInterval(() => {
        if (readdirSync(staged).length === 0) return
        clearInterval(watching)
        request()
      }, 1)
      return uploading.finally(() => clearInterval(watching))
    },
  }))
  const large = file({ path: '/etc/large', content: 'x'.repeat(40_000_000) })
  const session = fleet.session([large], 'fleet', ['a'], { stop, transports })
  const { hosts } = await session.apply(await session.plan())
  await session.close()
  assert.equal(statuses(hosts), ['a not-started'])
  assert.equal(readdirSync(fleet.path('a', '/var/tmp')), [])
})

test('a host whose launch was requested but not sent does not start', async ({ fleet }) => {
  const { stop, request } = signals()
  let applying = false
  const transports = transportsWith((connection) => ({
    exec(options) {
      const running = connection.exec(options)
      if (applying) request()
      return running
    },
  }))
  const run = [command({ name: 'touch', command: 'touch "$CONVERGE_ROOT/touched"', creates: '/touched' })]
  const session = fleet.session(run, 'fleet', ['a'], { stop, transports })
  const plan = await session.plan()
  applying = true
  const { hosts } = await session.apply(plan)
  await session.close()
  assert.equal(statuses(hosts), ['a not-started'])
  assert.is(await leftAfter(fleet, run, 'a'), 1)
})

test('a second signal leaves a started host running, with the results so far', async ({ fleet }) => {
  const { stop, request } = signals()
  const gate = gateOn(fleet, 'a')
  const session = fleet.session(gated(gate), 'fleet', ['a'], { stop })
  const applied = session.apply(await session.plan())
  await gate.reached()
  request()
  request()
  const [report] = (await applied).hosts
  await session.close()
  assert.is(report?.status, 'left-running')
  if (report?.status !== 'left-running') return
  assert.equal(
    report.results.map(({ change, outcome }) => [change.resource, outcome]),
    [['file[/etc/motd]', 'applied']],
  )
  assert.match(report.remedy, 'The host finishes by itself: `converge status` shows when it has')
  gate.open()
  assert.is(await leftAfter(fleet, gated(gate), 'a'), 0)
})

test('a second signal while a host is verified says that it was not', async ({ fleet }) => {
  const { stop, request } = signals()
  const transports = transportsWith((connection) => ({
    exec: ({ onStdout, ...options }) =>
      connection.exec({
        ...options,
        onStdout(chunk) {
          onStdout?.(chunk)
          if (!/^end ok$/m.test(Buffer.from(chunk).toString())) return
          request()
          request()
        },
      }),
  }))
  const session = fleet.session([motd], 'fleet', ['a'], { stop, transports })
  const [report] = (await session.apply(await session.plan())).hosts
  await session.close()
  assert.is(report?.status, 'left-running')
  assert.match(JSON.stringify(report), 'All changes were applied, but not verified')
})

test('an apply is verified in the exec that follows it; if that is lost at its end, in another one', async ({
  fleet,
}) => {
  const execs: string[] = []
  const transports = transportsWith((connection) => ({
    async exec(options) {
      execs.push(options.program)
      const result = await connection.exec(options)
      if (execs.length !== 3) return result
      throw new ConvergeError('connection-lost', 'lost', { host: connection.host, step: 'exec' })
    },
  }))
  const converge = async (resources: readonly Resource[]) => {
    const session = fleet.session(resources, 'fleet', ['a'], { transports })
    const [report] = (await session.apply(await session.plan())).hosts
    await session.close()
    return report?.status
  }
  // What undoes itself differs for whoever looks.
  const undo = 'touch "$CONVERGE_ROOT/undone" && rm "$CONVERGE_ROOT/etc/motd"'
  const undone = [motd, command({ name: 'undo', command: undo, creates: '/undone' })]
  assert.is(await converge([motd]), 'changed')
  assert.is(execs.length, 2)
  execs.length = 0
  execs.push('')
  assert.is(await converge(undone), 'unsettled')
  assert.is(execs.length, 4)
})

test('a started host is followed over a lost connection after a first signal, too', async ({ fleet }) => {
  const { stop, request } = signals()
  const gate = gateOn(fleet, 'a')
  const clock = fakeClock()
  const session = fleet.session(gated(gate), 'fleet', ['a'], { stop, clock })
  const applied = session.apply(await session.plan())
  await gate.reached()
  request()
  fleet.cut('a')
  gate.open()
  assert.equal(statuses((await applied).hosts), ['a changed'])
  await session.close()
  assert.equal(clock.pauses, [200])
})

test('a host that may have started is not sent the program again', async ({ fleet }) => {
  const { stop, request } = signals()
  let sent = 0
  const transports = transportsWith((connection) => ({
    async exec(options) {
      if (options.onSend === undefined) return connection.exec(options)
      sent += 1
      options.onSend()
      throw new ConvergeError('connection-lost', 'lost', { host: connection.host, step: 'exec' })
    },
  }))
  const session = fleet.session([motd], 'fleet', ['a'], { stop, transports, clock: fakeClock(request) })
  const { hosts } = await session.apply(await session.plan())
  await session.close()
  assert.equal(statuses(hosts), ['a left-running'])
  assert.is(sent, 1)
})

test('nothing connects again after a close', async ({ fleet }) => {
  const gate = gateOn(fleet, 'a')
  const connected: string[] = []
  const onProgress = (event: Progress) => {
    if (event.event === 'connecting') connected.push(event.host)
  }
  const session = fleet.session(gated(gate), 'fleet', ['a'], { onProgress })
  const applied = session.apply(await session.plan())
  await gate.reached()
  await session.close()
  assert.equal(statuses((await applied).hosts), ['a left-running'])
  await session.plan().then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, Interrupted),
  )
  assert.equal(connected, ['a'])
  gate.open()
  assert.is(await leftAfter(fleet, gated(gate), 'a'), 0)
})

test('a signal ends an inspection at once: of a host that hangs, and of those in the queue', async ({
  fleet,
}) => {
  const { stop, request } = signals()
  const asked: string[] = []
  const transports: SessionInput['transports'] = {
    connect: ({ host, signal }) => {
      asked.push(host)
      queueMicrotask(request)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
    close: async () => {},
  }
  const session = fleet.session([motd], 'fleet', fleet.names, { stop, transports, parallel: 1 })
  for (const work of [
    session.plan(),
    session.planRollback(),
    session.exec('true', 1_000, { allowLocal: true }),
  ]) {
    await work.then(
      () => assert.unreachable(),
      (error: unknown) => assert.instance(error, Interrupted),
    )
  }
  await session.close()
  assert.equal(asked, ['a'])
})

for (const resources of [[motd], member('two')] as const) {
  test(`a connection that died after the plan is opened again: ${resources.length} resources`, async ({
    fleet,
  }) => {
    await fleet.converge(member('one'))
    const session = fleet.session(resources)
    const plan = await session.plan({ prune: false, release: false })
    for (const name of fleet.names) fleet.cut(name)
    const { hosts } = await session.apply(plan)
    await session.close()
    assert.equal(statuses(hosts), ['a changed', 'b changed'])
  })
}

test('a connection that cannot be opened again leaves the host as unreachable, and nothing is tried twice', async ({
  fleet,
}) => {
  const lost = (nothingSent?: true) =>
    new ConvergeError('connection-lost', 'lost', {
      host: 'a',
      step: 'exec',
      ...(nothingSent === undefined ? {} : { nothingSent }),
    })
  for (const [error, connections] of [
    [lost(true), 2],
    [lost(), 1],
  ] as const) {
    let applying = false
    let connected = 0
    const transports = transportsWith((connection) => {
      connected += 1
      return {
        exec: (options) => (applying ? Promise.reject(error) : connection.exec(options)),
        upload: () => Promise.reject(error),
      }
    })
    const session = fleet.session([motd], 'fleet', ['a'], { transports, clock: fakeClock() })
    const plan = await session.plan()
    applying = true
    const { hosts } = await session.apply(plan)
    await session.close()
    assert.equal(statuses(hosts), ['a unreachable'])
    assert.is(connected, connections)
  }
})

test.run()
three.run()
