import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Declaration, Host, ResourceDeclaration } from '../../src/model/cluster.ts'
import { asLine, loadText, mistakes, type Options, originsOf, plain } from './load-text.ts'

const demo = `cluster: fleet-demo
ssh: { user: core, identityFile: ~/.ssh/fleet }
platform: { os: debian, release: "12", arch: amd64 }
environment: proxy
attributes:
  etcd: { version: "3.4.24" }
environments:
  proxy: { attributes: { proxy: { http: "http://proxy.example.com:8080" } } }
  other: { ssh: { port: 2222 } }
roles:
  discovery: { recipes: [etcd], attributes: { etcd: { discovery: "https://d.example.com/{{host.name}}" } } }
  fleet:
    recipes: [docker, fleet, etcd]
    resources:
      - file: { path: /etc/motd, content: "{{!literal}}" }
hosts:
  "infra[0-1]":
    address: "192.168.33.{{add index 9}}"
    roles: [discovery, fleet]
    attributes:
      fleet: { metadata: { region: eu-central-1 } }
`.replace('"{{!literal}}"', '!literal "{{x}} on {{y}}"')

function resourcesOf(host: Host): readonly ResourceDeclaration[] {
  return host.declarations().filter((declaration) => 'desired' in declaration)
}

async function hosts(text: string, options: Options = {}): Promise<readonly Host[]> {
  return (await loadText(text, options)).cluster.hosts
}

async function host(text: string, options: Options = {}): Promise<Host> {
  const [first] = await hosts(text, options)
  if (first === undefined) throw new Error('there is no host')
  return first
}

test('the example of the design resolves to two hosts', async () => {
  const { cluster, warnings } = await loadText(demo)
  assert.is(cluster.name, 'fleet-demo')
  assert.equal(warnings, [])
  const [first, second] = cluster.hosts
  assert.equal([first?.name, second?.name], ['infra0', 'infra1'])
  assert.equal([first?.index, second?.index], [0, 1])
  assert.equal([first?.address, second?.address], ['192.168.33.9', '192.168.33.10'])
  assert.equal(second?.target, {
    transport: 'ssh',
    address: '192.168.33.10',
    ssh: { user: 'core', identityFile: '~/.ssh/fleet' },
  })
  assert.equal(plain(second?.attributes), {
    etcd: { version: '3.4.24', heartbeatMs: 100, discovery: 'https://d.example.com/infra1' },
    docker: {},
    fleet: { metadata: { region: 'eu-central-1' } },
    proxy: { http: 'http://proxy.example.com:8080' },
  })
  assert.equal(JSON.parse(JSON.stringify(second?.platform)), {
    os: 'debian',
    release: '12',
    arch: 'amd64',
    init: 'systemd',
    stateDir: '/var/lib/converge',
    stagingDir: '/var/tmp',
    binDir: '/usr/local/bin',
  })
})

test('the run list has the recipes of the roles in order, each once', async () => {
  const { runList } = await host(demo)
  assert.equal(
    runList.map(({ recipe, layer }) => [recipe, layer]),
    [
      ['etcd', 'role discovery'],
      ['docker', 'role fleet'],
      ['fleet', 'role fleet'],
    ],
  )
})

test('every leaf knows its layer and its place', async () => {
  const origin = originsOf(await host(demo, { set: ['etcd.heartbeatMs=250'] }))
  const where = (path: string) => {
    const found = origin(path)
    const { line, column, length } = found?.position ?? {}
    return `${found?.layer} ${line}:${column}+${length}`
  }
  assert.is(where('attributes.etcd.version'), 'cluster 6:20+8')
  assert.is(where('attributes.proxy.http'), 'environment proxy 8:41+31')
  assert.is(where('attributes.etcd.discovery'), 'role discovery 11:66+37')
  assert.is(where('attributes.fleet.metadata.region'), 'host infra[0-1] 21:36+12')
  assert.is(where('platform.os'), 'cluster 3:17+6')
  assert.is(origin('attributes.etcd.heartbeatMs')?.layer, '--set')
  assert.is(origin('platform.init')?.layer, 'default')
  assert.is(origin('attributes.etcd.nothing'), undefined)
  assert.is(originsOf(await host(demo))('attributes.etcd.heartbeatMs')?.layer, 'recipe etcd (default)')
})

