import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderHunkLines } from '../../../src/report/text/render-hunk.ts'
import { createStyle } from '../../../src/report/text/style.ts'

const marks = {
  ...createStyle({ color: false }),
  addedWord: (text: string) => `{+${text}+}`,
  removedWord: (text: string) => `[-${text}-]`,
}

function render(lines: readonly string[], whole = false): readonly string[] {
  return renderHunkLines({ header: '', lines }, { style: marks, whole })
}

test('marks the words that were edited', () => {
  assert.equal(render([' a', '-HEARTBEAT_INTERVAL=100', '+HEARTBEAT_INTERVAL=250', ' b']), [
    ' a',
    '-HEARTBEAT_INTERVAL=[-100-]',
    '+HEARTBEAT_INTERVAL={+250+}',
    ' b',
  ])
})

test('does not mark words of lines that have little in common', () => {
  assert.equal(render(['-alpha beta', '+gamma delta epsilon']), ['-alpha beta', '+gamma delta epsilon'])
})

test('pairs edited lines in order, and keeps removed lines before added ones', () => {
  assert.equal(render(['-port: 1', '-host: a', '+port: 2', '+host: b', '+more: c']), [
    '-port: [-1-]',
    '-host: [-a-]',
    '+port: {+2+}',
    '+host: {+b+}',
    '+more: c',
  ])
})

test('keeps the order around a missing newline', () => {
  const lines = ['-a', '\\ No newline at end of file', '+a']
  assert.equal(render(lines), lines)
})

test('makes control characters in file content visible', () => {
  assert.equal(render(['-color \x1b[31m', '+color \r']), ['-color [-\\x1b[31m-]', '+color {+\\r+}'])
})

test('cuts long lines and long hunks, and says so', () => {
  assert.equal(render([`+${'x'.repeat(500)}`]), [`+${'x'.repeat(399)}... (101 more characters)`])
  const many = Array.from({ length: 203 }, (_, index) => `+${index}`)
  assert.is(render(many).at(-1), '... 3 more lines; --verbose shows them')
  assert.is(render(many, true).length, 203)
})

test.run()
