import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createStyle, wantsColor } from '../../../src/report/text/style.ts'

test('colours on a terminal only', () => {
  assert.ok(wantsColor({ env: {}, isTTY: true }))
  assert.not(wantsColor({ env: {}, isTTY: false }))
  assert.not(wantsColor({ env: { TERM: 'dumb' }, isTTY: true }))
})

test('honours NO_COLOR, but not when it is empty', () => {
  assert.not(wantsColor({ env: { NO_COLOR: '1' }, isTTY: true }))
  assert.ok(wantsColor({ env: { NO_COLOR: '' }, isTTY: true }))
})

test('lets FORCE_COLOR decide where it is set', () => {
  assert.ok(wantsColor({ env: { FORCE_COLOR: '1', NO_COLOR: '1' }, isTTY: false }))
  assert.not(wantsColor({ env: { FORCE_COLOR: '0' }, isTTY: true }))
})

test('paints by meaning, or not at all', () => {
  assert.is(createStyle({ color: true }).added('x'), '\x1b[32mx\x1b[39m')
  assert.is(createStyle({ color: false }).added('x'), 'x')
})

test.run()
