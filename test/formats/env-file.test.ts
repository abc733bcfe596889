import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderEnvFile } from '../../src/formats/env-file.ts'
import { FormatError } from '../../src/formats/format-error.ts'
import { anyText } from '../any-text.ts'
import { parseEnvFile } from './env-file-parser.ts'
import { ENV_SAMPLES } from './env-samples.ts'

const SEED = 20240229

test('writes plain values bare, in the order given', () => {
  const text = renderEnvFile({
    ETCD_NAME: 'infra0',
    ETCD_LISTEN_PEER_URLS: 'https://10.0.0.1:2380',
    ETCD_HEARTBEAT_INTERVAL: 100,
    ETCD_ENABLE_V2: true,
    ETCD_DEBUG: '',
  })
  assert.is(
    text,
    `ETCD_NAME=infra0
ETCD_LISTEN_PEER_URLS=https://10.0.0.1:2380
ETCD_HEARTBEAT_INTERVAL=100
ETCD_ENABLE_V2=true
ETCD_DEBUG=
`,
  )
})

test('puts everything else into double quotes and escapes the four characters that are special there', () => {
  assert.is(renderEnvFile({ A: 'two words' }), 'A="two words"\n')
  assert.is(renderEnvFile({ A: "it's" }), 'A="it\'s"\n')
  assert.is(renderEnvFile({ A: '"\\`$' }), 'A="\\"\\\\\\`\\$"\n')
  assert.is(renderEnvFile({ A: '#no;comment' }), 'A="#no;comment"\n')
  assert.is(renderEnvFile({ A: 'first\nsecond\n' }), 'A="first\nsecond\n"\n')
  assert.is(renderEnvFile({ A: 'Grüße' }), 'A="Grüße"\n')
})

test('is empty for no variables', () => {
  assert.is(renderEnvFile({}), '')
})

test('is read back as written, sample by sample', () => {
  assert.equal(parseEnvFile(renderEnvFile(ENV_SAMPLES)), ENV_SAMPLES)
})

test('is read back as written, whatever the values', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
  const text = fc
    .oneof(
      fc.string({ unit: fc.constantFrom(...'\\"\'`$#;= \t\n\rax') }),
      anyText(),
      fc.constantFrom(...Object.values(ENV_SAMPLES)),
    )
    .filter((value) => !/[\0\p{Noncharacter_Code_Point}]/u.test(value))
  fc.assert(
    fc.property(fc.dictionary(name, text, { noNullPrototype: true }), (variables) => {
      assert.equal(parseEnvFile(renderEnvFile(variables)), variables)
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('refuses names that systemd would ignore, all at once', () => {
  const error = failureOf({ 'ETCD-NAME': 'a', '1ST': 'b', '': 'c', 'A\nB': 'd', GOOD: 'e' })
  assert.equal(
    error.mistakes.map((problem) => problem.message),
    [
      'env file: "ETCD-NAME" is not the name of an environment variable',
      'env file: "1ST" is not the name of an environment variable',
      'env file: "" is not the name of an environment variable',
      'env file: "A\\nB" is not the name of an environment variable',
    ],
  )
  assert.is(error.mistakes[0]?.hint, 'use letters, digits and _, and no digit at the start')
})

test('refuses characters that systemd refuses', () => {
  for (const [value, character] of [
    ['a\0b', 'U+0000'],
    ['\ud800', 'U+D800'],
    ['\uffff', 'U+FFFF'],
    ['\u{1fffe}', 'U+1FFFE'],
  ] as const)
    assert.is(
      failureOf({ A: value }).message,
      `env file: the value of A contains the character ${character}, which systemd refuses; remove it`,
    )
})

function failureOf(variables: Record<string, string>): FormatError {
  try {
    renderEnvFile(variables)
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
  throw new Error('rendering succeeded')
}

test.run()
