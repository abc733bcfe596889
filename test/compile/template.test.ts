import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRenderer } from '../../src/compile/template.ts'
import { createEvaluator, createTemplateCache } from '../../src/load/expressions/evaluate.ts'
import { SpecError } from '../../src/model/errors.ts'
import type { Value } from '../../src/model/value.ts'

type Variables = { readonly [key: string]: Value }

function render(template: string, variables: Variables = {}): string {
  return createRenderer(() => template)('t.hbs', variables)
}

function problem(template: string, variables: Variables = {}): string {
  try {
    return `rendered: ${render(template, variables)}`
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    const lines = error.problems.map(({ message, hint, position }) => {
      const said = hint === undefined ? message : `${message}; ${hint}`
      return `${position?.file}:${position?.line}: ${said}`
    })
    return lines.join('\n')
  }
}

test('writes values as they are, without HTML escaping', () => {
  assert.is(render('{{text}} {{zero}} {{no}}', { text: `<&"'`, zero: 0, no: false }), `<&"' 0 false`)
})

test('knows each, if, unless and with', () => {
  const template =
    '{{#each list}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}{{#if on}}!{{/if}}{{#with map}}{{x}}{{/with}}'
  assert.is(render(template, { list: ['a', 'b'], on: true, map: { x: 1 } }), '0a,1b!1')
})

test('knows json and join', () => {
  assert.is(
    render('{{json map}} {{join list "-"}} {{join list}}', { map: { a: [1] }, list: [1, 2] }),
    '{"a":[1]} 1-2 1,2',
  )
})

test('knows the helpers of expressions, which do the same there', () => {
  const variables: Variables = { n: 7, name: 'Web', list: ['a', 1], nested: [['a']], map: { x: 1 } }
  const calls = [
    ...[
      '{{add n 1}}',
      '{{pad n 3}}',
      '{{lower name}}',
      '{{join list}}',
      '{{join list "-"}}',
      '{{join nested ","}}',
    ],
    ...[
      '{{json map}}',
      '{{default port 80}}',
      '{{default n 80}}',
      '{{join n}}',
      '{{pad n}}',
      '{{join map ","}}',
    ],
  ]
  for (const call of calls) {
    const said: string[] = []
    const evaluator = createEvaluator({
      scope: variables,
      cache: createTemplateCache(),
      report: (_, { message }) => said.push(message),
    })
    const value = evaluator.evaluate(call, ['x'])
    assert.is(problem(call, variables).replace('t.hbs:1: ', ''), said[0] ?? `rendered: ${value}`, call)
  }
})

test('a variable may have the name of a helper', () => {
  assert.is(render('{{default}} {{lower}}', { default: 'a', lower: 1 }), 'a 1')
  assert.is(problem('{{lower}}'), 't.hbs:1: lower takes 1 argument, not 0')
})

test('a variable that a recipe gives as undefined is not defined', () => {
  // As an untyped recipe passes it: `{ me: ctx.host.nam }`.
  const variables: Variables =
    JSON.parse('{"me":0}', () => undefined) ?? Object.fromEntries([['me', undefined]])
  assert.is(problem('a\nme {{me}}', variables), 't.hbs:2: me is not defined; no variables are passed')
})

test('an unknown path is an error that names template and line', () => {
  assert.is(problem('a\n{{port}}'), 't.hbs:2: port is not defined; no variables are passed')
  assert.is(
    problem('{{#with map}}{{port}}{{/with}}', { map: { host: 'a' } }),
    't.hbs:1: port is not defined; passed: map',
  )
  assert.is(problem('{{text.port}}', { text: 'a' }), 't.hbs:1: port is not defined; passed: text')
})

test('an unknown path is an error for blocks and helpers too', () => {
  assert.is(problem('{{#if port}}x{{/if}}'), 't.hbs:1: #if is called with an undefined value')
  assert.is(problem('{{#each ports}}x{{/each}}'), 't.hbs:1: #each is called with an undefined value')
  assert.is(problem('{{join ports}}'), 't.hbs:1: join is called with an undefined value')
})