test('resources of roles and hosts are declared with their expressions evaluated', async () => {
  const resources = resourcesOf(await host(demo))
  assert.equal(
    resources.map(({ kind, layer, desired }) => ({ kind, layer, desired: plain(desired) })),
    [{ kind: 'file', layer: 'role fleet', desired: { path: '/etc/motd', content: '{{x}} on {{y}}' } }],
  )
  const text = 'cluster: c\nhosts: { "a[0-1]": { resources: [{ file: { path: "/etc/{{host.name}}" } }] } }\n'
  const paths = (await hosts(text)).map((each) => resourcesOf(each)[0]?.desired.path)
  assert.equal(paths, ['/etc/a0', '/etc/a1'])
})

test('what a host is to have comes role by role, of each the recipes first, then its own', async () => {
  const text = `cluster: c
roles:
  etcd: { roles: [base], recipes: [etcd], resources: [file: { path: /etc/e, content: x }] }
  base: { recipes: [docker], resources: [file: { path: /etc/b, content: x }] }
  app: { roles: [base], recipes: [docker, fleet] }
hosts:
  a: { roles: [etcd, app], recipes: [etcd], resources: [file: { path: /etc/a, content: x }] }
`
  const { roles, declarations } = await host(text)
  assert.equal(roles, ['base', 'etcd', 'app'])
  const wordsOf = (one: Declaration) => ('recipe' in one ? one.recipe : 'desired' in one && one.desired.path)
  assert.equal(
    declarations().map((one) => `${wordsOf(one)} by ${one.layer}`),
    [
      'docker by role base',
      '/etc/b by role base',
      'etcd by role etcd',
      '/etc/e by role etcd',
      'fleet by role app',
      '/etc/a by host a',
    ],
  )
})

test('a resource is declared for each item, with the place of each, and only when it is wanted', async () => {
  const text = `cluster: c
attributes:
  users: { ada: { uid: 1, admin: true }, bob: { uid: 2, admin: false } }
  ports: [80, 443]
roles:
  r:
    resources:
      - file: { forEach: "{{attributes.users}}", when: "{{item.admin}}", path: "/home/{{key}}", content: "u{{item.uid}}" }
      - file: { forEach: "{{attributes.ports}}", path: "/p/{{key}}", content: "{{item}} on {{host.name}}" }
      - file: { forEach: [x, "{{host.name}}"], path: "/l/{{item}}", content: "{{concat item key}}" }
      - file: { when: "{{eq host.name \\"a1\\"}}", path: /only, content: x }
      - file: { when: false, path: /never, content: x }
      - file: { forEach: [], path: /none, content: x }
hosts: { "a[0-1]": { roles: [r] } }
`.replaceAll('\\\\', '\\')
  const [first, second] = await hosts(text)
  const declared = (host: Host | undefined) =>
    (host === undefined ? [] : resourcesOf(host)).map(({ desired, item }) => {
      const place = item && ` (${item.key} ${item.position?.line}:${item.position?.column})`
      return `${desired.path}=${desired.content}${place ?? ''}`
    })
  assert.equal(declared(first), [
    '/home/ada=u1 (ada 3:17)',
    '/p/0=80 on a0 (0 4:11)',
    '/p/1=443 on a0 (1 4:15)',
    '/l/x=x0 (0 10:27)',
    '/l/a0=a01 (1 10:30)',
  ])
  assert.equal(declared(second).slice(-2), ['/l/a1=a11 (1 10:30)', '/only=x'])
})

test('labels are texts, and expressions of and with them are evaluated', async () => {
  const text =
    'cluster: c\nhosts: { "a[0-1]": { address: "{{host.labels.zone}}.example.com", labels: { zone: "eu-{{index}}", example.com/size: s }, recipes: [docker] } }\n'
  const [a, b] = await hosts(text)
  assert.equal(plain(a?.labels), { zone: 'eu-0', 'example.com/size': 's' })
  assert.is(b?.labels.zone, 'eu-1')
  assert.is(b?.address, 'eu-1.example.com')
})

test('a role wins over the roles that it lists', async () => {
  const text = `cluster: c
roles:
  base: { attributes: { app: { image: base, tag: x } } }
  web: { roles: [base], attributes: { app: { image: web } } }
hosts: { a: { roles: [web], recipes: [app] } }
`
  const { attributes } = await host(text.replace(', tag: x', ''))
  assert.equal(plain(attributes), { app: { image: 'web' } })
})

