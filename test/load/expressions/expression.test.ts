import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator, createTemplateCache } from '../../../src/load/expressions/evaluate.ts'
import type { ExpressionError } from '../../../src/load/expressions/expression.ts'
import { literalText } from '../../../src/load/yaml/literal-text.ts'
import { formatPath } from '../../../src/model/path.ts'
import type { ValueMap } from '../../../src/model/value.ts'
import { isMap, toValue } from '../../../src/model/value.ts'
import { plain } from '../load-text.ts'

function map(data: object): ValueMap {
  const value = toValue(data)
  if (!isMap(value)) throw new Error('not a map')
  return value
}

function evaluate(text: string, attributes: object = {}): unknown {
  const problems: string[] = []
  const describe = ({ message, hint, within }: ExpressionError) =>
    `${message}${hint === undefined ? '' : ` (${hint})`}${within === undefined ? '' : ` @ ${within}`}`
  const evaluator = createEvaluator({
    scope: map({
      index: 2,
      host: { name: 'web2', address: '10.0.0.{{add index 9}}', index: 2 },
      cluster: { name: 'demo' },
      platform: { os: 'debian' },
      attributes,
    }),
    cache: createTemplateCache(),
    report: (path, error) => problems.push(`${formatPath(path)}: ${describe(error)}`),
  })
  const value = evaluator.evaluate(text, ['here'])
  return problems.length > 0 ? problems : plain(value)
}

test('a sole expression keeps its type, one within text becomes text', () => {
  assert.is(evaluate('{{add index 9}}'), 11)
  assert.is(evaluate('192.168.33.{{add index 9}}'), '192.168.33.11')
  assert.equal(evaluate('{{attributes.list}}', { list: [1, 'a'] }), [1, 'a'])
  assert.is(evaluate('{{host.name}}.{{cluster.name}} on {{platform.os}}'), 'web2.demo on debian')
})

test('nothing is HTML-escaped', () => {
  assert.is(evaluate('<{{attributes.a}}>', { a: `"&'<` }), `<"&'<>`)
})

test('expressions refer to values that are expressions themselves', () => {
  assert.is(
    evaluate('http://{{host.address}}:{{attributes.port}}', { port: '{{add index 80}}' }),
    'http://10.0.0.11:82',
  )
  assert.is(evaluate('{{attributes.b.x}}', { a: { x: '{{index}}' }, b: '{{attributes.a}}' }), 2)
})

test('every helper does what the table says', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['{{add 1 2 3}}', 6],
    ['{{subtract index 3}}', -1],
    ['{{multiply 2 (add index 1)}}', 6],
    ['{{divide 7 2}}', 3],
    ['{{modulo 7 4}}', 3],
    ['{{pad index 3}}', '002'],
    ['{{pad -5 3}}', '-005'],
    ['{{lower "AbC"}}{{upper "d"}}', 'abcD'],
    ['{{replace "a.b.c" "." "$&"}}', 'a$&b$&c'],
    ['{{join attributes.list ","}}', '1,2'],
    ['{{concat "a" 1 true}}', 'a1true'],
    ['{{default attributes.none "x"}}', 'x'],
    ['{{default attributes.list "x"}}', [1, 2]],
    ['{{eq attributes.list attributes.list}}', true],
    ['{{eq 1 "1"}}', false],
    ['{{not (eq 1 2)}}', true],
    ['{{and true (eq 1 1) (not true)}}', false],
    ['{{or false (eq 1 1)}}', true],
    ['{{includes attributes.list 2}}', true],
    ['{{includes attributes "list"}}', true],
    ['{{includes "abc" "bd"}}', false],
    ['{{json attributes}}', '{"list":[1,2]}'],
  ]
  for (const [text, expected] of cases) assert.equal(evaluate(text, { list: [1, 2] }), expected, text)
})

test('unknown paths say how far they lead and what was likely meant', () => {
  const attributes = { etcd: { version: '3' } }
  assert.equal(evaluate('{{attributes.etcd.verson}}', attributes), [
    'here: unknown path attributes.etcd.verson: attributes.etcd has no verson (did you mean attributes.etcd.version?) @ attributes.etcd.verson',
  ])
  assert.equal(evaluate('{{etcd.version}}', attributes), [
    'here: unknown path etcd.version (did you mean attributes.etcd.version?) @ etcd.version',
  ])
  assert.equal(evaluate('{{indx}}'), ['here: unknown path indx (did you mean index?) @ indx'])
  assert.equal(evaluate('{{nowhere}}'), [
    'here: unknown path nowhere (in scope: index, host.name, host.address, host.index, cluster.name, platform.*, attributes.*) @ nowhere',
  ])
})

