import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createPager } from '../../../src/commands/io/pager.ts'
import { scratchFolder } from '../scratch.ts'

/** What a pager gets, and what is written besides, for a text on a terminal of three rows. */
function paged(
  text: string,
  pager: string,
  terminal: { readonly isTTY?: boolean; readonly term?: string } = {},
) {
  const seen = join(scratchFolder(), 'seen')
  const { isTTY = true, term = 'xterm' } = terminal
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, rows: 3 })
  const page = createPager({ stdout, env: { PATH: process.env.PATH, PAGER: pager, SEEN: seen, TERM: term } })
  page?.(text)
  return {
    hasPager: page !== undefined,
    pager: existsSync(seen) ? readFileSync(seen, 'utf8') : '',
    written: String(stdout.read() ?? ''),
  }
}

const long = '1\n2\n3\n4\n'
const keep = 'cat >"$SEEN"'

test('gives a pager what is longer than the terminal', () => {
  assert.equal(paged(long, keep), { hasPager: true, pager: long, written: '' })
  assert.equal(paged('1\n2\n', keep), { hasPager: true, pager: '', written: '1\n2\n' })
  const options = 'printf %s "$LESS" >"$SEEN"; cat >/dev/null'
  assert.is(paged(long, options).pager, 'FRX')
})

test('writes the text itself if a pager is missing or fails', () => {
  for (const pager of ['no-such-pager', 'false', 'exit 3'])
    assert.equal(paged(long, pager), { hasPager: true, pager: '', written: long }, pager)
  // Somebody who has seen enough.
  assert.is(paged('x\n'.repeat(100_000), 'head -n 1 >"$SEEN"').written, '')
})

test('has no pager without a terminal, on a dumb one, and if PAGER is empty', () => {
  assert.not(paged(long, keep, { isTTY: false }).hasPager)
  assert.not(paged(long, keep, { term: 'dumb' }).hasPager)
  assert.not(paged(long, '').hasPager)
})

test.run()