test('layers: recipe default < cluster < environment < roles in order < host < --set', async () => {
  const layer = (name: string) => `{ attributes: { app: { image: ${name} } } }`
  const text = (from: number) => {
    const given = (level: number, line: string) => (level >= from ? '' : line)
    return `cluster: c
environment: e
attributes: { ${given(0, 'app: { image: cluster }')} }
environments: { e: ${given(1, layer('environment')) || '{}'} }
roles: { one: ${given(2, layer('one')) || '{}'}, two: ${given(3, layer('two')) || '{}'} }
hosts: { a: { recipes: [app], roles: [one, two], attributes: { ${given(4, 'app: { image: host }')} } } }
`
  }
  const image = async (from: number, set: readonly string[] = []) =>
    plain((await host(text(from), { set })).attributes)
  assert.equal(await image(1), { app: { image: 'cluster' } })
  assert.equal(await image(2), { app: { image: 'environment' } })
  assert.equal(await image(3), { app: { image: 'one' } })
  assert.equal(await image(4), { app: { image: 'two' } })
  assert.equal(await image(5), { app: { image: 'host' } })
  assert.equal(await image(5, ['app.image=one', 'app.image=two']), { app: { image: 'two' } })
})

test('null that has nothing to remove is a value, unless the schema of its recipe refuses null', async () => {
  const { attributes } = await host(`cluster: c
attributes: { compose: { volumes: { db: } }, etcd: { discovery: } }
roles: { r: { attributes: { compose: { volumes: { logs: null } } } } }
hosts: { a: { recipes: [etcd], roles: [r], attributes: { compose: { volumes: { logs: } } } } }
`)
  assert.equal(plain(attributes.compose), { volumes: { db: null, logs: null } })
  assert.equal(plain(attributes.etcd), { version: '3.4.23', heartbeatMs: 100 })
})

test('null removes what weaker layers have, a default too', async () => {
  const text = `cluster: c
attributes: { etcd: { discovery: x, heartbeatMs: null } }
hosts: { a: { recipes: [etcd], attributes: { etcd: { discovery: null } } } }
`
  assert.equal(plain((await host(text)).attributes), { etcd: { version: '3.4.23' } })
})

test('defaults within an optional object count once a layer brings the object', async () => {
  const text = 'cluster: c\nhosts: { a: { recipes: [etcd], attributes: { etcd: { tls: { cert: x } } } } }\n'
  const found = await host(text)
  const { attributes } = found
  const origin = originsOf(found)
  assert.equal(plain(attributes), {
    etcd: { version: '3.4.23', heartbeatMs: 100, tls: { cert: 'x', ca: '/etc/ssl/ca.pem' } },
  })
  assert.is(origin('attributes.etcd.tls.ca')?.layer, 'recipe etcd (default)')
})

test('environments: --environment wins over the cluster, a host has its own', async () => {
  const text = demo.replace(
    'roles: [discovery, fleet]',
    'roles: [discovery, fleet]\n    platform: { init: none }',
  )
  const { target, environment, platform } = await host(text, { environment: 'other' })
  assert.is(environment, 'other')
  assert.is(target.transport === 'ssh' && target.ssh.port, 2222)
  assert.is(platform.init, 'none')
  const own = await host(demo.replace('  "infra[0-1]":', '  "infra[0-1]":\n    environment: other'))
  assert.is(own.environment, 'other')
})

test('transports: memory needs nothing, a directory starts at the folder of the spec', async () => {
  const text = `cluster: c
hosts:
  m: { transport: memory, recipes: [docker] }
  "d[0-1]": { transport: directory, directory: "./roots/{{host.name}}", recipes: [docker] }
`
  const { cluster } = await loadText(text)
  const folder = cluster.file.replace(/\/cluster\.yaml$/, '')
  assert.equal(
    cluster.hosts.map(({ target }) => target),
    [
      { transport: 'memory' },
      { transport: 'directory', directory: `${folder}/roots/d0` },
      { transport: 'directory', directory: `${folder}/roots/d1` },
    ],
  )
})

test('relative key files start at the folder of the spec', async () => {
  const { cluster } = await loadText(
    'cluster: c\nssh: { identityFile: keys/id, knownHostsFile: ~/kh }\nhosts: { a: { recipes: [docker] } }\n',
  )
  const folder = cluster.file.replace(/\/cluster\.yaml$/, '')
  const [only] = cluster.hosts
  assert.equal(JSON.parse(JSON.stringify(only?.target)), {
    transport: 'ssh',
    address: 'a',
    ssh: { identityFile: `${folder}/keys/id`, knownHostsFile: '~/kh' },
  })
})

