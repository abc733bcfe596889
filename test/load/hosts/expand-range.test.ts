import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expandRange, hostNameProblem } from '../../../src/load/hosts/expand-range.ts'

function names(pattern: string): readonly string[] {
  const expansion = expandRange(pattern)
  if (!expansion.ok) throw new Error(expansion.message)
  return [...expansion.members()].map(({ name }) => name)
}

function problem(pattern: string): string {
  const expansion = expandRange(pattern)
  return expansion.ok ? `no problem: ${expansion.count}` : expansion.message
}

test('a name without brackets is one host', () => {
  assert.equal(names('db1.example.com'), ['db1.example.com'])
})

test('a range expands to its numbers', () => {
  assert.equal(names('infra[0-2]'), ['infra0', 'infra1', 'infra2'])
  assert.equal(names('web[9-11].example.com'), ['web9.example.com', 'web10.example.com', 'web11.example.com'])
})

test('a padded range keeps its width', () => {
  assert.equal(names('core-[08-11]'), ['core-08', 'core-09', 'core-10', 'core-11'])
})

test('commas separate ranges and numbers', () => {
  assert.equal(names('n[0-2,5]'), ['n0', 'n1', 'n2', 'n5'])
})

test('several brackets give all combinations, the last one running fastest', () => {
  assert.equal(names('r[1-2]-n[0-1]'), ['r1-n0', 'r1-n1', 'r2-n0', 'r2-n1'])
})

test('index counts from 0 whatever the numbers are', () => {
  const expansion = expandRange('n[7-9]')
  assert.ok(expansion.ok)
  assert.equal(
    [...(expansion.ok ? expansion.members() : [])].map(({ index }) => index),
    [0, 1, 2],
  )
})

test('ranges that are none are refused', () => {
  assert.is(problem('n[3-1]'), 'the range [3-1] runs backwards')
  assert.is(problem('n[a-c]'), '[a-c] is not a range of numbers')
  assert.is(problem('n[]'), '[] is not a range of numbers')
  assert.is(problem('n[1-]'), '[1-] is not a range of numbers')
  assert.is(problem('n[01-100]'), 'the ends of the range [01-100] are padded differently')
})

test('a huge range is counted without being expanded', () => {
  assert.is(problem('n[0-999999999]m[0-999999999]'), 'no problem: 1000000000000000000')
})

test('host names are labels of letters, digits and inner hyphens', () => {
  for (const name of ['a', 'a-b', 'A1.example.com', '1a', 'x'.repeat(63)]) {
    assert.is(hostNameProblem(name), undefined, name)
  }
  assert.is(hostNameProblem('a_b'), 'may have only letters, digits, dots and inner hyphens')
  assert.is(hostNameProblem('-a'), 'may have only letters, digits, dots and inner hyphens')
  assert.is(hostNameProblem('a..b'), 'has an empty label')
  assert.is(hostNameProblem('x'.repeat(64)), 'has a label of more than 63 characters')
  assert.is(hostNameProblem(`${'x.'.repeat(127)}`), 'is longer than 253 characters')
  assert.is(hostNameProblem('a; rm -rf'), 'may have only letters, digits, dots and inner hyphens')
})

test('a range has as many different members as it counts, in ascending order', () => {
  const range = fc.tuple(fc.nat(300), fc.nat(50), fc.boolean())
  fc.assert(
    fc.property(range, ([first, more, padded]) => {
      const width = padded ? 4 : 1
      const text = (number: number) => String(number).padStart(width, '0')
      const expected = Array.from({ length: more + 1 }, (_, at) => `n${text(first + at)}`)
      assert.equal(names(`n[${text(first)}-${text(first + more)}]`), expected)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test.run()
