import { format, inspect } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, join, type Keyring, revealed, Secret } from '../../src/model/secret.ts'

const keyring = (value: string | undefined): Keyring => ({
  valueOf: () => value,
  publicOf: (_key, part) => (part === 'public' ? 'half' : undefined),
  fingerprint: (text) => `#${text.length}`,
})
const secret = Secret.of(keyring('hunter2'), 'web/db')

/** Whatever makes text of a value by itself. */
const ways: readonly (readonly [string, () => unknown])[] = [
  ['a template literal', () => `${secret}`],
  ['String', () => String(secret)],
  ['concat of a text', () => 'a'.concat(secret as never)],
  ['join of a list', () => [secret].join()],
  ['JSON', () => JSON.stringify({ secret })],
  ['toString', () => secret.toString()],
  ['comparing', () => Number(secret)],
]

for (const [what, way] of ways) {
  test(`does not become text: ${what}`, () => {
    assert.throws(way, (error: Error) => {
      assert.match(error.message, 'the secret web/db cannot become plain text')
      assert.not.match(error.message, 'hunter2')
      return true
    })
  })
}

test('shows its name where objects are inspected, and has no member with its value', () => {
  assert.is(inspect({ secret }), '{ secret: «secret web/db» }')
  assert.not.match(format('%o %O %j', secret, secret, 1), 'hunter2')
  assert.equal(Object.keys(secret), [])
  assert.not.match(inspect(secret, { showHidden: true, depth: null }), 'hunter2')
})

test('texts are joined around it, and encodings apply to its value or to what stands for it', () => {
  const text = join(['a', concat('b', secret), 'c'], '-')
  assert.is(revealed(text), 'a-bhunter2-c')
  assert.is(join(['a', 'b']), 'a,b')
  assert.instance(text, Secret)
  const quoted = secret.encoded((own) => own.replaceAll('2', '\\2')).encoded((own) => `<${own}>`)
  assert.is(revealed(quoted), '<hunter\\2>')
  const closed = Secret.of(keyring(undefined), 'web/db').encoded((own) => own.toUpperCase())
  assert.is(revealed(closed), '«SECRET WEB/DB»')
  assert.equal(
    closed.pieces().map((piece) => typeof piece === 'object' && piece.isOpen),
    [false],
  )
})

test('public halves are plain text', () => {
  assert.is(secret.public, 'half')
  assert.is(secret.certificate, '«secret web/db.certificate»')
  const half = Secret.of(keyring('hunter2'), 'web/db', 'public')
  assert.equal(half.pieces(), ['half'])
  assert.is(half.isPrivate, false)
})

test.run()