test('anchors and merge keys work, and what is merged in keeps its place', async () => {
  const text = `cluster: c
attributes:
  base: &base { a: 1, b: 2 }
  more: { <<: *base, b: 3 }
hosts: { x: { recipes: [docker] } }
`
  const found = await host(text)
  const { attributes } = found
  const origin = originsOf(found)
  assert.equal(plain(attributes.more), { b: 3, a: 1 })
  assert.is(origin('attributes.more.a')?.position?.line, 3)
})

test('hosts of one range share what does not depend on the host', async () => {
  const [first, second] = await hosts(demo)
  assert.is(first?.attributes.proxy, second?.attributes.proxy)
  assert.is(first?.platform, second?.platform)
})

test('a platform has the defaults of its family, of whichever layer its os is, and what is set is stronger', async () => {
  const found = await hosts(`cluster: c
environments: { flat: { platform: { os: flatcar } } }
hosts:
  a: { environment: flat }
  b: { platform: { os: flatcar } }
  c: { platform: { os: flatcar, binDir: /opt/x } }
  d: { platform: { os: debian } }
  e: { environment: flat, platform: { os: debian } }
`)
  const directories = found.map(({ platform }) => platform.binDir)
  assert.equal(directories, ['/opt/bin', '/opt/bin', '/opt/x', '/usr/local/bin', '/usr/local/bin'])
})

test('the order of keys does not matter', async () => {
  const one =
    'cluster: c\nattributes: { a: { x: 1, y: 2 } }\nhosts: { h: { recipes: [etcd], attributes: { a: { x: 3 } } } }\n'
  const other =
    'hosts: { h: { attributes: { a: { x: 3 } }, recipes: [etcd] } }\nattributes: { a: { y: 2, x: 1 } }\ncluster: c\n'
  const attributes = async (text: string) => (await host(text)).attributes
  const sorted = (value: object): unknown =>
    Object.entries(value)
      .map(([key, below]) => [key, typeof below === 'object' && below !== null ? sorted(below) : below])
      .sort()
  assert.equal(sorted(await attributes(other)), sorted(await attributes(one)))
})

test('a host with nothing to do is a warning', async () => {
  const { warnings } = await loadText('cluster: c\nhosts:\n  idle:\n')
  assert.equal(warnings.map(asLine), ['3:3+4 empty-run-list idle has neither recipes nor resources'])
})

test('all mistakes are reported at once, each at its place', async () => {
  const text = `cluster: x
atributes: {}
hosts:
  a:
    address: {{x}}
    roles: [nope]
    recipes: [ectd, app, fleet, etcd]
    platform: { release: 12, init: sysv }
    ssh: { port: "22", user: 5 }
    attributes:
      etcd: { version: 3.10, verson: x, metrics: yes, heartbeatMs: "{{attributes.etcd.q}}", peers: a, tls: {ca: x} }
      b: "{{attributes.c}}"
      c: "{{attributes.b}}"
    resources:
      - file: { path: /x, mode: 0644, contnt: x }
      - fil: { path: /x }
      - file: { path: /x, notifies: [{ resource: "file[/y]", action: foo }] }
  b[3-1]: {}
  d: { transport: directory }
`
  const set = 'set it under attributes: of the cluster, an environment, a role or the host'
  assert.equal(await mistakes(text), [
    '2:1+9 unknown-key unknown key atributes (did you mean attributes?)',
    '5:14+5 bare-expression YAML reads {{x}} as a map (put it in quotes: "{{x}}")',
    '6:13+4 unknown-role there is no role nope (define it under roles)',
    '7:15+4 unknown-recipe there is no recipe ectd (did you mean etcd?)',
    `7:21+3 missing-key the recipe app needs attributes.app.image, which no layer sets (${set})`,
    '7:26+5 missing-recipe the recipe fleet needs the recipe docker in the same run list (list docker before fleet)',
    '8:26+2 wrong-type release must be text, but YAML reads 12 as a number (put it in quotes: "12")',
    '8:36+4 not-allowed init must be systemd or none, not "sysv"',
    '9:18+4 wrong-type port must be a whole number from 1 to 65535, not "22" (write 22 without quotes)',
    '9:30+1 wrong-type user must be text, but YAML reads 5 as a number (put it in quotes: "5")',
    '11:24+4 wrong-type version must be text, but YAML reads 3.10 as the number 3.1 (put it in quotes: "3.10")',
    '11:30+6 unknown-key unknown key verson (did you mean version?)',
    '11:50+3 wrong-type metrics must be true or false, but YAML reads yes as text (write true)',
    '11:71+17 invalid-expression unknown path attributes.etcd.q: attributes.etcd has no q',
    '11:100+1 wrong-type peers must be a list, not "a" (write [a])',
    `11:103+3 missing-key the recipe etcd needs attributes.etcd.tls.cert, which no layer sets (${set})`,
    '13:10+18 invalid-expression this refers to itself: attributes.b -> attributes.c -> attributes.b',
    '15:33+4 wrong-type mode must be text, but YAML reads 0644 as the number 644 (put it in quotes: "0644")',
    '15:39+6 unknown-key unknown key contnt (did you mean content?)',
    '16:9+3 unknown-kind there is no resource kind fil (did you mean file?)',
    '17:70+3 not-allowed action must be run, start, stop, restart or reload, not "foo"',
    '18:3+6 invalid-range the range [3-1] runs backwards (such as infra[0-2], core-[01-05] or web[1-3,7])',
    '19:19+9 missing-key d has transport directory, but no directory (set directory to the path of a root tree on this machine)',
  ])
})