test('what Handlebars has besides paths and helpers is refused', () => {
  const only =
    'expressions are paths and helper calls, such as {{host.name}} or {{add index 9}}; !literal keeps text as it is'
  assert.equal(evaluate('{{../x}}'), [`here: ../x is not supported (${only}) @ ../x`])
  assert.equal(evaluate('{{@root}}'), [`here: @root is not supported (${only}) @ @root`])
  assert.equal(evaluate('{{this}}'), [`here: this is not supported (${only}) @ this`])
  assert.equal(evaluate('{{> part}}'), [`here: {{> part}} is not supported (${only}) @ {{> part}}`])
  assert.equal(evaluate('{{#if index}}a{{/if}}'), [
    `here: {{#if index}}a{{/if}} is not supported (${only}) @ {{#if index}}a{{/if}}`,
  ])
  assert.equal(evaluate('{{! remark }}'), [`here: {{! remark }} is not supported (${only}) @ {{! remark }}`])
  assert.equal(evaluate('{{{index}}}'), [
    'here: two braces are enough: nothing is HTML-escaped (write {{index}}) @ {{{index}}}',
  ])
  assert.equal(evaluate('{{add index by=2}}'), ['here: helpers take no named arguments @ by=2'])
  assert.equal(evaluate('a {{index'), [`here: a {{ is never closed (${only}) @ {{index`])
  assert.equal(evaluate('a {{}} b'), [`here: this is not an expression (${only}) @ {{}}`])
})

test('helpers check what they are given', () => {
  assert.equal(evaluate('{{add "1" 2}}'), [
    'here: add: argument 1 must be a number, not the text "1" ({{add a b ...}}: adds numbers) @ {{add "1" 2}}',
  ])
  assert.equal(evaluate('{{add 1}}'), [
    'here: add takes 2 or more arguments, not 1 ({{add a b ...}}: adds numbers) @ {{add 1}}',
  ])
  assert.equal(evaluate('{{divide 1 0}}'), [
    'here: divide: 1 and 0 have no finite result ({{divide a b}}: divides and drops the remainder) @ {{divide 1 0}}',
  ])
  assert.equal(evaluate('{{ad 1 2}}'), ['here: there is no helper ad (did you mean add?) @ ad'])
  assert.equal(evaluate('x{{attributes.list}}', { list: [] }), [
    'here: {{attributes.list}} is a list, which cannot be part of a text (use join or json) @ {{attributes.list}}',
  ])
})

test('a cycle is named once, where it closes', () => {
  const attributes = { a: '{{attributes.b}}', b: 'x{{attributes.c.d}}', c: { d: '{{attributes.a}}' } }
  assert.equal(evaluate('{{attributes.a}}', attributes), [
    'attributes.c.d: this refers to itself: attributes.a -> attributes.b -> attributes.c.d -> attributes.a',
  ])
  assert.equal(evaluate('{{attributes.a}}', { a: { b: '{{json attributes.a}}' } }), [
    'attributes.a.b: this refers to itself: attributes.a -> attributes.a.b -> attributes.a',
  ])
})

test('texts that double and double again end in an error, not in memory', () => {
  const attributes: Record<string, string> = { a0: 'x'.repeat(1000) }
  for (let at = 1; at < 40; at++) attributes[`a${at}`] = `{{attributes.a${at - 1}}}{{attributes.a${at - 1}}}`
  assert.equal(evaluate('{{attributes.a39}}', attributes), [
    'attributes.a11: the resulting text exceeds 1 MiB',
  ])
})

test('inherited keys of objects cannot be reached', () => {
  assert.equal(evaluate('{{attributes.constructor}}'), [
    'here: unknown path attributes.constructor: attributes has no constructor @ attributes.constructor',
  ])
  assert.equal(evaluate('{{host.__proto__}}'), [
    'here: unknown path host.__proto__: host has no __proto__ @ host.__proto__',
  ])
})

test('literal text survives evaluation byte for byte', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '{{',
    '}}',
    '\\',
    '"',
    "'",
    'a',
    ' ',
    '\n',
    '{{index}}',
    '~',
    '!',
    '#',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      assert.is(evaluate(literalText(pieces.join(''))), pieces.join(''))
    }),
    { seed: 3, numRuns: 2000 },
  )
})

test('text that a literal yields is not evaluated again', () => {
  assert.is(evaluate('{{attributes.a}}', { a: literalText('{{index}}') }), '{{index}}')
  assert.is(
    evaluate('{{attributes.b.x}}', { a: { x: literalText('{{index}}') }, b: '{{attributes.a}}' }),
    '{{index}}',
  )
})

test.run()
