import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { assertValid } from '../report/assert-valid.ts'
import { converge } from './recording-io.ts'
import { scratchFolder, writeFiles } from './scratch.ts'

const etcd = fileURLToPath(new URL('../../fixtures/clusters/etcd/cluster.yaml', import.meta.url))

/** A spec with layers, expressions, data, templates and peers. */
const folder = scratchFolder()
const spec = join(folder, 'cluster.yaml')
writeFiles(folder, {
  'cluster.yaml': `cluster: shop
data: { ports: ports.json }
environment: live
attributes:
  app: { port: 8080, motto: "we sell {{attributes.goods}}" }
  goods: shoes
  proxy: { http: "http://proxy:1", no: local }
environments:
  live: { attributes: { app: { port: 8443 } } }
recipes: { app: ./app.mjs }
roles:
  web:
    recipes: [app]
    attributes: { proxy: { no: null }, goods: hats }
    resources:
      - file:
          path: /etc/motd
          content: |
            Welcome to {{host.name}}.
            Nothing to see.
            Port {{data.ports.admin}}
      - file:
          path: /etc/list.conf
          template: list.hbs
          variables: { items: [a, "{{attributes.goods}}"] }
      - file: { path: /etc/key, content: "hunter2 {{attributes.app.port}}", sensitive: true }
      - link: { path: /etc/alias, target: /etc/motd }
      - directory: { path: /var/coats, when: "{{eq attributes.goods 'coats'}}" }
hosts:
  "web[0-2]": { address: "192.0.2.{{add index 10}}", roles: [web] }
  db: { address: 192.0.2.1 }
`,
  'ports.json': '{\n  "admin": 9000\n}\n',
  'list.hbs': '# the list\n{{#each items}}\nitem {{this}}\n{{/each}}\nend\n',
  'app.mjs': `import { defineRecipe, file, Type, unit } from 'converge'
export default defineRecipe({
  name: 'app',
  attributes: Type.Object({
    port: Type.Integer(), motto: Type.String(), level: Type.Optional(Type.String()),
    tls: Type.Boolean({ default: false }),
  }),
  resources(ctx) {
    const { port, motto, level, tls } = ctx.attributes
    const peers = ctx.hosts({ recipe: 'app' }).map(({ address }) => address)
    return [
      file({ path: '/etc/app.conf', content: ctx.template('app.hbs', { port, motto, peers, level: level ?? 'info' }) + '# ' + tls + '\\n' }),
      unit({ name: 'app.service', content: { Service: { ExecStart: '/bin/app ' + port } }, started: true }),
    ]
  },
})
`,
  'templates/app.hbs':
    'port = {{port}}\n\n{{#each peers}}\npeer {{this}}\n{{/each}}\n# {{upper motto}}\nlevel = {{level}}\n',
})

interface Line {
  readonly text?: string
  readonly template?: { readonly file: string; readonly line: number }
  readonly causes: readonly string[]
}

/** The lines of one output, each with the names of its causes, and what else was read. */
async function linesOf(file: string, subject: string, ...options: readonly string[]) {
  const { code, stdout, stderr } = await converge(['explain', '-f', file, subject, '--json', ...options])
  assert.is(code, 0, stderr)
  const document = JSON.parse(stdout)
  assertValid('explain', document)
  const [output] = document.explanation.outputs.slice(-1)
  const nameOf = ({ what, hosts }: { what: string; hosts?: readonly string[] }) =>
    hosts === undefined ? what : `${what} of ${hosts}`
  const lines: readonly Line[] = output.lines.map((line: Line & { readonly causes: readonly number[] }) => ({
    ...line,
    causes: line.causes.map((index) => nameOf(output.causes[index])),
  }))
  return { lines, output, alsoRead: output.alsoRead.map(nameOf) as readonly string[] }
}

const causesOf = (lines: readonly Line[]) =>
  lines.map(({ text = '', causes }) => [text.split('=')[0], ...causes])

