import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { anyText } from '../any-text.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { figure } from '../figure.ts'
import { programArguments } from '../programs.ts'
import { ownTime } from './own-time.ts'

const seed = 20260303

/** Renders a spec into `out` of a folder of its own, below which nothing else may appear. */
async function render(text: string, files: Readonly<Record<string, string>> = {}) {
  const folder = scratchFolder()
  writeFiles(folder, { 'project/cluster.yaml': text, ...files })
  const argv = ['render', '-f', join(folder, 'project/cluster.yaml'), '-o', join(folder, 'project/out')]
  const outcome = await converge(argv)
  return { ...outcome, folder }
}

const withResource = (resource: string, name = 'node0'): string => `cluster: hostile
hosts:
  ${JSON.stringify(name)}: { transport: memory, resources: [${resource}] }
`

const outward: readonly (readonly [what: string, spec: string, said: string | RegExp])[] = [
  ...['/../../x', '/..', '/a/../../../x', '../x', 'x', '//x', '/./x', '/a\\0b', ''].map(
    (path) =>
      [
        `the path ${path}`,
        withResource(`{ file: { path: "${path}", content: x } }`),
        'an absolute path without `//`, `.`, `..` or a slash at its end',
      ] as const,
  ),
  ...['..', '.', 'a/../../b', '../x', 'a/b', '-rf', '/etc'].map(
    (name) =>
      [
        `the host name ${name}`,
        withResource('{ file: { path: /x, content: x } }', name),
        /host name|range/,
      ] as const,
  ),
  ...['../secret', '/etc/passwd', 'files/../../secret', 'link-out'].flatMap((source) =>
    ['source', 'template'].map(
      (key) =>
        [
          `the ${key} ${source}`,
          withResource(`{ file: { path: /x, ${key}: ${source} } }`),
          /leads out of the folder|cannot be read/,
        ] as const,
    ),
  ),
  [
    'a drop-in named ../../x',
    withResource('{ unit: { name: a.service, dropIns: { "../../x": { Service: { Type: simple } } } } }'),
    /error/,
  ],
  [
    'a unit named ../../x.service',
    withResource('{ unit: { name: ../../x.service, enabled: true } }'),
    /error/,
  ],
]

for (const [what, text, said] of outward) {
  test(`render writes and reads nothing outside for ${what}`, async () => {
    const folder = scratchFolder()
    writeFiles(folder, { secret: 'hunter2', 'project/cluster.yaml': text, 'project/files/a': 'a' })
    symlinkSync('../secret', join(folder, 'project/link-out'))
    const before = readdirSync(folder, { recursive: true }).length
    const file = join(folder, 'project/cluster.yaml')
    const { code, stdout, stderr } = await converge(['render', '-f', file, '-o', join(folder, 'project/out')])
    assert.is(code, 3, stdout)
    assert.match(stderr, said)
    assert.not.match(stdout + stderr, 'hunter2')
    assert.is(readdirSync(folder, { recursive: true }).length, before)
  })
}

test('the hint at a file that is missing names none outside of the repository', async () => {
  const folder = scratchFolder()
  const files = { 'outside/hunter2.txt': '', 'project/files/motd.txt': '', 'project/.git/hunter2.txt': '' }
  writeFiles(folder, files)
  symlinkSync('../outside', join(folder, 'project/link'))
  const file = join(folder, 'project/cluster.yaml')
  const said = async (source: string) => {
    writeFiles(folder, { 'project/cluster.yaml': withResource(`{ file: { path: /x, source: ${source} } }`) })
    return (await converge(['validate', '-f', file])).stderr
  }
  assert.match(await said('files/motd'), 'did you mean motd.txt?')
  for (const source of ['link/hunter', '.git/hunter', '../outside/hunter'])
    assert.not.match(await said(source), 'hunter2')
})

