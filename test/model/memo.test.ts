import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { perObject, perText } from '../../src/model/memo.ts'

test('makes something once for each object, also if it is undefined', () => {
  const made: string[] = []
  const once = perObject((_: object, name: string) => {
    made.push(name)
    return name === 'second' ? undefined : name
  })
  const [one, other] = [{}, {}]
  assert.is(once(one, 'first'), 'first')
  assert.is(once(other, 'second'), undefined)
  assert.is(once(other, 'third'), undefined)
  assert.is(once(one, 'fourth'), 'first')
  assert.equal(made, ['first', 'second'])
})

test('makes something once for each text', () => {
  let count = 0
  const once = perText((text: string) => `${text} ${++count}`)
  assert.equal([once('a'), once('b'), once('a')], ['a 1', 'b 2', 'a 1'])
})

test.run()