test('names exactly what each line of the environment of etcd depends on', async () => {
  const { lines, alsoRead } = await linesOf(etcd, 'infra1:/etc/etcd/etcd.env')
  const [mode, tls, address, clientPort, peerPort] = [
    'attributes.etcd.mode',
    'attributes.etcd.tls',
    'host.address',
    'attributes.etcd.clientPort',
    'attributes.etcd.peerPort',
  ]
  assert.equal(causesOf(lines), [
    ['ETCD_NAME', 'host.name'],
    ['ETCD_DATA_DIR', 'attributes.etcd.dataDir'],
    ['ETCD_LISTEN_PEER_URLS', mode, tls, address, peerPort],
    ['ETCD_LISTEN_CLIENT_URLS', tls, clientPort, address],
    ['ETCD_ADVERTISE_CLIENT_URLS', mode, tls, clientPort, address],
    ['ETCD_HEARTBEAT_INTERVAL', 'attributes.etcd.heartbeatIntervalMs', mode],
    ['ETCD_ELECTION_TIMEOUT', 'attributes.etcd.electionTimeoutMs', mode],
  ])
  for (const read of ['attributes.etcd.version', 'attributes.etcd.user', 'platform.arch', 'cluster.name'])
    assert.ok(alsoRead.includes(read), read)
})

test('names exactly what each line of the bootstrap and of the unit of etcd depends on', async () => {
  const { lines } = await linesOf(etcd, 'infra1:/etc/etcd/bootstrap.env')
  const [mode, others] = ['attributes.etcd.mode', 'infra0,infra2']
  const [discovery, tls] = ['attributes.etcd.discoverySrv', 'attributes.etcd.tls']
  // A proxy's file is that of another resource.
  assert.equal(causesOf(lines), [
    ['ETCD_INITIAL_ADVERTISE_PEER_URLS', discovery, tls, 'host.address', 'attributes.etcd.peerPort'],
    [
      'ETCD_INITIAL_CLUSTER',
      discovery,
      tls,
      'host.address',
      'attributes.etcd.peerPort',
      'host.name',
      'recipe:etcd of infra0,infra1,infra2',
      `${mode} of ${others}`,
      `host.name of ${others}`,
      `host.address of ${others}`,
    ],
    ['ETCD_INITIAL_CLUSTER_STATE'],
    ['ETCD_INITIAL_CLUSTER_TOKEN', 'attributes.etcd.token', 'cluster.name'],
  ])
  const unit = await linesOf(etcd, 'infra1:/etc/systemd/system/etcd.service')
  assert.equal(
    causesOf(unit.lines).filter(([, cause]) => cause !== undefined),
    [
      ['Type', mode],
      ['User', 'attributes.etcd.user'],
      ['EnvironmentFile', 'attributes.etcd.variablesIn'],
      ['EnvironmentFile', 'attributes.etcd.variablesIn'],
      ['ExecStart', 'platform.binDir'],
    ],
  )
})

test('follows a line to its template, through loops and helpers, to attributes, layers and places', async () => {
  const { lines, output } = await linesOf(spec, 'web1:/etc/app.conf')
  const place = ({ template }: Line) =>
    template && `${template.file.replace(`${folder}/`, '')}:${template.line}`
  const template = 'templates/app.hbs'
  assert.equal(
    lines.map((line) => [line.text, place(line), ...line.causes]),
    [
      ['port = 8443', `${template}:1`, 'attributes.app.port'],
      ['', `${template}:2`],
      ...[10, 11, 12].map((end) => [
        `peer 192.0.2.${end}`,
        `${template}:4`,
        ...(end === 11 ? ['host.address'] : []),
        ...(end === 12 ? ['recipe:app of web0,web1,web2'] : []),
        ...(end === 11 ? [] : ['host.address of web0,web2']),
      ]),
      ['# WE SELL HATS', `${template}:6`, 'attributes.app.motto'],
      ['level = info', `${template}:7`, 'attributes.app.level'],
      ['# false', undefined, 'attributes.app.tls'],
    ],
  )
  const motto = output.causes.find(({ what }: { what: string }) => what === 'attributes.app.motto')
  assert.is(motto.position.line, 5)
  assert.is(motto.written, 'we sell {{attributes.goods}}')
  const [goods] = motto.refersTo
  assert.equal(
    [goods.what, goods.value, goods.layer, goods.position.line],
    ['attributes.goods', 'hats', 'role web', 14],
  )
})