const begin = 'start with "cluster: <name>" and "hosts:"; `converge init` writes a working example'
const tail = 'hosts: { a: { recipes: [docker] } }\n'
const table: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
  ['an empty file', '', [`1:1+1 not-a-map the spec is empty (${begin})`]],
  ['a list', '- a\n', [`1:1+1 not-a-map the spec must be a map at the top level (${begin})`]],
  [
    'tabs',
    'cluster: x\nhosts:\n\ta: {}\n',
    ['3:1+1 invalid-yaml tabs cannot indent YAML (indent with spaces)'],
  ],
  [
    'a key twice',
    `cluster: x\ncluster: y\n${tail}`,
    ['2:1+7 duplicate-key the key cluster is duplicated (keep one, or merge the two)'],
  ],
  [
    'an unquoted expression with text behind it',
    'cluster: x\nhosts:\n  b:\n    address: {{index}}.example.com\n',
    [
      '4:14+21 invalid-yaml YAML reads {{index}} as a map (put the whole value in quotes: "{{index}}.example.com")',
    ],
  ],
  [
    'an unknown tag',
    `cluster: !foo x\n${tail}`,
    [
      '1:10+4 unknown-tag the tag !foo is not supported (the tags are !literal, for text, and !secret, for the key of a secret)',
    ],
  ],
  [
    'a second document',
    'cluster: x\n---\nhosts: {}\n',
    ['2:1+3 invalid-yaml a second YAML document begins here (a file has one document: remove the "---")'],
  ],
  [
    'an alias within itself',
    `cluster: x\nattributes: &a { b: *a }\n${tail}`,
    ['2:21+2 recursive-alias *a contains itself'],
  ],
  [
    'an alias without anchor',
    `cluster: x\nattributes: *a\n${tail}`,
    ['2:13+2 unknown-anchor there is no anchor &a before this'],
  ],
  [
    'numbers that cannot be kept',
    `cluster: x\nattributes: { a: 12345678901234567890, b: .nan }\n${tail}`,
    [
      '2:18+20 unusable-number 12345678901234567890 is too large to be kept exactly as a number (to use it as text, write "12345678901234567890")',
      '2:43+4 unusable-number .nan is not a number that a spec can hold (to use it as text, write ".nan")',
    ],
  ],
  ['a key that is a list', `cluster: x\n? [a]\n: 1\n${tail}`, ['2:3+3 invalid-key a key must be text']],
  [
    'nothing that counts',
    'environment: x\n',
    [
      '1:1+1 missing-key cluster and hosts are missing (set cluster to a name of at most 63 letters, digits, dots, hyphens and underscores that begins with a letter or digit)',
    ],
  ],
  [
    'sections of the wrong shape',
    'cluster: x\nroles: { web: 7 }\nhosts: { a: { roles: [web], recipes: etcd } }\n',
    [
      '2:15+1 wrong-type web must be a map, not 7',
      '3:38+4 wrong-type recipes must be a list, not "etcd" (write [etcd])',
    ],
  ],
  [
    'names that two hosts have',
    'cluster: x\nhosts:\n  "a[0-2]": {}\n  a1: { address: z }\n  "b[1,1]": { address: "q{{index}}" }\n',
    [
      '4:3+2 duplicate-host the host a1 is declared twice: here and on line 3',
      '5:3+8 duplicate-host the host b1 is declared twice: here and in the same range',
    ],
  ],
  [
    'addresses that two hosts have',
    'cluster: x\nhosts:\n  "a[0-2]": { address: 10.0.0.1 }\n  b: { address: 10.0.0.1, ssh: { port: 2222 } }\n  c: { address: 10.0.0.1 }\n',
    [
      '3:24+8 duplicate-address a1 has the same address as a0: 10.0.0.1 (make it depend on the host, such as "192.168.33.{{add index 10}}")',
      '5:17+8 duplicate-address c has the same address as a0 on line 3: 10.0.0.1',
    ],
  ],
  [
    'too many hosts',
    'cluster: x\nhosts: { "a[0-999999999]": {}, b: {} }\n',
    [
      '2:10+16 too-many-hosts with a[0-999999999] the spec declares more than 100000 hosts',
      '2:32+1 too-many-hosts with b the spec declares more than 100000 hosts',
    ],
  ],
  [
    'names that no host can have',
    'cluster: x\nhosts: { a_b: {}, "c[": {} }\n',
    [
      '2:10+3 invalid-name "a_b" is not a host name: it may have only letters, digits, dots and inner hyphens',
      '2:19+4 invalid-name "c[" is not a host name: it may have only letters, digits, dots and inner hyphens',
    ],
  ],
  [
    'unknown environments',
    'cluster: x\nenvironment: stagin\nenvironments: { staging: {} }\nhosts: { a: { environment: prod } }\n',
    [
      '2:14+6 unknown-environment there is no environment stagin (did you mean staging?)',
      '4:28+4 unknown-environment there is no environment prod (known: staging)',
    ],
  ],
  [
    'a merge key with a number',
    `cluster: x\nattributes: { <<: 5 }\n${tail}`,
    ['2:19+1 invalid-merge << takes a map, or a list of maps (such as <<: *defaults)'],
  ],
  [
    'a task with its title or its condition beside the kind',
    'cluster: x\nhosts: { a: { resources: [ {name: motd, file: {path: /x, content: x}}, {file: {path: /y, content: y}, when: z, become: true} ] } }\n',
    [
      '2:28+42 invalid-value resources[0] must have only one key (move name into the map of file, or remove it)',
      '2:72+53 invalid-value resources[1] must have only one key (move when, become into the map of file, or remove them)',
    ],
  ],
  [
    'a list without the blanks behind its dashes',
    `cluster: x\nhosts:\n  a:\n    roles:\n      -web\n`,
    ['5:7+4 wrong-type roles must be a list, not "-web" (a list has a blank after each dash)'],
  ],
  [
    'half a surrogate pair, of which no bytes can be made',
    'cluster: x\nattributes: { a: "\\ud800" }\nhosts: { a: { resources: [ file: { path: /x, content: "\\ud83d\\ude00 x\\udc00y" } ] } }\n',
    [
      '2:18+8 half-character the text has half a surrogate pair (write the character itself)',
      '3:55+23 half-character the text has half a surrogate pair (write the character itself)',
    ],
  ],
  [
    'items and conditions of the wrong kind',
    `cluster: x
hosts:
  a:
    resources:
      - file: { when: yes, path: /a, content: x }
      - file: { when: "{{host.name}}", path: /b, content: x }
      - file: { forEach: 3, path: /c, content: x }
      - file: { forEach: "{{nope}}", path: /d, content: x }
      - file: { forEach: [a, b], path: "/e/{{item.x}}", content: x }
      - file: { path: "/f/{{item}}", content: x }
      - file: { forEach: { a: { v: 1.20 } }, path: "/g/{{item.v}}", content: "{{items}}" }
      - file: { forEach: [1.20], path: /h, content: "x{{item}}" }
`,
    [
      '5:23+3 wrong-type when must be true or false, but YAML reads yes as text (write true)',
      '6:23+15 wrong-type when must be true or false, not "a"',
      '7:26+1 wrong-type forEach must be a list or a map, not 3 (write [3])',
      '8:29+4 invalid-expression unknown path nope (in scope: index, host.name, host.address, host.index, host.labels, cluster.name, platform.*, attributes.*)',
      '9:46+6 invalid-expression unknown path item.x: item has no x',
      '10:29+4 invalid-expression unknown path item (item is known only in a resource with forEach)',
      '11:36+4 respelt-number hosts.a.resources[6].file.forEach.a.v is used as text, but YAML reads 1.20 as the number 1.2 (put it in quotes: "1.20")',
      '11:81+5 invalid-expression unknown path items (did you mean item?)',
      '12:27+4 respelt-number hosts.a.resources[7].file.forEach[0] is used as text, but YAML reads 1.20 as the number 1.2 (put it in quotes: "1.20")',
    ],
  ],
  [
    'labels that no selector could name',
    'cluster: x\nhosts: { a: { labels: { rack: 7, zone: "a,b", "!x": y, size: "{{nope}}" }, recipes: [docker] } }\n',
    [
      '2:31+1 wrong-type rack must be text, but YAML reads 7 as a number (put it in quotes: "7")',
      '2:40+5 invalid-value zone must be letters, digits, dots, hyphens and underscores, as text, not "a,b"',
      '2:47+4 unknown-key unknown key !x (labels must be a map of labels, whose names consist of letters, digits, dots, hyphens, underscores and slashes)',
      '2:65+4 invalid-expression unknown path nope (in scope: index, host.name, host.address, host.index, host.labels, cluster.name, platform.*, attributes.*)',
    ],
  ],
  [
    'roles in a circle, and one that does not exist',
    `cluster: x\nroles:\n  a: { roles: [b] }\n  b: { roles: [c] }\n  c: { roles: [b, nope] }\n${tail}`,
    [
      '5:16+1 role-circle the role b lists itself: b, which lists c, which lists b (remove one of these roles)',
      '5:19+4 unknown-role there is no role nope (known: a, b, c)',
    ],
  ],
  [
    'resources of the wrong shape',
    'cluster: x\nhosts: { a: { resources: [ {file: {path: /x}, unit: {name: x}}, file, { unit: {} } ] } }\n',
    [
      '2:28+35 invalid-value resources[0] must have only one key (begin unit with a dash of its own)',
      '2:65+4 wrong-type resources[1] must be a map, not "file" (write a map: { file: {} })',
      '2:73+4 missing-key name is missing',
    ],
  ],
  [
    'attributes a slip away from a recipe in use',
    'cluster: x\nattributes: { etdc: { version: x } }\nhosts: { a: { recipes: [etcd] } }\n',
    ['2:15+4 unknown-recipe there is no recipe etdc that takes these attributes (did you mean etcd?)'],
  ],
  [
    'line ends of Windows',
    `cluster: x\r\nhsts: 1\r\n${tail}`,
    ['2:1+4 unknown-key unknown key hsts (did you mean hosts?)'],
  ],
  [
    'a role that nobody has',
    `cluster: x\nroles: { idle: { recipes: [dokcer] } }\n${tail}`,
    ['2:28+6 unknown-recipe there is no recipe dokcer (did you mean docker?)'],
  ],
  [
    'a directory without its transport',
    'cluster: x\nhosts: { c: { directory: x } }\n',
    [
      '2:15+9 unused-key directory requires transport: directory (add transport: directory, or remove directory)',
    ],
  ],
  [
    'a value that only its expression makes wrong',
    'cluster: x\nssh: { port: "{{host.name}}" }\nhosts: { a: {} }\n',
    ['2:14+15 wrong-type port must be a whole number from 1 to 65535, not "a"'],
  ],
]

