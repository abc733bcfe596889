import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRenderer, templateLines } from '../../src/compile/template.ts'
import { besideTemplate, type TemplateFiles } from '../../src/compile/template-files.ts'
import { createEvaluator, createTemplateCache } from '../../src/load/expressions/evaluate.ts'
import { SpecError } from '../../src/model/errors.ts'
import { revealed } from '../../src/model/secret.ts'
import type { Value } from '../../src/model/value.ts'

/** Every template and partial has this text. */
const one = (read: () => string): TemplateFiles => ({
  read,
  pathOf: (name) => name,
  partialOf: (_, name) => name,
})

type Variables = { readonly [key: string]: Value }

function render(template: string, variables: Variables = {}): string {
  return revealed(createRenderer(one(() => template))('t.hbs', variables))
}

function problem(template: string, variables: Variables = {}): string {
  return said(() => `rendered: ${render(template, variables)}`)
}

/** What a template renders, or what is wrong with it. */
function said(work: () => string): string {
  try {
    return work()
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

test('refuses other helpers and blocks', () => {
  const known =
    'known: add, and, concat, default, divide, each, eq, if, includes, join, json, lower, modulo, multiply, not, or, pad, replace, subtract, unless, upper, with'
  assert.is(problem('\n{{lookup map "x"}}', { map: {} }), `t.hbs:2: there is no helper lookup; ${known}`)
  assert.is(problem('{{shout text}}', { text: '' }), `t.hbs:1: there is no helper shout; ${known}`)
  assert.is(
    problem('{{#map}}x{{/map}}', { map: {} }),
    't.hbs:1: a block starts with #each, #if, #unless or #with',
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

/** Templates and partials by name; `t.hbs` is the one that is rendered. */
const filesOf = (texts: Readonly<Record<string, string>>): TemplateFiles => ({
  read(name) {
    const text = texts[name]
    if (text === undefined) throw new Error(`${name} does not exist`)
    return text
  },
  pathOf: (name) => `templates/${name}`,
  partialOf: besideTemplate,
})

function partials(texts: Readonly<Record<string, string>>, variables: Variables = {}): string {
  return said(() => revealed(createRenderer(filesOf(texts))('t.hbs', variables)))
}

test('a partial is another template with the same variables, or with those that it is given', () => {
  const list = [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
  ]
  const texts = {
    't.hbs':
      '{{#each list}}{{> item}};{{/each}}{{> item one}};{{> item name="c" port=top}};{{> item one port=9}}',
    item: '{{name}}:{{port}}',
  }
  assert.is(partials(texts, { list, one: { name: 'o', port: 0 }, top: 7 }), 'a:1;b:2;o:0;c:7;o:9')
  assert.is(
    partials({ 't.hbs': '{{#each list}}{{> x}}{{/each}}', x: '{{@index}}{{this}} ' }, { list: [5, 'y'] }),
    '05 1y ',
  )
  assert.is(
    partials({
      't.hbs': '{{> "a b"}}{{> 7}}{{> sub/x.conf}}',
      'a b': '1',
      7: '2',
      'sub/x.conf': '{{> y}}',
      'sub/y': '3',
    }),
    '123',
  )
})

test('a partial in a line of its own has the indentation of its tag', () => {
  const texts = {
    't.hbs': 'server {\n  {{> log}}\n}\n',
    log: 'log on;\n\n{{#if deep}}\nlevel {{deep}};\n{{/if}}\n',
  }
  assert.is(partials(texts, { deep: 'info' }), 'server {\n  log on;\n  \n  level info;\n}\n')
  assert.is(partials({ 't.hbs': 'a {{> x}} b', x: '1' }), 'a 1 b')
})

for (const [name, t, others, expected] of [
  [
    'a name that it does not know',
    'a\n{{> x}}\n',
    { x: 'b\n\n{{port}}' },
    'x:3: port is not defined, in a partial of t.hbs; no variables are passed',
  ],
  [
    'a name within a partial of a partial',
    '{{> x}}',
    { x: '\n{{> y}}', y: '\n\n{{#each no}}{{/each}}' },
    'y:3: #each is called with an undefined value, in a partial of t.hbs',
  ],
  [
    'what follows a partial',
    '{{> x}}\n{{port}}',
    { x: '\n\n\n' },
    't.hbs:2: port is not defined; no variables are passed',
  ],
  [
    'a tag that is not closed',
    '\n{{> x}}',
    { x: '\n\n{{#if a}}' },
    'x:3: {{#if}} is never closed, in a partial of t.hbs; add {{/if}}',
  ],
  [
    'a map as text',
    '{{> x a=1}}',
    { x: '\n{{this}}' },
    'x:2: a map or list is used as text, in a partial of t.hbs; use json, join or #each',
  ],
  [
    'inherited names',
    '{{> x a=1}}',
    { x: '{{constructor}}' },
    'x:1: constructor is not defined, in a partial of t.hbs; no variables are passed',
  ],
  [
    'parameters without a value',
    '\n{{> x a=no.b}}',
    { x: '' },
    't.hbs:2: b is not defined; no variables are passed',
  ],
  [
    'a context without a value',
    '\n{{> x no}}',
    { x: '' },
    't.hbs:2: {{> x}} is given a context with an undefined value',
  ],
  [
    'a partial that is not there',
    '\n{{> x}}',
    {},
    't.hbs:2: there is no partial x: x does not exist; a partial is called by the name of its file',
  ],
  [
    'a partial of a partial that is not there',
    '{{> y}}',
    { y: '\n{{> x}}' },
    'y:2: there is no partial x: x does not exist, in a partial of t.hbs; a partial is called by the name of its file',
  ],
  [
    'a partial in itself',
    '{{> x}}',
    { x: '\n{{#if a}}{{> x}}{{/if}}' },
    'x:2: the partial x includes itself: x, which includes x, in a partial of t.hbs; remove one of these partials',
  ],
  [
    'partials in a circle',
    '{{> x}}',
    { x: '{{> y}}', y: '\n{{> t.hbs}}' },
    'y:2: the partial t.hbs includes itself: t.hbs, which includes x, which includes y, which includes t.hbs, in a partial of t.hbs; remove one of these partials',
  ],
  ...['../x', '/etc/passwd', 'a//b', 'a/[..]/x'].map(
    (written) =>
      [
        `a partial elsewhere: ${written}`,
        `{{> "${written.replaceAll(/[[\]]/g, '')}"}}`,
        {},
        `t.hbs:1: the partial ${written.replaceAll(/[[\]]/g, '')} is not in the folder of the templates; move it there`,
      ] as const,
  ),
  [
    'a computed name',
    '\n{{> (lower a)}}',
    {},
    't.hbs:2: the name of a partial is written out; such as {{> header.conf}}',
  ],
  [
    'a block as a partial',
    '\n{{#> x}}a{{/x}}',
    { x: '' },
    't.hbs:2: there are no partials within a template, and none that are blocks; put it into a file of its own, and write {{> name}}',
  ],
  [
    'a partial within',
    '{{#*inline "x"}}a{{/inline}}',
    {},
    't.hbs:1: there are no partials within a template, and none that are blocks; put it into a file of its own, and write {{> name}}',
  ],
] as const) {
  test(`tells the file and line of a partial: ${name}`, () => {
    assert.is(partials({ 't.hbs': t, ...others }), `templates/${expected}`)
  })
}

test('partials that double what they write have a limit', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => [`p${index}`, `{{> p${index + 1}}}{{> p${index + 1}}}`]),
  )
  const said = partials({ 't.hbs': '{{> p0}}', ...doubling, p24: 'ab' })
  assert.match(said, /: the blocks and partials write more than 16 MiB, in a partial of t\.hbs$/)
})

test('knows for each line which file it is from', () => {
  const texts = {
    't.hbs': 'a\n  {{> x}}\n{{#each list}}\n{{> y}} {{this}}\n{{/each}}\nend',
    x: 'b\n{{#if on}}\nc\n{{/if}}\n',
    y: 'd',
  }
  const variables = { on: true, list: [1, 2] }
  assert.is(partials(texts, variables), 'a\n  b\n  c\nd 1\nd 2\nend')
  assert.equal(
    templateLines(filesOf(texts), 't.hbs', variables).map(({ file, line }) => `${file}:${line}`),
    ['t.hbs:1', 'x:1', 'x:3', 'y:1', 'y:1', 't.hbs:6'].map((place) => `templates/${place}`),
  )
})

test('reads a template once, however often it is rendered', () => {
  let reads = 0
  const renderer = createRenderer(
    one(() => {
      reads += 1
      return '{{n}}'
    }),
  )
  assert.equal(
    [1, 2, 3].map((n) => renderer('t.hbs', { n })),
    ['1', '2', '3'],
  )
  assert.is(reads, 1)
})

test.run()