test('explains what the spec declares itself: its own lines, expressions, data and templates', async () => {
  const { lines, output } = await linesOf(spec, 'web1:/etc/motd')
  const content = 'roles.web.resources[0].file.content'
  assert.equal(
    lines.map(({ causes }) => causes),
    [[content, 'host.name'], [content], [content, 'data.ports.admin']],
  )
  const causes: readonly { readonly what: string; readonly position: { readonly line: number } }[] =
    output.causes
  const lineOf = (what: string) =>
    causes.filter((cause) => cause.what === what).map(({ position }) => position.line)
  assert.equal(lineOf(content), [19, 20, 21])
  assert.equal(lineOf('data.ports.admin'), [2])
  const list = await linesOf(spec, 'web1:/etc/list.conf')
  assert.equal(
    list.lines.map(({ text, template, causes }) => [text, template?.line, ...causes]),
    [
      ['# the list', 1],
      ['item a', 3, 'roles.web.resources[1].file.variables.items[0]'],
      ['item hats', 3, 'roles.web.resources[1].file.variables.items[1]', 'attributes.goods'],
      ['end', 5],
    ],
  )
})

test('shows nothing of what is sensitive, only what it depends on', async () => {
  for (const subject of ['web1:/etc/key', 'web1:file[/etc/key]']) {
    const text = await converge(['explain', '-f', spec, subject, '--verbose'])
    const json = await converge(['explain', '-f', spec, subject, '--json'])
    for (const { stdout, stderr } of [text, json]) {
      assert.match(stdout, 'attributes.app.port')
      assert.not.match(stdout + stderr, /hunter2|8443/)
    }
  }
})

const of = async (subject: string, ...options: readonly string[]) => {
  const { code, stdout, stderr } = await converge(['explain', '-f', spec, subject, ...options])
  return (code === 0 ? stdout : stderr).replaceAll(`${folder}/`, '')
}

test('lists every layer of a value, weakest first, with its place, and what removed it', async () => {
  assert.is(
    await of('web1:app.port', '--set', 'app.port=1'),
    `web1: attributes.app.port = 1
   cluster: 8080 (cluster.yaml:5:16)
   environment live: 8443 (cluster.yaml:9:38)
-> --set: 1
`,
  )
  assert.is(
    await of('web1:proxy.no'),
    `web1: attributes.proxy.no has no value
   cluster: "local" (cluster.yaml:7:40)
-> role web: removes it (cluster.yaml:14:32)
`,
  )
  assert.match(await of('web2:labels'), 'web2: host.labels = {}\n')
  assert.match(await of('web2:platform.binDir'), '-> default: "/usr/local/bin"\n')
  assert.match(await of('web2:data.ports.admin'), '-> data ports: 9000 (ports.json:2:12)\n')
  assert.match(
    await of('web2:app'),
    /attributes\.app\.port = 8443[\s\S]*attributes\.app\.motto = "we sell hats"/,
  )
})

test('names the line of a partial', async () => {
  const given = scratchFolder()
  writeFiles(given, {
    'cluster.yaml': `cluster: c
recipes: { app: ./app.mjs }
hosts:
  a:
    address: 192.0.2.1
    recipes: [app]
    resources: [file: { path: /etc/list, template: t/list.hbs, variables: { items: [one] } }]
`,
    'app.mjs': `import { defineRecipe, file, Type } from 'converge'
export default defineRecipe({
  name: 'app', attributes: Type.Object({ port: Type.Integer({ default: 80 }) }),
  resources: ({ attributes, template }) => [file({ path: '/etc/app', content: template('app', { port: attributes.port }) })],
})
`,
    'templates/app': 'begin\n  {{> sub/port}}\nend\n',
    'templates/sub/port': '# port\nlisten {{port}}\n',
    't/list.hbs': 'list\n{{#each items}}\n{{> item.hbs}}\n{{/each}}\n',
    't/item.hbs': '\nitem {{this}}\n',
  })
  const placesIn = async (subject: string) => {
    const { lines } = await linesOf(join(given, 'cluster.yaml'), subject)
    return lines.map(({ text, template, causes }) => [
      text,
      `${template?.file.replace(`${given}/`, '')}:${template?.line}`,
      ...causes,
    ])
  }
  assert.equal(await placesIn('a:/etc/app'), [
    ['begin', 'templates/app:1'],
    ['  # port', 'templates/sub/port:1'],
    ['  listen 80', 'templates/sub/port:2', 'attributes.app.port'],
    ['end', 'templates/app:3'],
  ])
  assert.equal(
    (await placesIn('a:/etc/list')).map(([text, place]) => [text, place]),
    [
      ['list', 't/list.hbs:1'],
      ['', 't/item.hbs:1'],
      ['item one', 't/item.hbs:2'],
    ],
  )
})

