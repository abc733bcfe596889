import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editText, partIn, undonePart } from '../../src/model/edit-text.ts'
import { cases, line, block as part, setting } from './edited-texts.ts'

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

test('what has no newline at its end gets no carriage return there, and has one where a line follows now', () => {
  const windows = `a\r\nb\r\n${block.replaceAll('\n', '\r\n')}`
  assert.equal(editText('a\r\nb', part(), 'one\n'), { text: windows })
  assert.equal(editText(windows, part(), undefined), { text: 'a\r\nb' })
  // As it was left before.
  assert.equal(partIn(`${windows}\r`, part()), { found: 'one\n' })
})

test('a byte order mark stays first, and is before no line', () => {
  assert.equal(editText('\uFEFFa\n', part('start'), 'one\n'), { text: `\uFEFF${block}\na\n` })
  assert.equal(editText('\uFEFF', part(), 'one\n'), { text: `\uFEFF${block}\n` })
  assert.equal(editText(`\uFEFF${block}\n`, part(), undefined), { text: '\uFEFF' })
  assert.equal(editText('\uFEFFa = 1', setting('a'), '2\n'), { text: '\uFEFFa = 2' })
  assert.equal(partIn('\uFEFFPort 1', line('Port', 'start')), { found: 'Port 1\n' })
})

test('a line is found as literal text, and where its text is the whole of it, blanks count', () => {
  const text = 'axb\n  a.b \n#a.b\n'
  assert.equal(partIn(text, line('a.b')), { found: undefined })
  assert.equal(partIn(text, line('a.b', 'start')), { found: '  a.b \n' })
  assert.equal(editText(text, line('a.b', 'start'), 'a.b $& \\1\n'), { text: 'axb\na.b $& \\1\n#a.b\n' })
})

test('a setting is found in its section only, and what is around its value stays', () => {
  const text = 'k=0\n[s] ; first\n;k=1\n\tk =  2 \r\n[s t]\nk=3\n[t\nk=4\n'
  assert.equal(partIn(text, setting('k')), { found: '0\n' })
  assert.equal(partIn(text, setting('k', 's')), { found: '2 \n' })
  assert.equal(partIn(text, setting('k', 's t')), { found: '3\n' })
  assert.equal(partIn(text, setting('k', 't')), { found: undefined })
  assert.equal(editText(text, setting('k', 's'), '&\n'), { text: text.replace('2 ', '&') })
  assert.equal(editText('k\n', setting('k'), '1\n'), { text: 'k\nk=1\n' })
  assert.equal(editText('key 1\nk\t 2\n', setting('k', undefined, ' '), '3\n'), { text: 'key 1\nk\t 3\n' })
})

test('tells of marker lines that are not there once each, in order', () => {
  const [begin = '', , end = ''] = block.split('\n')
  for (const text of [
    begin,
    end,
    `${end}\n${begin}`,
    `${block}\n${block}`,
    `${begin}\n${block}`,
    `${begin}\n${begin}\r\r\n${end}`,
    `${block}\n${end}`,
  ]) {
    const problem = `the lines \`${begin}\` and \`${end}\` are not there once each, in this order`
    assert.equal(editText(`${text}\n`, part(), 'x\n'), { problem })
    assert.equal(partIn(`${text}\n`, part()), { problem })
  }
})

test('a part that was put is there, once more changes nothing, and without it the text is what it was', () => {
  const puts = new Set<string>()
  fc.assert(
    fc.property(cases, ({ text, part: anyPart, wanted }) => {
      const part = anyPart.kind === 'setting' ? { ...anyPart, sectionGoes: false } : anyPart
      const once = editText(text, part, wanted)
      if ('problem' in once) return
      const before = partIn(text, part)
      const isThere = 'found' in before && before.found !== undefined
      puts.add(`${part.kind} ${isThere}`)
      assert.equal(editText(once.text, part, wanted), once)
      const removed = editText(once.text, part, undefined)
      if (isThere) {
        const back = editText(once.text, part, before.found)
        // Lines of one block may have had different ends.
        if (part.kind === undefined) assert.equal('text' in back && partIn(back.text, part), before)
        else assert.equal(back, { text })
        return
      }
      assert.equal(partIn(once.text, part), { found: wanted })
      assert.equal(editText(once.text, undonePart(text, part), undefined), { text })
      if (part.kind !== 'setting') assert.equal(removed, { text })
    }),
    { numRuns: 20000 },
  )
  assert.is(puts.size, 6)
})

test.run()