for (const [what, text, expected] of table) {
  test(`is refused: ${what}`, async () => {
    assert.equal(await mistakes(text), expected)
  })
}

test('keys such as __proto__ are unknown keys or plain attributes, and pollute nothing', async () => {
  const known =
    'known: attributes, cluster, data, environment, environments, hosts, include, inventory, platform, recipes, roles, secrets, ssh'
  assert.equal(await mistakes(`cluster: x\n__proto__: { polluted: 1 }\nconstructor: 1\n${tail}`), [
    `2:1+9 unknown-key unknown key __proto__ (${known})`,
    `3:1+11 unknown-key unknown key constructor (${known})`,
  ])
  const { attributes } = await host(`cluster: x\nattributes: { __proto__: { polluted: 1 } }\n${tail}`)
  assert.equal(Object.keys(attributes).sort(), ['__proto__', 'docker'])
  assert.is(Reflect.get({}, 'polluted'), undefined)
})

test('aliases that multiply are refused once', async () => {
  const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
  for (const [at, key] of [...'bcdefgh'].entries()) {
    lines.push(`${key}: &${key} [${Array(10).fill(`*${'abcdefg'[at]}`).join(',')}]`)
  }
  const text = `cluster: x\nattributes:\n${lines.map((line) => `  ${line}\n`).join('')}${tail}`
  assert.equal(await mistakes(text), [
    '7:31+2 alias-bomb aliases expand to more than 100000 values (use fewer aliases)',
  ])
})

