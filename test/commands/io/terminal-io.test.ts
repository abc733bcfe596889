import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createTerminalIo } from '../../../src/commands/io/terminal-io.ts'
import { Interrupted } from '../../../src/model/errors.ts'

const unstopped = new AbortController().signal

function terminal(options: { readonly isTTY: boolean; readonly env?: Readonly<Record<string, string>> }) {
  const make = () =>
    Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: options.isTTY, columns: 40 })
  const streams = { stdin: make(), stdout: make(), stderr: make() }
  const listeners = new Set<() => void>()
  const io = createTerminalIo({
    ...streams,
    env: options.env ?? {},
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  return { ...streams, io, listeners }
}

function shown(stream: PassThrough): string {
  return String(stream.read() ?? '')
}

test('asks on stderr and gives the answer', async () => {
  const { io, stdin, stdout, stderr } = terminal({ isTTY: true })
  const answer = io.ask('Really? ', unstopped)
  stdin.write('yes\r')
  assert.is(await answer, 'yes')
  assert.match(shown(stderr), 'Really? ')
  assert.is(shown(stdout), '')
})

test('does not show a secret', async () => {
  const { io, stdin, stderr } = terminal({ isTTY: true })
  const answer = io.askSecret('password: ', unstopped)
  stdin.write('hunter2\r')
  assert.is(await answer, 'hunter2')
  assert.is(shown(stderr), 'password: \n')
})

const endings: Readonly<Record<string, (stdin: PassThrough, stop: () => void) => void>> = {
  'Ctrl-C': (stdin) => stdin.write('\x03'),
  'Ctrl-D': (stdin) => stdin.write('\x04'),
  'the end of the input': (stdin) => stdin.end(),
  'a terminal that has gone': (stdin) => stdin.destroy(new Error('read EIO')),
  'a signal': (_, stop) => stop(),
}
for (const [ending, end] of Object.entries(endings)) {
  for (const kind of ['ask', 'askSecret'] as const) {
    test(`${ending} interrupts ${kind}`, async () => {
      const { io, stdin } = terminal({ isTTY: true })
      const stopping = new AbortController()
      const answer = io[kind]('Really? ', stopping.signal).catch((error: unknown) => error)
      end(stdin, () => stopping.abort(new Interrupted()))
      assert.instance(await answer, Interrupted)
    })
  }
}

test('takes signals for a wish to stop while something runs that can be stopped', async () => {
  const { io, listeners } = terminal({ isTTY: true })
  await io.stoppable(async ({ stopping }) => assert.not(stopping.aborted))
  assert.is(listeners.size, 0, 'a signal ends the process again, as it does without converge')
  await io.stoppable(async ({ stopping, leaving }) => {
    for (const listener of listeners) listener()
    assert.instance(stopping.reason, Interrupted)
    assert.not(leaving.aborted, 'one signal is one wish')
  })
  assert.is(listeners.size, 1, 'no further signal overtakes the end')
})

test('knows whether somebody can answer, and where colours are wanted', async () => {
  const there = terminal({ isTTY: true }).io
  assert.ok(there.canAsk)
  assert.is(there.stdout.style.added('x'), '\x1b[32mx\x1b[39m')
  const piped = terminal({ isTTY: false }).io
  assert.not(piped.canAsk)
  assert.is(piped.stdout.style.added('x'), 'x')
  assert.is(await piped.liveView(), undefined)
  assert.is(terminal({ isTTY: true, env: { NO_COLOR: '1' } }).io.stderr.style.error('x'), 'x')
})

test('draws a live view on a terminal and takes it away', async () => {
  const { io, stderr } = terminal({ isTTY: true })
  const view = await io.liveView()
  assert.is(view?.columns, 40)
  view?.draw('working')
  assert.match(shown(stderr), 'working')
  view?.clear()
})

test.run()
