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
    later: atOnce,
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  return { ...streams, io, listeners }
}

function atOnce(work: () => void): () => void {
  work()
  return () => {}
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

test('knows whether it can ask, and whether to use colors', () => {
  const there = terminal({ isTTY: true }).io
  assert.ok(there.canAsk)
  assert.is(there.stdout.style.added('x'), '\x1b[32mx\x1b[39m')
  const piped = terminal({ isTTY: false }).io
  assert.not(piped.canAsk)
  assert.is(piped.stdout.style.added('x'), 'x')
  assert.is(piped.live, undefined)
  assert.is(terminal({ isTTY: true, env: { NO_COLOR: '1' } }).io.stderr.style.error('x'), 'x')
})

test('has live lines on a terminal, and takes them away for whatever else is printed there', async () => {
  const { io, stdin, stdout, stderr } = terminal({ isTTY: true })
  assert.is(io.live?.columns, 40)
  const draw = () => {
    io.live?.draw(() => 'working')
    assert.match(shown(stderr), 'working')
  }
  const erased = '\x1b[1A\x1b[0J'
  draw()
  io.stdout.write('a result\n')
  assert.is(shown(stderr), erased)
  assert.is(shown(stdout), 'a result\n')
  draw()
  io.stderr.write('a warning\n')
  assert.is(shown(stderr), `${erased}a warning\n`)
  draw()
  const answer = io.ask('Really? ', new AbortController().signal)
  assert.ok(shown(stderr).startsWith(erased))
  stdin.write('yes\r')
  assert.is(await answer, 'yes')
})

test.run()