for (const key of ['source', 'template']) {
  test(`a pipe without a writer is refused as ${key}`, () => {
    const folder = scratchFolder()
    const file = join(folder, 'cluster.yaml')
    writeFiles(folder, { 'cluster.yaml': withResource(`{ file: { path: /x, ${key}: pipe } }`) })
    execFileSync('mkfifo', [join(folder, 'pipe')])
    // In a process of its own: a read that waits would stop this one, its timers too.
    const { status, stderr } = spawnSync(
      process.execPath,
      [...programArguments('src/cli.ts'), 'validate', '-f', file],
      { encoding: 'utf8', timeout: 30_000 },
    )
    assert.is(status, 3, stderr)
    assert.match(stderr, 'pipe cannot be read: it is not a regular file')
  })
}

/** What an earlier tree, or the author of the spec, may have left in render's folder. */
const planted: readonly (readonly [what: string, link: string, marker: string | undefined, code: 0 | 3])[] = [
  ['in the place of a host', 'node0', '{ "madeBy": "converge render", "hosts": [] }', 3],
  ['in the place of a host that it says render made', 'node0', '{ "hosts": ["node0"] }', 0],
  ['in the place of a program that it says render made', 'node0.sh', '{ "hosts": ["node0.sh"] }', 0],
  ['in the place of the list of what render made', '.converge-render.json', undefined, 3],
]

for (const [what, link, marker, expected] of planted) {
  for (const [kind, target] of [
    ['a file', 'precious.json'],
    ['a folder', 'precious'],
    ['nothing yet', 'new'],
  ] as const) {
    test(`render follows no link to ${kind} ${what}`, async () => {
      const folder = scratchFolder()
      writeFiles(folder, {
        'project/cluster.yaml': withResource('{ file: { path: /etc/motd, content: x } }'),
        'outside/precious.json': '{ "madeBy": "somebody else" }',
        'outside/precious/etc/motd': 'y',
      })
      const out = join(folder, 'project/out')
      mkdirSync(out)
      if (marker !== undefined) writeFileSync(join(out, '.converge-render.json'), marker)
      symlinkSync(join('../../outside', target), join(out, link))
      const argv = ['render', '--portable', '-f', join(folder, 'project/cluster.yaml'), '-o', out]
      const { code, stderr } = await converge(argv)
      assert.is(code, expected, stderr)
      assert.match(stderr, expected === 0 ? /^(?!.*error)/ : /is not a regular file|render did not make it/)
      assert.equal(readdirSync(join(folder, 'outside'), { recursive: true }).toSorted(), [
        'precious',
        'precious.json',
        'precious/etc',
        'precious/etc/motd',
      ])
      assert.is(readFileSync(join(folder, 'outside/precious.json'), 'utf8'), '{ "madeBy": "somebody else" }')
      assert.is(readFileSync(join(folder, 'outside/precious/etc/motd'), 'utf8'), 'y')
    })
  }
}

for (const text of ['', 'no JSON', 'null', '[]', '{}', '{ "hosts": "x" }', '{ "hosts": [".."] }']) {
  test(`render takes no folder for its own in which the list of what it made is ${text || 'empty'}`, async () => {
    const { code, stderr } = await render(withResource('{ file: { path: /etc/motd, content: x } }'), {
      'project/out/.converge-render.json': text,
    })
    assert.is(code, 3)
    assert.match(stderr, '.converge-render.json is damaged')
  })
}

const wellFormed = {
  cluster: 'proto',
  platform: { init: 'none' },
  ssh: { user: 'root' },
  attributes: { app: { settings: { deep: { deeper: [{ a: 1 }] } } } },
  environments: { test: { attributes: { app: { x: 1 } } } },
  roles: {
    web: {
      attributes: { app: { y: 1 } },
      resources: [
        { file: { path: '/etc/motd', content: 'x' } },
        { unit: { name: 'a.service', content: { Service: { ExecStart: '/bin/true' } } } },
      ],
    },
  },
  hosts: { node0: { transport: 'memory', roles: ['web'], attributes: { app: { z: 1 } } } },
}

/** The places of all maps in a tree. */
function mapsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  const below = Object.entries(value).flatMap(([key, item]) => mapsIn(item, [...path, key]))
  return Array.isArray(value) ? below : [path, ...below]
}