test('inherited names are unknown, and keys that look like them are only keys', () => {
  assert.is(problem('{{constructor}}'), 't.hbs:1: constructor is not defined; no variables are passed')
  assert.is(problem('{{map.__proto__}}', { map: {} }), 't.hbs:1: __proto__ is not defined; passed: map')
  assert.is(render('{{toString}}', { toString: 'mine' }), 'mine')
})

test('a map or list cannot be used as text', () => {
  const message = 't.hbs:1: a map or list is used as text; use json, join or #each'
  assert.is(problem('{{map}}', { map: {} }), message)
  assert.is(problem('a {{list}}', { list: [1] }), message)
})

test('refuses other helpers, blocks and partials', () => {
  const known =
    'known: add, and, concat, default, divide, each, eq, if, includes, join, json, lower, modulo, multiply, not, or, pad, replace, subtract, unless, upper, with'
  assert.is(problem('\n{{lookup map "x"}}', { map: {} }), `t.hbs:2: there is no helper lookup; ${known}`)
  assert.is(problem('{{shout text}}', { text: '' }), `t.hbs:1: there is no helper shout; ${known}`)
  assert.is(
    problem('{{#map}}x{{/map}}', { map: {} }),
    't.hbs:1: a block starts with #each, #if, #unless or #with',
  )
  assert.is(
    problem('{{> head}}'),
    't.hbs:1: there are no partials; put its text into this template, or render it apart and pass the result',
  )
  assert.is(
    problem('{{join text}}', { text: 'x' }),
    't.hbs:1: join: argument 1 must be a list, not the text "x"',
  )
})

test('a template that does not parse is an error with its line', () => {
  const table: readonly (readonly [text: string, said: string])[] = [
    ['a\n{{#each list}}\nb\n', 't.hbs:2: {{#each}} is never closed; add {{/each}}'],
    ['{{#each list}}\n{{/if}}', 't.hbs:2: {{/if}} does not close {{#each}}; write {{/each}}'],
    [
      '{{#each list}}\n{{#if a}}\n{{/each}}\n{{/if}}',
      't.hbs:3: {{/each}} does not close {{#if}}; write {{/if}}',
    ],
    ['{{#if a}}\nb\n{{end}}', 't.hbs:3: {{end}} does not close a block; write {{/if}}'],
    ['\n{{/if}}', 't.hbs:2: {{/if}} closes nothing; remove it, or add {{#if ...}} before it'],
    ['\n{{else}}', 't.hbs:2: {{else}} is in no block; put it between {{#if x}} and {{/if}}'],
    ['{{a}} {{b\n{{c}}', 't.hbs:1: this {{ is never closed; add }}'],
    [
      '{{#if a == 1}}{{/if}}',
      't.hbs:1: {{#if a == 1}} cannot be read; there are no operators; decide in the variables',
    ],
    [
      '{{ a | upper }}',
      't.hbs:1: {{ a | upper }} cannot be read; there are no filters; call a helper: {{upper a}}',
    ],
    [
      '{{ a | to_nice_yaml }}',
      't.hbs:1: {{ a | to_nice_yaml }} cannot be read; there are no filters; decide in the variables',
    ],
    ['{{ .Values.a }}', 't.hbs:1: {{ .Values.a }} cannot be read; a name has no dot before it'],
    ['{{! {{ }}{{!-- {{#if --}}\n{{join list "}}"}} {{a b', 't.hbs:2: this {{ is never closed; add }}'],
    ['{{#for x}}{{/for}}', 't.hbs:1: there is no helper for; write {{#each list}} and {{/each}}'],
    ['{{#if a}}{{elif b}}{{/if}}', 't.hbs:1: there is no helper elif; write {{else if ...}}'],
  ]
  for (const [text, said] of table) assert.is(problem(text, { a: 1, list: [1] }), said, text)
})

test('reads a template once, however often it is rendered', () => {
  let reads = 0
  const renderer = createRenderer(() => {
    reads += 1
    return '{{n}}'
  })
  assert.equal(
    [1, 2, 3].map((n) => renderer('t.hbs', { n })),
    ['1', '2', '3'],
  )
  assert.is(reads, 1)
})

test.run()
