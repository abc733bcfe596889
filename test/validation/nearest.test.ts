import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nearest, nearestHint } from '../../src/validation/nearest.ts'

const cases: readonly (readonly [word: string, known: readonly string[], meant: string | undefined])[] = [
  ['mdoe', ['path', 'mode', 'owner'], 'mode'],
  ['modes', ['path', 'mode', 'owner'], 'mode'],
  ['ExecStrat', ['ExecStop', 'ExecStart', 'ExecReload'], 'ExecStart'],
  ['RESTRAT', ['restart', 'reload'], 'restart'],
  ['restrt', ['restart', 'start'], 'restart'],
  ['conetnnt', ['content', 'contentBase64'], 'content'],
  ['uid', ['gid', 'name'], 'gid'],
  ['to', ['of', 'on'], undefined],
  ['shell', ['home', 'name'], undefined],
  ['x', [], undefined],
]

for (const [word, known, meant] of cases) {
  test(`${word} ${meant === undefined ? 'resembles nothing' : `was meant to be ${meant}`}`, () => {
    assert.is(nearest(word, known), meant)
  })
}

test('hints at what was meant, else at all that is known, else at what to do', () => {
  assert.is(nearestHint('mdoe', ['mode'], 'none'), 'did you mean mode?')
  assert.is(nearestHint('zzz', ['b', 'a'], 'none'), 'known: a, b')
  assert.is(nearestHint('zzz', [], 'define it under roles'), 'define it under roles')
})

test.run()