test('follows what a recipe passes on to one that it needs', async () => {
  const given = scratchFolder()
  const recipe = (name: string, rest: string) =>
    `import { defineRecipe, file, Type } from 'converge'
export default defineRecipe({ name: '${name}', attributes: Type.Object({ port: Type.Integer({ default: 80 }) }), ${rest} })
`
  writeFiles(given, {
    'cluster.yaml': `cluster: c
recipes: { proxy: ./proxy.mjs, shop: ./shop.mjs }
attributes: { shop: { port: 8080 } }
hosts: { a: { address: 192.0.2.1, recipes: [proxy, shop] } }
`,
    'proxy.mjs': recipe(
      'proxy',
      "resources: ({ attributes }) => [file({ path: '/etc/proxy', content: 'listen ' + attributes.port })]",
    ),
    'shop.mjs': recipe(
      'shop',
      "needs: [{ recipe: 'proxy', attributes: { port: '{{attributes.shop.port}}' } }], resources: () => []",
    ),
  })
  const file = join(given, 'cluster.yaml')
  const { stdout } = await converge(['explain', '-f', file, 'a:proxy.port'])
  assert.is(
    stdout.replaceAll(file, 'cluster.yaml'),
    `a: attributes.proxy.port = 8080
   recipe proxy (default): 80
-> recipe shop, needs proxy: "{{attributes.shop.port}}" (cluster.yaml:4:52)
    attributes.shop.port = 8080, cluster (cluster.yaml:3:29)
`,
  )
  const { lines, output } = await linesOf(file, 'a:/etc/proxy')
  assert.equal(causesOf(lines), [['listen 8080', 'attributes.proxy.port']])
  assert.is(output.causes[0].refersTo[0].what, 'attributes.shop.port')
})

test('tells what a host is made of, in order', async () => {
  assert.is(
    await of('web0'),
    `web0 at 192.0.2.10
environment live, set by cluster (cluster.yaml:3:14)
role web, listed by host web[0-2] (cluster.yaml:30:62)
layers, weakest first: default, recipe app (default), cluster, environment live, role web

recipe app, listed by role web (cluster.yaml:13:15)
  file[/etc/app.conf]
  unit[app.service]

role web (cluster.yaml:16:9)
  file[/etc/motd]

role web (cluster.yaml:22:9)
  file[/etc/list.conf]

role web (cluster.yaml:26:9)
  file[/etc/key]

role web (cluster.yaml:27:9)
  link[/etc/alias]

role web (cluster.yaml:28:9)
  makes nothing; it reads
    written: roles.web.resources[4].directory.when (cluster.yaml:28:46)
    attributes.goods, role web (cluster.yaml:14:47)
`,
  )
})

test('tells the properties of a resource without a file', async () => {
  assert.match(
    await of('web0:/etc/alias'),
    /properties of link\[\/etc\/alias\] by role web[\s\S]*target: \/etc\/motd/,
  )
  assert.match(
    await of('web0:unit[app.service]'),
    /started: true[\s\S]*ExecStart=\/bin\/app 8443\n +attributes\.app\.port/,
  )
})

for (const [what, subject, said] of [
  ['a host', 'wbe1', /no host "wbe1" \[[a-z-]+\]\n {2}did you mean web\d\?/],
  [
    'a path',
    'web1:/etc/mtod',
    /web1 gets nothing at \/etc\/mtod \[[a-z-]+\]\n {2}did you mean \/etc\/motd\?/,
  ],
  [
    'a resource',
    'web1:unit[ap.service]',
    /web1 has no unit\[ap\.service\] \[[a-z-]+\]\n {2}did you mean unit\[app\.service\]\?/,
  ],
  ['a value', 'web1:app.prot', /web1 has no value app\.prot \[[a-z-]+\]\n {2}did you mean app\.port\?/],
  ['a line', 'web1:/etc/motd:4', /no line 4: \/etc\/motd of web1 has 3 lines/],
  ['line 0', 'web1:/etc/motd:0', /no line 0: /],
  ['a line of a unit', 'web1:unit[app.service]:2', /is no file with lines/],
  ['nothing', 'web1:', /"web1:" names nothing to explain/],
] as const) {
  test(`refuses ${what} that is not there, and says what is like it`, async () => {
    const { code, stderr } = await converge(['explain', '-f', spec, subject])
    assert.is(code, 3)
    assert.match(stderr, said)
  })
}

test.run()