test('deep nesting is refused before it can exhaust the stack', async () => {
  const expected = ['1:1+1 too-deep nested more than 100 levels deep']
  for (const text of ['['.repeat(50_000), '- '.repeat(20_000), '{a: '.repeat(20_000)]) {
    assert.equal(await mistakes(text), expected)
  }
})

test('a file that is too large, no UTF-8 or missing is refused', async () => {
  const withoutFolder = (lines: readonly string[]) =>
    lines.map((line) => line.replace(/\S*\/cluster\.yaml/, 'cluster.yaml'))
  assert.equal(withoutFolder(await mistakes(Uint8Array.from([0x63, 0xff]))), [
    '1:2+1 not-utf8 this character is not UTF-8 (save the file as UTF-8)',
  ])
  assert.equal(withoutFolder(await mistakes(Buffer.from('cluster: é\n', 'utf16le'))), [
    '- not-utf8 cluster.yaml is UTF-16 text (save it as UTF-8)',
  ])
  assert.equal(withoutFolder(await mistakes(Buffer.from('1f8b080000000000', 'hex'))), [
    '- not-utf8 cluster.yaml is not a text file (name the spec with -f)',
  ])
  assert.equal(withoutFolder(await mistakes(new Uint8Array(8 * 1024 * 1024 + 1))), [
    '- too-large cluster.yaml has 8388609 bytes; the limit for a spec is 8 MiB (split it into several clusters)',
  ])
})