/** The tree as YAML with one more key in the maps at some places: an object literal cannot hold such a key. */
function withKey(places: readonly (readonly string[])[], key: string, value: string): string {
  const marked = structuredClone(wellFormed)
  for (const path of places) {
    let target: object = marked
    for (const part of path) target = Reflect.get(target, part)
    Reflect.set(target, 'MARKED', 'MARKED')
  }
  const text = stringify(marked, { defaultStringType: 'PLAIN' })
  return text.replaceAll('MARKED: MARKED', () => `${key}: ${value}`)
}

test('__proto__, constructor and prototype at every level are plain keys or mistakes, and pollute nothing', async () => {
  const places = mapsIn(wellFormed)
  const inAttributes = places.filter((path) => path.at(-2) === 'attributes' || path.includes('settings'))
  const keys = ['__proto__', 'constructor', 'prototype', '"__proto__"', 'toString', 'hasOwnProperty']
  const values = ['{ polluted: yes }', '{ polluted: { polluted: 1 } }', '[1]', '{ toString: 1 }', '1']
  const before = Object.getOwnPropertyNames(Object.prototype).sort()
  const attempt = async (at: readonly (readonly string[])[], key: string, value: string, code: 0 | 3) => {
    const outcome = await render(withKey(at, key, value))
    assert.is(outcome.code, code, `${key} at ${JSON.stringify(at)}\n${outcome.stderr}`)
    assert.is(Reflect.get({}, 'polluted'), undefined)
    assert.equal(Object.getOwnPropertyNames(Object.prototype).sort(), before)
  }
  for (const [index, key] of keys.entries()) {
    const value = values[index % values.length] ?? '1'
    await attempt(places, key, value, 3)
    await attempt(inAttributes, key, value, 0)
  }
  figure('places of a spec with keys such as __proto__', keys.length * places.length)
})

/** What makes a spec large: by night so often, by day a quarter of it, in half the time. */
const isNightly = Number(process.env.CONVERGE_FUZZ ?? 0) >= 5_000
const byDay = (byNight: number): number => (isNightly ? byNight : byNight / 10)
const bombLimitMs = isNightly ? 5_000 : 2_500

