import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CompileInput } from '../../src/compile/compile.ts'
import { command, directory, file, unit } from '../../src/dsl.ts'
import type { ResourceDeclaration } from '../../src/model/cluster.ts'
import type { Recipe, RecipeContext } from '../../src/model/recipe.ts'
import type { Resource } from '../../src/model/resource.ts'
import { NO_VALUES } from '../../src/model/value.ts'
import { AT_RUN_LIST, compileSample, host, ids, mistakes, recipe } from './sample-cluster.ts'

const at = { file: 'cluster.yaml', line: 9, column: 3 }

function declaration(kind: string, desired: ResourceDeclaration['desired']): ResourceDeclaration {
  return { kind, desired, layer: 'role web', position: at }
}

const motd = file({ path: '/etc/motd', content: 'hello\n' })

test('takes the recipes in run-list order, then what the spec declares, and says who declared each', () => {
  const catalog = compileSample({
    hosts: [host('a', ['one', 'two'], { declared: [declaration('link', { path: '/l', target: 'x' })] })],
    recipes: [recipe('two', () => [directory({ path: '/two' })]), recipe('one', () => [motd])],
  })
  assert.equal(
    catalog.hosts[0]?.entries.map(({ resource, declaredBy, position }) => [
      resource.id,
      declaredBy,
      position,
    ]),
    [
      ['file[/etc/motd]', 'recipe one', AT_RUN_LIST],
      ['directory[/two]', 'recipe two', AT_RUN_LIST],
      ['link[/l]', 'role web', at],
    ],
  )
})

test('keeps what is wanted of each catalog, and tells the mistakes of all hosts', () => {
  const hosts = ['a', 'b'].map((name) => host(name, ['one', 'two']))
  const one = recipe('one', () => [motd, directory({ path: '/one' })])
  const two = recipe('two', (ctx) => (ctx.host.name === 'b' ? [motd] : []))
  const keep: CompileInput['keep'] = (catalog) =>
    catalog.host === 'a' ? { ...catalog, entries: catalog.entries.slice(1) } : undefined
  const kept = compileSample({ hosts, recipes: [one, recipe('two', () => [])], keep }).hosts
  assert.equal(
    kept.map(({ host, entries }) => [host, entries.length]),
    [['a', 1]],
  )
  assert.match(mistakes({ hosts, recipes: [one, two], keep }).join(), /duplicate-resource .* \(host b\)/)
})

test('gives a recipe its attributes, its host and its peers', () => {
  const seen: unknown[] = []
  compileSample({
    hosts: [
      host('a', ['look'], { roles: ['web'], attributes: { look: { port: 80 } } }),
      host('b', [], { roles: ['web', 'db'] }),
      host('c', ['look'], { roles: ['db'] }),
    ],
    recipes: [
      recipe('look', (ctx: RecipeContext<unknown>) => {
        const names = (filter?: { recipe?: string; role?: string }) =>
          ctx.hosts(filter).map((peer) => peer.name)
        seen.push([
          ctx.host.name,
          ctx.attributes,
          names(),
          names({ recipe: 'look' }),
          names({ role: 'db' }),
          names({ recipe: 'look', role: 'web' }),
          names({ recipe: 'nobody' }),
        ])
        return []
      }),
    ],
  })
  const peers = [['a', 'b', 'c'], ['a', 'c'], ['b', 'c'], ['a'], []]
  assert.equal(seen, [
    ['a', { port: 80 }, ...peers],
    ['c', NO_VALUES, ...peers],
  ])
})

test('a recipe reads its templates and files', () => {
  const catalog = compileSample({
    hosts: [host('a', ['page'])],
    recipes: [
      recipe(
        'page',
        (ctx) => [
          file({ path: '/t', content: ctx.template('t.hbs', { name: '<b>' }) }),
          file({ path: '/f', content: ctx.file('f.txt') }),
        ],
        { 'templates/t.hbs': 'I am {{name}}\n', 'files/f.txt': 'raw {{name}}\n' },
      ),
    ],
  })
  assert.equal(
    catalog.hosts[0]?.entries.map(({ resource }) => resource.desired.content),
    ['I am <b>\n', 'raw {{name}}\n'],
  )
})