test('--set is checked like everything else', async () => {
  const text = 'cluster: x\nhosts: { a: { recipes: [etcd] } }\n'
  assert.equal(
    await mistakes(text, { set: ['etcd.version=3.10', 'x', 'y=', '.a=1', 'a=[', 'etcd.heartbeatMs=0'] }),
    [
      '- invalid-set --set x: "=" is missing (write path=value, such as etcd.version=3.5.0)',
      '- invalid-set --set y=: the value is empty (write "" for empty text, or null to remove it)',
      '- invalid-set --set .a=1: the path has an empty part (write path=value, such as etcd.version=3.5.0)',
      `- invalid-set --set a=[: the value is not YAML: this [ is never closed (if text is meant, keep the quotes from your shell: --set 'a="["')`,
      `- wrong-type --set etcd.version: version must be text, but YAML reads 3.10 as the number 3.1 (keep the quotes from your shell: --set 'etcd.version="3.10"')`,
      '- invalid-value --set etcd.heartbeatMs: heartbeatMs must be at least 1, not 0',
    ],
  )
  const { attributes } = await host(text, {
    set: ['etcd.version=3.5.0', 'etcd.peers=[a, b]', 'attributes.free.x=true'],
  })
  assert.equal(plain(attributes), {
    etcd: { version: '3.5.0', heartbeatMs: 100, peers: ['a', 'b'] },
    free: { x: true },
  })
  assert.equal(await mistakes(text, { environment: 'prod' }), [
    '- unknown-environment there is no environment prod (define it under environments)',
  ])
})

test('ten thousand hosts of one range share one tree of attributes', async () => {
  const attributes = Array.from({ length: 40 }, (_, at) => `k${at}: v${at}`).join(', ')
  const text = (count: number) =>
    `cluster: c\nattributes: { free: { ${attributes} } }\nhosts:\n  "n[1-${count}]": { address: "n{{index}}", recipes: [etcd] }\n`
  const many = await hosts(text(10_000))
  assert.is(many.length, 10_000)
  assert.is(many.at(-1)?.address, 'n9999')
  assert.is(many[0]?.attributes, many.at(-1)?.attributes)
})

test.run()