const tail = 'hosts: { node0: { transport: memory } }\n'
const bombs: readonly (readonly [what: string, text: () => string, said: RegExp])[] = [
  [
    'aliases that multiply',
    () => {
      const lines = Array.from({ length: 30 }, (_, level) => {
        const items =
          level === 0
            ? 'x,x'
            : Array(9)
                .fill(`*a${level - 1}`)
                .join(',')
        return `  a${level}: &a${level} [${items}]\n`
      })
      return `cluster: bomb\nattributes:\n${lines.join('')}${tail}`
    },
    /aliases expand to more than 100000 values/,
  ],
  [
    'merge keys that multiply',
    () => {
      const lines = Array.from({ length: 30 }, (_, level) =>
        level === 0
          ? '  m0: &m0 { k: [1, 2, 3] }\n'
          : `  m${level}: &m${level} { a${level}: *m${level - 1}, b${level}: *m${level - 1}, <<: *m${level - 1} }\n`,
      )
      return `cluster: bomb\nattributes:\n${lines.join('')}${tail}`
    },
    /aliases expand to more than 100000 values/,
  ],
  [
    'expressions that together build more than there is memory for',
    () =>
      `cluster: bomb\nattributes: { t: ${'x'.repeat(1_000_000)} }\nhosts:\n  "n[0-299]": { transport: memory, resources: [{ file: { path: /a, content: "{{attributes.t}}{{host.name}}" } }] }\n`,
    /the texts of all expressions exceed 256 MiB/,
  ],
  ['an alias of itself', () => `cluster: bomb\nattributes: &a { again: *a }\n${tail}`, /\*a contains itself/],
  [
    'deep lists',
    () => `cluster: bomb\nattributes: { a: ${'['.repeat(byDay(50_000))}`,
    /nested more than 100 levels deep/,
  ],
  [
    'deep maps',
    () => `cluster: bomb\nattributes: ${'{ a: '.repeat(byDay(50_000))}`,
    /nested more than 100 levels deep/,
  ],
  [
    '50 MB',
    () => `cluster: bomb\n${`# ${'x'.repeat(1000)}\n`.repeat(50_000)}`,
    /the limit for a spec is 8 MiB/,
  ],
  [
    `${byDay(50_000)} aliases`,
    () =>
      `cluster: bomb\nattributes: { a: &a 1, l: [${Array(byDay(50_000)).fill('*a').join(',')}], b: *none }\n${tail}`,
    /there is no anchor &none before this/,
  ],
  [
    `${byDay(20_000)} aliases to nothing`,
    () => `cluster: bomb\nattributes: { l: [${Array(byDay(20_000)).fill('*a').join(',')}] }\n${tail}`,
    new RegExp(`${byDay(20_000)} errors, of which 200 are shown`),
  ],
  [
    `a key that is there ${byDay(20_000)} times`,
    () => `cluster: bomb\nattributes:\n${'  a: 1\n'.repeat(byDay(20_000))}${tail}`,
    new RegExp(`${byDay(20_000) - 1} errors, of which 200 are shown`),
  ],
  [
    'a mistake in every line',
    () => `cluster: bomb\nattributes:\n${'  "a: }\n'.repeat(byDay(10_000))}`,
    /\n1 error\n$/,
  ],
  [
    'a wrong expression in every line',
    () => {
      const lines = Array.from({ length: byDay(5_000) }, (_, at) => `  a${at}: "{{nope}}"\n`)
      return `cluster: bomb\nattributes:\n${lines.join('')}${tail}`
    },
    new RegExp(`${byDay(5_000)} errors, of which 200 are shown`),
  ],
  [
    'keys within keys',
    () => `cluster: bomb\nattributes: { a: ${'? '.repeat(600_000)}`,
    /more than 1000000 tokens/,
  ],
  [
    '8 MiB of small values',
    () => `cluster: bomb\nattributes: [${'1,'.repeat(4_000_000)}]\n${tail}`,
    /more than 1000000 tokens/,
  ],
  [
    'ten thousand expressions in a text',
    () => `cluster: bomb\nattributes: { a: "${'{{host.name}}'.repeat(10_000)}", b: "{{nope}}" }\n${tail}`,
    /unknown path nope/,
  ],
  [
    'an expression in a text of 2 MB',
    () => `cluster: bomb\nattributes: { a: "{{host.name}}${'x'.repeat(2_000_000)}" }\n${tail}`,
    /a text with expressions exceeds 1 MiB/,
  ],
  [
    'a range of a billion hosts',
    () => 'cluster: bomb\nhosts: { "a[0-999999999]": { transport: memory } }\n',
    /error: .*(hosts|range)/,
  ],
  [
    'expressions that double',
    () => {
      const lines = Array.from({ length: 60 }, (_, at) =>
        at === 0 ? '  x0: "xxxxxxxx"\n' : `  x${at}: "{{attributes.x${at - 1}}}{{attributes.x${at - 1}}}"\n`,
      )
      return `cluster: bomb\nattributes:\n${lines.join('')}${tail}`
    },
    /error: /,
  ],
  ...['{{ add (', '{{ add 1 (', '{{ add "}}" ('].map(
    (start) =>
      [
        `brackets within brackets after ${start}`,
        () => withAttribute(start + 'add 1 ('.repeat(20_000)),
        /cluster\.yaml:2:\d+ error: an expression is nested more than 32 levels deep \[[a-z-]+\]\n/,
      ] as const,
  ),
  [
    'brackets within brackets that are closed',
    () => withAttribute(`{{${' add 1 ('.repeat(20_000)}add 1 1${')'.repeat(20_000)}}}`),
    /cluster\.yaml:2:\d+ error: an expression is nested more than 32 levels deep \[[a-z-]+\]\n/,
  ],
  [
    'an expression of a path with 400,000 parts',
    () => withAttribute(`{{attributes${'.a'.repeat(400_000)}}}`),
    /cluster\.yaml:2:\d+ error: a \{\{ is not closed within 4096 characters \[[a-z-]+\]\n/,
  ],
  [
    'attributes that refer to one another in a row',
    () => {
      const lines = Array.from({ length: 5_000 }, (_, at) => `  x${at}: "{{attributes.x${at + 1}}}"\n`)
      return `cluster: bomb\nattributes:\n${lines.join('')}  x5000: 1\n${tail}`
    },
    /cluster\.yaml:\d+:\d+ error: this refers to others over more than 100 steps \[[a-z-]+\]\n/,
  ],
  [
    'a path of 2,000,000 parts',
    () => withResource(`{ file: { content: x, path: "${'/a'.repeat(2_000_000)}" } }`),
    /cluster\.yaml:3:\d+ error: path is too long: at most 4096 characters \[[a-z-]+\]\n/,
  ],
  [
    'a link whose path is too long',
    () => withResource(`{ link: { target: x, path: "${'/abc'.repeat(20_000)}" } }`),
    /cluster\.yaml:3:\d+ error: path is too long: at most 4096 characters \[[a-z-]+\]\n/,
  ],
  [
    'a path within an archive of 1,500,000 parts',
    () => {
      const binary = `${'a/'.repeat(1_500_000)}a`
      const sha256 = '0'.repeat(64)
      return withResource(
        `{ archive: { path: /a, url: "http://a", sha256: "${sha256}", binaries: [b, "${binary}"] } }`,
      )
    },
    /cluster\.yaml:3:\d+ error: binaries\[1\] is too long: at most 4096 characters \[[a-z-]+\]\n/,
  ],
  [
    'base64 of 4 MB with a wrong character',
    () => withResource(`{ file: { path: /a, contentBase64: "${'AAAA'.repeat(1_000_000)}!" } }`),
    /cluster\.yaml:3:\d+ error: contentBase64 must be base64, /,
  ],
  [
    'base64 that is incomplete',
    () => withResource(`{ file: { path: /a, contentBase64: "${'AAAA'.repeat(1_000)}A" } }`),
    /cluster\.yaml:3:\d+ error: .*its contentBase64 is incomplete/,
  ],
  [
    'a recipe whose path is too long',
    () => `cluster: bomb\nrecipes: { x: "./${'a/'.repeat(100_000)}b.ts" }\n${tail}`,
    /cluster\.yaml:2:\d+ error: x is too long: at most 4096 characters \[[a-z-]+\]\n/,
  ],
  [
    'a relation to 20,000 unknown resources',
    () => {
      const ids = Array.from({ length: 20_000 }, (_, at) => `"file[/${at}]"`)
      return withResource(`{ file: { path: /a, content: x, after: [${ids.join(',')}] } }`)
    },
    /20000 errors, of which 200 are shown/,
  ],
]

function withAttribute(text: string): string {
  return `cluster: bomb\nattributes: { a: '${text}' }\n${tail}`
}

test('a template with loops that write more than there is memory for is refused soon, at its place', async () => {
  const loops = '{{#each l}}{{#each @root.l}}'
  const variables = `l: [${Array.from({ length: 300 }, (_, at) => at).join(',')}]`
  const { code, stderr } = await render(
    withResource(`{ file: { path: /a, template: t, variables: { ${variables} } } }`),
    { 'project/t': `a\n${loops}${'x'.repeat(100_000)}{{/each}}{{/each}}` },
  )
  assert.is(code, 3)
  assert.match(stderr, /\/t:2:1 error: the blocks and partials write more than 16 MiB/)
})

test('base64 of 4 MB is content', async () => {
  const { code, stderr } = await render(
    withResource(`{ file: { path: /a, contentBase64: "${'AAAA'.repeat(1_000_000)}" } }`),
  )
  assert.is(code, 0, stderr)
})

for (const [what, template, said] of [
  ['blocks within blocks', '{{#if host.name}}'.repeat(3_000), /blocks are nested more than 100 levels deep/],
  [
    'brackets within brackets',
    `{{ ${'add 1 ('.repeat(20_000)}`,
    /an expression is nested more than 32 levels/,
  ],
  [
    'a tag that is never closed',
    `a\n{{ ${'a '.repeat(500_000)}`,
    /a \{\{ is not closed within 4096 characters/,
  ],
] as const) {
  test(`a template with ${what} is refused soon, at its place`, async () => {
    const elapsedMs = ownTime()
    const { code, stderr } = await render(withResource('{ file: { path: /a, template: t } }'), {
      'project/t': template,
    })
    assert.is(code, 3)
    assert.match(stderr, /\/t:[12]:\d+ error: /)
    assert.match(stderr, said)
    assert.ok(elapsedMs() < bombLimitMs)
  })
}

for (const [what, text, said] of bombs) {
  test(`a spec with ${what} is refused soon`, async () => {
    const folder = scratchFolder()
    writeFiles(folder, { 'cluster.yaml': text() })
    const elapsedMs = ownTime()
    const { code, stderr } = await converge(['validate', '-f', join(folder, 'cluster.yaml')])
    const tookMs = elapsedMs()
    assert.is(code, 3)
    assert.match(stderr, said)
    assert.ok(tookMs < bombLimitMs, `it took ${tookMs} ms`)
    assert.ok(stderr.length < 80_000, `it says ${stderr.length} characters`)
  })
}

test('a NUL in any text of a resource is a mistake of the spec, or content', async () => {
  const texts = [
    'file: { path: "/a\\0b", content: x }',
    'file: { path: /a, content: x, owner: "a\\0b" }',
    'file: { path: /a, content: x, validate: "a\\0b" }',
    'directory: { path: /a, group: "a\\0b" }',
    'link: { path: /a, target: "a\\0b" }',
    'unit: { name: "a\\0.service", enabled: true }',
    'user: { name: app, comment: "a\\0b" }',
    'user: { name: app, home: "/a\\0b" }',
    'user: { name: app, shell: "/a\\0b" }',
    'user: { name: app, groups: ["a\\0b"] }',
    'group: { name: "a\\0b" }',
    'package: { name: "a\\0b" }',
    'archive: { path: /a, url: "http://a/\\0b", sha256: "0000000000000000000000000000000000000000000000000000000000000000" }',
    'command: { name: "a\\0b", command: "true", unless: "true" }',
    'command: { name: a, command: "a\\0b", unless: "true" }',
    'command: { name: a, command: "true", unless: "a\\0b" }',
    'command: { name: a, command: "true", onlyIf: "a\\0b" }',
    'command: { name: a, command: "true", unless: "true", cwd: "/a\\0b" }',
    'command: { name: a, command: "true", unless: "true", environment: { A: "a\\0b" } }',
    'file: { path: /a, content: x, disruption: { group: "g\\0", maxUnavailable: 1, healthy: "a\\0b" } }',
  ]
  for (const text of texts) {
    const { code, stderr, folder } = await render(withResource(`{ ${text} }`))
    assert.is(code, 3, `${text} is accepted`)
    assert.match(stderr, /cluster\.yaml:3:\d+ error/, text)
    assert.not.ok(existsSync(join(folder, 'project/out')))
  }
  assert.is((await render(withResource('{ file: { path: /a, content: "a\\0b" } }'))).code, 0)
})

test('any bytes are a spec or refused with a place, never a crash', async () => {
  const numRuns = Math.min(5_000, Number(process.env.CONVERGE_FUZZ ?? 12))
  const words = [
    'hosts',
    ':',
    ' ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '<<',
    '!literal',
    '"',
    "'",
    '|',
    '-',
  ]
  const pieces = [
    ...words,
    '{{',
    '}}',
    'cluster',
    'roles',
    '__proto__',
    '\t',
    '#',
    '%',
    '@',
    'node[0-1]',
    '~',
    '0644',
  ]
  const text = fc.array(fc.oneof(fc.constantFrom(...pieces), anyText(3)), {
    maxLength: 40,
  })
  const folder = scratchFolder()
  const file = join(folder, 'cluster.yaml')
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(text, async (parts) => {
      writeFileSync(file, `cluster: fuzz\nhosts: { a: { transport: memory } }\nattributes: ${parts.join('')}`)
      const { code, stderr } = await converge(['validate', '-f', file])
      accepted += Number(code === 0)
      assert.ok(code === 0 || code === 3, stderr)
      assert.not.match(stderr, 'bug in converge')
    }),
    { seed, numRuns },
  )
  assert.ok(accepted < numRuns)
  figure('fuzzed specs', numRuns)
})

test.run()
