import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InternalError } from '../../src/model/errors.ts'
import { commandLine, quote } from '../../src/shell/quote.ts'
import { figure } from '../figure.ts'
import { inEachShellWithCanary } from './canary.ts'
import { fuzzRuns, hostileText, inShells, seedOf, shareOf } from './hostile.ts'

const wordsPerProcess = Math.min(1_000, shareOf(fuzzRuns))

test('puts a word between single quotes', () => {
  assert.is(quote('a b'), "'a b'")
  assert.is(quote("it's"), "'it'\\''s'")
  assert.is(quote(''), "''")
  assert.is(commandLine(['step', '0', '-n']), "'step' '0' '-n'")
})

test('refuses a NUL', () => {
  assert.throws(
    () => quote('a\0b'),
    (error: unknown) =>
      error instanceof InternalError && error.message === 'a NUL character cannot be part of a shell word',
  )
})

test('words arrive byte for byte, and none is run', async () => {
  let words = 0
  await inEachShellWithCanary(async (tree, canary) => {
    const word = fc.array(hostileText, { minLength: wordsPerProcess, maxLength: wordsPerProcess })
    const property = fc.asyncProperty(word, async (sent) => {
      const program = `{\nset -- ${commandLine(sent)}\nprintf '%s\\000' "$@"\n} </dev/null\n`
      const { stdout } = await tree.run(program)
      assert.equal(stdout.toString('utf8').split('\0').slice(0, -1), sent)
      words += sent.length
    })
    const numRuns = Math.ceil(shareOf(fuzzRuns) / wordsPerProcess)
    await fc.assert(property, { seed: seedOf(tree), numRuns, endOnFailure: true, includeErrorInReport: true })
    assert.not.ok(canary.hasSung(), 'a word was run')
  })
  assert.ok(words >= fuzzRuns)
  figure(`hostile words that are quoted ${inShells}`, words)
})

test.run()
