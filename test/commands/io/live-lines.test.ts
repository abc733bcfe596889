import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createLiveLines } from '../../../src/commands/io/live-lines.ts'

/** Live lines whose drawings are due when `pass` is called. */
function make(size: { readonly rows?: number; readonly columns?: number } = {}) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), size)
  const due = new Set<() => void>()
  const live = createLiveLines(stream, (work) => {
    due.add(work)
    return () => due.delete(work)
  })
  const pass = () => {
    for (const work of due) work()
    due.clear()
  }
  return { live, pass, written: () => String(stream.read() ?? '') }
}

const framed = (text: string) => `\x1b[?7l${text}\x1b[?7h`

test('draws the newest of what came in the meantime, in place of what was there', () => {
  const { live, pass, written } = make()
  live.draw(() => 'one')
  live.draw(() => 'two\n  b')
  assert.is(written(), '')
  pass()
  assert.is(written(), framed('two\n  b\n'))
  live.draw(() => 'three')
  pass()
  assert.is(written(), `\x1b[2A\x1b[0J${framed('three\n')}`)
})

test('erases what is there, and forgets what is due', () => {
  const { live, pass, written } = make()
  live.draw(() => 'one')
  pass()
  live.draw(() => 'two')
  written()
  live.erase()
  assert.is(written(), '\x1b[1A\x1b[0J')
  live.erase()
  pass()
  assert.is(written(), '')
})

test('never draws more lines than the terminal could erase', () => {
  const { live, pass, written } = make({ rows: 3 })
  live.draw(() => '1\n2\n3\n4')
  pass()
  assert.is(written(), framed('1\n2\n'))
})

test('knows how wide the terminal is', () => {
  assert.is(make({ columns: 100 }).live.columns, 100)
  assert.is(make().live.columns, 80)
})

test.run()
