import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createTerminalIo } from '../../../src/commands/io/terminal-io.ts'

function terminal(options: { readonly isTTY: boolean; readonly env?: Readonly<Record<string, string>> }) {
  const make = () =>
    Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: options.isTTY, columns: 40 })
  const streams = { stdin: make(), stdout: make(), stderr: make() }
  const io = createTerminalIo({ ...streams, env: options.env ?? {}, onSigint: () => () => {}, later: atOnce })
  return { ...streams, io }
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
  const answer = io.ask('Really? ')
  stdin.write('yes\r')
  assert.is(await answer, 'yes')
  assert.match(shown(stderr), 'Really? ')
  assert.is(shown(stdout), '')
})

test('does not show a secret', async () => {
  const { io, stdin, stderr } = terminal({ isTTY: true })
  const answer = io.askSecret('password: ')
  stdin.write('hunter2\r')
  assert.is(await answer, 'hunter2')
  assert.is(shown(stderr), 'password: \n')
})

test('takes Ctrl-C, Ctrl-D and the end of input for no answer', async () => {
  for (const key of ['\x03', '\x04', undefined]) {
    const { io, stdin } = terminal({ isTTY: true })
    const answer = io.ask('Really? ')
    if (key === undefined) stdin.end()
    else stdin.write(key)
    assert.is(await answer, undefined)
  }
})

test('knows whether somebody can answer, and where colours are wanted', () => {
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
  const answer = io.ask('Really? ')
  assert.ok(shown(stderr).startsWith(erased))
  stdin.write('yes\r')
  assert.is(await answer, 'yes')
})

test.run()
