import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editText, partIn } from '../../src/model/edit-text.ts'
import { cases, part } from './edited-texts.ts'

const block = '# BEGIN converge web\none\n# END converge web'

test('puts a part at the end or the start, and leaves all else as it is', () => {
  assert.equal(editText('a\nb\n', part(), 'one\n'), { text: `a\nb\n${block}\n` })
  assert.equal(editText('a\nb\n', part('start'), 'one\n'), { text: `${block}\na\nb\n` })
  assert.equal(editText('', part(), 'one\n'), { text: `${block}\n` })
  assert.equal(editText('', part(), ''), { text: '# BEGIN converge web\n# END converge web\n' })
})

test('changes a part where it is', () => {
  assert.equal(editText(`a\n${block}\nb\n`, part('start'), 'two\nthree\n'), {
    text: `a\n${block.replace('one', 'two\nthree')}\nb\n`,
  })
})

test('a text without a newline at its end keeps having none', () => {
  assert.equal(editText('a', part(), 'one\n'), { text: `a\n${block}` })
  assert.equal(editText(`a\n${block}`, part(), undefined), { text: 'a' })
})

test('new lines end as the first one of the text does', () => {
  const windows = `a\r\n${block.replaceAll('\n', '\r\n')}\r\n`
  assert.equal(editText('a\r\n', part(), 'one\n'), { text: windows })
  assert.equal(partIn(windows, part()), { found: 'one\n' })
  assert.equal(editText(windows, part(), undefined), { text: 'a\r\n' })
})

test('tells of marker lines that are not there once each, in order', () => {
  const [begin = '', , end = ''] = block.split('\n')
  for (const text of [
    begin,
    end,
    `${end}\n${begin}`,
    `${block}\n${block}`,
    `${begin}\n${block}`,
    `${block}\n${end}`,
  ]) {
    const problem = `the lines \`${begin}\` and \`${end}\` are not there once each, in this order`
    assert.equal(editText(`${text}\n`, part(), 'x\n'), { problem })
    assert.equal(partIn(`${text}\n`, part()), { problem })
  }
})

test('a part that was put is there, once more changes nothing, and without it the text is what it was', () => {
  let puts = 0
  fc.assert(
    fc.property(cases, ({ text, at, wanted = '' }) => {
      const once = editText(text, part(at), wanted)
      if ('problem' in once) return
      puts += 1
      assert.equal(partIn(once.text, part(at)), { found: wanted })
      assert.equal(editText(once.text, part(at), wanted), once)
      const removed = editText(once.text, part(at), undefined)
      assert.equal(removed, editText(text, part(at), undefined))
      const before = partIn(text, part(at))
      if ('found' in before && before.found === undefined) assert.equal(removed, { text })
    }),
    { numRuns: 2000 },
  )
  assert.ok(puts > 500)
})

test.run()
