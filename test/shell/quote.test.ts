import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InternalError } from '../../src/model/errors.ts'
import { commandLine, quote } from '../../src/shell/quote.ts'
import { figure } from '../figure.ts'
import { fuzzRuns, hostileText, seed } from './hostile.ts'
import { inEachShell } from './root-tree.ts'

const wordsPerProcess = Math.min(200, fuzzRuns)

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

test('words arrive byte for byte', () =>
  inEachShell(async (tree) => {
    let words = 0
    const word = fc.array(hostileText, { minLength: wordsPerProcess, maxLength: wordsPerProcess })
    await fc.assert(
      fc.asyncProperty(word, async (sent) => {
        const program = `{\nset -- ${commandLine(sent)}\nprintf '%s\\000' "$@"\n} </dev/null\n`
        const { stdout } = await tree.run(program)
        assert.equal(stdout.toString('utf8').split('\0').slice(0, -1), sent)
        words += sent.length
      }),
      { seed, numRuns: Math.ceil(fuzzRuns / wordsPerProcess) },
    )
    figure(`hostile words that are quoted, in ${tree.shell.name}`, words)
  }))

test.run()