test('a declared file takes its content from a file or template beside the spec', () => {
  const catalog = compileSample({
    hosts: [
      host('a', [], {
        declared: [
          declaration('file', { path: '/s', source: 'files/s' }),
          declaration('file', { path: '/t', template: 'templates/t.hbs', variables: { port: 80 } }),
        ],
      }),
    ],
    files: { 'files/s': '{{port}}\n', 'templates/t.hbs': 'port {{port}}\n' },
  })
  assert.equal(
    catalog.hosts[0]?.entries.map(({ resource }) => resource.desired),
    [
      { mode: '0644', owner: 'root', group: 'root', path: '/s', content: '{{port}}\n' },
      { mode: '0644', owner: 'root', group: 'root', path: '/t', content: 'port 80\n' },
    ],
  )
})

test('reports what is wrong with the content of declared files', () => {
  const declarations = [
    declaration('file', { path: '/a', source: 'files/a' }),
    declaration('file', { path: '/b', template: 'b.hbs' }),
    declaration('file', { path: '/c', source: 'b.hbs', content: 'x' }),
    declaration('file', { path: '/d', content: 'x', variables: {} }),
    declaration('file', { path: '/e' }),
  ]
  assert.equal(
    mistakes({ hosts: [host('h', [], { declared: declarations })], files: { 'b.hbs': 'x\n{{user}}\n' } }),
    [
      '9:3 unreadable-file there is no file files/a (host h); the path is relative to the file that names it',
      '2:1 template-failed user is not defined (host h); no variables are passed',
      '9:3 invalid-resource file: content and source are both set (host h); set one of them',
      '9:3 invalid-resource file: variables need a template (host h); set template, or remove variables',
      '9:3 invalid-resource file[/e]: it has no content (host h); set content, contentBase64, source or template',
    ],
  )
})

test('an unknown directive in a unit is a mistake of the spec', () => {
  const declarations = [
    declaration('unit', { name: 'x.service', content: { Service: { ExecStrat: '/bin/x' } } }),
  ]
  assert.equal(mistakes({ hosts: [host('h', [], { declared: declarations })] }), [
    '9:3 invalid-resource unit[x.service]: x.service: unknown directive ExecStrat= in [Service] (host h); did you mean ExecStart=?',
  ])
})

test('the same mistake on many hosts is reported once', () => {
  const hosts = ['a', 'b', 'c', 'd'].map((name) => host(name, ['bad']))
  assert.equal(mistakes({ hosts, recipes: [recipe('bad', (ctx) => ctx.fail('no', 'say yes'))] }), [
    '5:7 recipe-refused recipe bad: no (4 hosts: a, b, c, …); say yes',
  ])
})

test('what a recipe throws is reported where the recipe threw it', () => {
  const thrown = new Error('boom')
  thrown.stack = [
    'Error: boom',
    '    at helper (/srv/fleet/node_modules/lib/index.js:1:1)',
    '    at resources (file:///srv/fleet/my%20recipes/app.ts:12:34)',
  ].join('\n')
  const bad = recipe('bad', () => {
    throw thrown
  })
  assert.equal(mistakes({ hosts: [host('a', ['bad'])], recipes: [bad] }), [
    '12:34 recipe-failed recipe bad: boom (host a)',
  ])
})

test('what a recipe gives to a resource is checked, every mistake at once', () => {
  // Like a recipe in JavaScript, without type checks.
  const input = JSON.parse('{ "path": "etc/motd", "contnet": "x", "mode": 420 }')
  const bad = recipe('bad', () => [file(input)])
  assert.equal(
    mistakes({ hosts: [host('a', ['bad'])], recipes: [bad] }).map((line) => line.replace(/^\d+:\d+ /, '')),
    [
      'unknown-key recipe bad: file: unknown key contnet (host a); did you mean content?',
      'invalid-value recipe bad: file: path must be an absolute path without `//`, `.`, `..` or a slash at its end, not "etc/motd" (host a)',
      'wrong-type recipe bad: file: mode must be four octal digits as a string, such as "0644", not 420 (host a)',
    ],
  )
})

test('a recipe chooses hosts by a selector', () => {
  const recipes = [
    recipe('r', (ctx) => [
      file({
        path: '/x',
        content: ctx
          .hosts('label:zone=a,h?&!role:db')
          .map(({ name }) => name)
          .join(' '),
      }),
      file({ path: '/y', content: String(ctx.hosts('role:none').length) }),
    ]),
    recipe('bad', (ctx) => ctx.hosts('web[x]').map(({ name }) => file({ path: name, content: '' }))),
  ]
  const all = [
    host('h1', ['r'], { labels: { zone: 'b' } }),
    host('h2', [], { roles: ['db'], labels: { zone: 'b' } }),
    host('db', [], { labels: { zone: 'a' } }),
  ]
  const entries = compileSample({ hosts: all, recipes }).hosts[0]?.entries
  assert.equal(
    entries?.map(({ resource }) => resource.desired.content),
    ['h1 db', '0'],
  )
  const mistake = mistakes({ hosts: [host('h', ['bad'])], recipes })
  assert.equal(
    mistake.map((line) => line.replace(/^\d+:\d+ /, '')),
    [
      'invalid-selector recipe bad: [x] in "web[x]" is not a range of numbers (host h); such as infra[0-2] or core-[01-05,07]',
    ],
  )
})

