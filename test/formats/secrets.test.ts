import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { createRenderer } from '../../src/compile/template.ts'
import { renderEnvFile } from '../../src/formats/env-file.ts'
import { environmentLine, execLine } from '../../src/formats/systemd/quoting.ts'
import { renderUnit } from '../../src/formats/systemd/unit.ts'
import { renderYaml } from '../../src/formats/yaml.ts'
import { helpers } from '../../src/load/expressions/helpers.ts'
import { type Keyring, revealed, Secret } from '../../src/model/secret.ts'
import { textContent } from '../../src/resources/define/content.ts'

function secretOf(value: string): Secret {
  const keyring: Keyring = { valueOf: () => value, publicOf: () => undefined, fingerprint: () => '' }
  return Secret.of(keyring, 'web/db')
}

const texts = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })

/** Each format: how it renders a value, and that the secret reads as the plain value does. */
const formats: readonly (readonly [string, (value: string | Secret) => string | Secret])[] = [
  ['an env file', (value) => renderEnvFile({ A: 'plain', PASSWORD: value, Z: 1 })],
  ['a command line', (value) => execLine(['/bin/app', value, '--last'])],
  ['an Environment= line', (value) => environmentLine({ A: 1, PASSWORD: value })],
]

for (const [what, render] of formats) {
  test(`quotes a secret as text that needs quotes: ${what}`, () => {
    fc.assert(
      fc.property(texts, (text) => {
        // Plain text is quoted only if it must be; a blank makes it.
        const value = `${text} x`
        assert.is(revealed(render(secretOf(value))), render(value))
      }),
      { seed: 3, numRuns: 200 },
    )
  })
}

test('YAML and JSON read the value back, whatever it is, also as part of a text', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('yes', '1e3', 'a: b', '- x', '"', '\n', '~'),
  )
  fc.assert(
    fc.property(value, (text) => {
      const secret = secretOf(text)
      const whole = { a: secret, list: [secret, 'plain'], c: Secret.concat(['x', secret, 'y']), plain: 'yes' }
      const expected = { a: text, list: [text, 'plain'], c: `x${text}y`, plain: 'yes' }
      assert.equal(parse(revealed(renderYaml(whole))), expected)
      assert.equal(parse(revealed(renderYaml(secret))), text)
      const json = helpers.get('json')?.call([whole])
      assert.instance(json, Secret)
      assert.equal(JSON.parse(revealed(json as Secret)), expected)
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('a template has secrets in their places, in blocks and helpers too, and its errors have none', () => {
  const db = secretOf('hun"ter2')
  const render = (template: string, variables = {}) =>
    createRenderer({
      read: (name) => (name === 't.hbs' ? template : ' {{name}}={{key}}\n'),
      pathOf: (name) => name,
      partialOf: (_, name) => name,
    })('t.hbs', {
      db,
      list: [{ name: 'a', key: db }],
      ...variables,
    })
  const rows = [
    ['{{db}}', 'hun"ter2'],
    ['a{{db}}b{{db}}', 'ahun"ter2bhun"ter2'],
    ['{{#each list}}{{name}}={{key}};{{/each}}', 'a=hun"ter2;'],
    ['{{#if db}}yes{{/if}}', 'yes'],
    ['{{json db}} {{json list}}', '"hun\\"ter2" [{"name":"a","key":"hun\\"ter2"}]'],
    ['{{#each list}}{{> one}}{{/each}}{{> one name="b" key=db}}', ' a=hun"ter2\n b=hun"ter2\n'],
    ['x\n  {{> one name=(concat db "x") key=1}}\n', 'x\n   hun"ter2x=1\n'],
    ['{{concat "x" db}}{{default db "none"}}', 'xhun"ter2hun"ter2'],
  ] as const
  for (const [template, expected] of rows) {
    const text = render(template)
    assert.is(revealed(text), expected)
    if (!template.startsWith('{{#if')) assert.equal(textContent(text).secrets?.[0]?.name, 'web/db')
  }
  for (const template of [
    '{{upper db}}',
    '{{db.x}}',
    '{{#each db}}{{x}}{{/each}}{{nothing}}',
    '{{add db 1}}',
    '{{replace db "a" "b"}}',
    '{{eq db "hunx"}}',
    '{{includes list db}}',
  ]) {
    try {
      render(template)
      assert.unreachable(template)
    } catch (error) {
      assert.not.match(String(error), 'hun')
      assert.match(String(error), /secret web\/db|not defined|a secret cannot be compared/)
    }
  }
})

test('a unit takes a secret that is one line, and says no value of one that is not', () => {
  const unit = (value: string) =>
    renderUnit({ Service: { ExecStart: '/bin/app', Environment: ['A=1', secretOf(value)] } }, 'app.service')
  assert.is(revealed(unit('PW=x')), '[Service]\nExecStart=/bin/app\nEnvironment=A=1\nEnvironment=PW=x\n')
  for (const value of ['hunter2\nExecStart=/bin/evil', 'hunter2\\', ' hunter2']) {
    assert.throws(
      () => unit(value),
      (error: Error) => {
        assert.match(error.message, 'has the secret web/db, which is not one line of text')
        assert.not.match(error.message, 'hunter2')
        return true
      },
    )
  }
  assert.throws(
    () => renderEnvFile({ PW: secretOf('hunter2\0') }),
    (error: Error) => !error.message.includes('hunter2'),
  )
})

test.run()
