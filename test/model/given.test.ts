import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { given } from '../../src/model/given.ts'

interface Named {
  readonly name: string
  readonly hint?: string
  readonly count?: number
}

test('leaves out what is undefined, and nothing else', () => {
  const named = (hint: string | undefined, count: number | undefined): Named => ({
    name: 'a',
    ...given({ hint, count }),
  })
  assert.equal(Object.entries(named(undefined, 0)), [
    ['name', 'a'],
    ['count', 0],
  ])
  assert.equal(named('', undefined), { name: 'a', hint: '' })
})

test('is only as optional as what it is given', () => {
  // @ts-expect-error A member of another type does not become right by being optional.
  const named: Named = { name: 'a', ...given({ hint: 1 }) }
  assert.is(typeof named, 'object')
})

test.run()