test('recipes read what others offer to a collection, with host and recipe of each', () => {
  const web = recipe('web', () => [])
  const offers: Recipe['offers'] = {
    ports: (ctx) => [{ port: ctx.host.index + 80, for: ctx.hosts('role:lb').map(({ name }) => name) }],
    logs: () => ['/var/log/web'],
  }
  const recipes = [
    { ...web, recipe: { ...web.recipe, offers } },
    recipe('firewall', (ctx) => [
      file({
        path: '/ports',
        content: JSON.stringify(
          ctx.offered('ports', 'label:zone=a').map(({ host, recipe, value }) => [host.name, recipe, value]),
        ),
      }),
      file({ path: '/logs', content: String(ctx.offered('logs').length) }),
      file({ path: '/none', content: String(ctx.offered('none').length) }),
    ]),
  ]
  const hosts = [
    host('a', ['web', 'firewall'], { labels: { zone: 'a' }, index: 1 }),
    host('b', ['web'], { labels: { zone: 'b' } }),
    host('lb', [], { roles: ['lb'] }),
  ]
  const entries = compileSample({ hosts, recipes }).hosts[0]?.entries
  assert.equal(
    entries?.map(({ resource }) => resource.desired.content),
    ['[["a","web",{"port":81,"for":["lb"]}]]', '2', '0'],
  )
})

test('an offer that fails is told where it was made', () => {
  const broken = recipe('broken', () => [])
  const offers: Recipe['offers'] = { ports: (ctx) => ctx.fail('no port is free', 'free one') }
  const recipes = [
    { ...broken, recipe: { ...broken.recipe, offers } },
    recipe('firewall', (ctx) => ctx.offered('ports').map(() => file({ path: '/x', content: '' }))),
  ]
  assert.equal(mistakes({ hosts: [host('a', ['firewall']), host('b', ['broken'])], recipes }), [
    '5:7 recipe-refused recipe firewall: what recipe broken offers for b: no port is free (host a); free one',
  ])
})

test('a recipe that returns no list of resources is reported', () => {
  const bad = recipe('bad', () => JSON.parse('{}'))
  assert.equal(mistakes({ hosts: [host('a', ['bad'])], recipes: [bad] }), [
    '5:7 recipe-failed recipe bad did not return a list of resources (host a); return the results of file(...), unit(...) and the like in a list; a recipe cannot be async',
  ])
})

test('two owners of one thing are both named', () => {
  const one = recipe('one', () => [motd, unit({ name: 'x.service', content: '[Unit]\n' })])
  const two = recipe('two', () => [motd, file({ path: '/etc/systemd/system/x.service', content: '' })])
  assert.equal(mistakes({ hosts: [host('a', ['one', 'two'])], recipes: [one, two] }), [
    '5:7 duplicate-resource file[/etc/motd] is declared twice: by recipe one and by recipe two (host a); declare it in one place, and let the other refer to it',
    '5:7 conflicting-claim the path /etc/systemd/system/x.service has two owners: unit[x.service] by recipe one and file[/etc/systemd/system/x.service] by recipe two (host a); remove one of them, or give it another name',
  ])
})

test('a command that nothing makes run is a mistake', () => {
  const recipes = [recipe('r', () => [command({ name: 'reload', command: 'true' })])]
  assert.equal(mistakes({ hosts: [host('a', ['r'])], recipes }), [
    '5:7 never-runs command[reload] by recipe r would never run: it has no guard and nothing notifies it (host a); set creates, onlyIf or unless, or have another resource notify it with the action run',
  ])
})

test('the catalog does not depend on the order of keys', () => {
  const declared = (desired: Resource['desired']) =>
    compileSample({ hosts: [host('a', [], { declared: [declaration('file', desired)] })] })
  const one = declared({ path: '/x', content: 'x', mode: '0600' })
  const other = declared({ mode: '0600', content: 'x', path: '/x' })
  assert.equal(ids(one), ids(other))
  assert.equal(one.hosts[0]?.entries[0]?.resource.desired, other.hosts[0]?.entries[0]?.resource.desired)
})

test.run()
