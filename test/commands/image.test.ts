import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'
import { scratchFolder, writeFiles } from './scratch.ts'

const cases: Readonly<Record<string, { readonly resources: string; readonly left: readonly string[] }>> = {
  'what is the same on all hosts is in the image': {
    resources: '- file: { path: /etc/a, content: "{{cluster.name}}" }',
    left: [],
  },
  'the name, the address, the public address and labels of the host are not': {
    resources: `- file: { path: /etc/name, content: "{{host.name}}" }
      - file: { path: /etc/address, content: "{{host.address}}" }
      - file: { path: /etc/public, content: "{{host.publicAddress}}" }
      - file: { path: /etc/label, content: "{{host.labels.zone}}" }
      - file: { path: /etc/same, content: same }`,
    left: ['file[/etc/name]', 'file[/etc/address]', 'file[/etc/public]', 'file[/etc/label]'],
  },
  'what is declared for this host only is not': {
    resources: `- file: { path: /etc/zone-a, content: same, when: '{{eq host.labels.zone "a"}}' }
      - file: { path: /etc/same, content: same }`,
    left: ['file[/etc/zone-a]'],
  },
  'what is in a directory or of an account that is left out is not': {
    resources: `- directory: { path: "/srv/{{host.name}}" }
      - file: { path: "/srv/{{host.name}}/a", content: same }
      - user: { name: "u-{{host.labels.zone}}" }
      - file: { path: /etc/theirs, content: same, owner: "u-{{host.labels.zone}}" }
      - file: { path: /etc/same, content: same }`,
    left: ['directory[/srv/web0]', 'file[/srv/web0/a]', 'user[u-a]', 'file[/etc/theirs]'],
  },
  'what comes after something that is left out or does not run is not': {
    resources: `- file: { path: /etc/key, content: hunter2, sensitive: true }
      - command: { name: init, command: "app init", creates: /var/lib/app, after: ["file[/etc/key]"] }
      - command: { name: next, command: "app next", creates: /var/lib/next, after: ["command[init]"] }
      - unit: { name: app.service, content: { Service: { ExecStart: /bin/true } }, restartOn: ["file[/etc/key]"], started: true }
      - command: { name: ask, command: "app ask", creates: /var/lib/asked, after: ["unit[app.service]"] }
      - unit: { name: idle.service, content: { Service: { ExecStart: /bin/true } } }
      - command: { name: same, command: "make same", creates: /etc/same, after: ["unit[idle.service]"] }`,
    left: ['file[/etc/key]', 'command[init]', 'command[next]', 'command[ask]'],
  },
  'what is sensitive is not': {
    resources: `- file: { path: /etc/key, content: hunter2, sensitive: true }
      - file: { path: /etc/same, content: same }`,
    left: ['file[/etc/key]'],
  },
}

const peers = `import { defineRecipe, file, Type } from 'converge'

export default defineRecipe({
  name: 'peers',
  attributes: Type.Object({}),
  resources(ctx) {
    const names = ctx.hosts({ recipe: 'peers' }).map(({ name }) => name)
    return [
      file({ path: '/etc/others', content: names.filter((name) => name !== ctx.host.name).join() }),
      file({ path: '/etc/position', content: String(names.indexOf(ctx.host.name)) }),
      file({ path: '/etc/same', content: String(names.length) }),
    ]
  },
})
`

for (const [title, { resources, left }] of Object.entries(cases))
  test(title, async () => {
    const { code, stdout, stderr, script } = await imaged(resources)
    assert.is(code, 0, stdout + stderr)
    const [, ...ids] = stdout.split('\n  ').map((line) => line.trim())
    assert.equal(ids, left)
    for (const canary of ['web1', '192.0.2.', '198.51.100.', 'hunter2']) assert.not.match(script, canary)
  })

test('what the host is by its index, or when it is there at all, is not', async () => {
  const { stdout } = await imaged(`- file: { path: /etc/id, content: "id={{index}}" }
      - file: { path: /etc/guarded, content: a, onlyIf: 'test "$(hostname)" = {{host.name}}' }
      - file: { path: /etc/no-rack, content: a, when: '{{eq (default host.labels.rack "") ""}}' }
      - file: { path: /etc/same, content: same, unless: test -e /etc/other }`)
  assert.match(
    stdout,
    /^1 resource .*\n.*\n {2}file\[\/etc\/id\]\n {2}file\[\/etc\/guarded\]\n {2}file\[\/etc\/no-rack\]\n$/,
  )
})

test('a name may be almost as long as names can be', async () => {
  const name = `a.${'b'.repeat(60)}`
  writeFiles(folder, {
    'long.yaml': `cluster: images
hosts: { ${name}: { address: 192.0.2.10, recipes: [base] } }
`,
  })
  const args = ['-f', join(folder, 'long.yaml'), '-o', join(folder, 'long')]
  const { code, stdout, stderr } = await converge(['image', name, ...args])
  assert.is(code, 0, stderr)
  assert.match(stdout, 'file[/etc/hostname]')
})

for (const member of [0, 1, 2])
  test(`the others of a range and a place among them are not: member ${member}, whose address is in an inventory`, async () => {
    writeFiles(folder, {
      'recipes/peers/recipe.ts': peers,
      'inventory.json': JSON.stringify(
        Object.fromEntries([0, 1, 2].map((index) => [`web${index}`, { address: `192.0.2.1${index}` }])),
      ),
      'range.yaml': `cluster: images
inventory: inventory.json
recipes: { peers: ./recipes/peers/recipe.ts }
hosts: { "web[0-2]": { recipes: [peers] } }
`,
    })
    const args = ['-f', join(folder, 'range.yaml'), '-o', join(folder, 'ranged')]
    const { code, stdout, stderr } = await converge(['image', `web${member}`, ...args])
    assert.is(code, 0, stderr)
    assert.match(stdout, /^1 resource .*\n.*\n {2}file\[\/etc\/others\]\n {2}file\[\/etc\/position\]\n$/)
  })

test('units are there, and neither enabled nor started', async () => {
  const { script } = await imaged(`- unit:
          name: own.service
          content: { Service: { ExecStart: /bin/true }, Install: { WantedBy: multi-user.target } }
          enabled: true
          started: true
      - unit: { name: cron.service, enabled: true, started: true }
      - unit: { name: only-started.service, started: true }`)
  assert.not.match(script, '"action":"enable"')
  assert.match(script, '{"op":"unit","unit":"cron.service","action":"disable"}')
  assert.match(script, '/etc/systemd/system/own.service')
})

test('addresses of other hosts are not, as in the hosts file of the recipe base', async () => {
  const { stdout, script } = await imaged('- file: { path: /etc/a, content: a }', '[base]')
  assert.match(stdout, '  block[/etc/hosts#hosts]\n')
  assert.not.match(script, '192.0.2.1')
})

test('a label that may not be just anything is what other hosts have', async () => {
  const { code, stdout } = await imaged(`- file: { path: /etc/same, content: a }
      - file: { path: /etc/a, content: a, mode: "{{host.labels.mode}}" }`)
  assert.is(code, 0)
  assert.match(stdout, '  file[/etc/a]\n')
})

test('refuses a host of which nobody can tell what is its own', async () => {
  const { code, stderr } = await imaged('- file: { path: /etc/a, content: a, mode: "{{host.labels.only}}" }')
  assert.is(code, 3)
  assert.match(
    stderr,
    'nobody can tell what of web0 belongs in an image: the spec is not valid with another host.labels.only',
  )
})

test('refuses what no image can be made of', async () => {
  const empty = await imaged('- file: { path: /etc/name, content: "{{host.name}}" }')
  assert.is(empty.code, 3)
  assert.match(empty.stderr, 'nothing of web0 belongs in an image')
  await imaged('- file: { path: /etc/a, content: a }')
  const unknown = await converge(['image', 'nope', '-f', file, '-o', join(folder, 'none')])
  assert.is(unknown.code, 3)
  assert.match(unknown.stderr, 'nope')
  const source = await converge(['image', 'web0', '-f', file, '-o', join(folder, 'none'), '--source', 'a b'])
  assert.is(source.code, 3)
  assert.match(source.stderr, 'a b is not a source of Packer')
})

test('a template of a source has only the build', async () => {
  writeFiles(folder, { 'cluster.yaml': spec('- file: { path: /etc/a, content: a }') })
  const { code } = await converge([
    'image',
    'web0',
    '-f',
    file,
    '-o',
    join(folder, 'sourced'),
    '--source',
    'qemu.node',
  ])
  assert.is(code, 0)
  const template = readFileSync(join(folder, 'sourced/web0.pkr.hcl'), 'utf8')
  assert.match(template, /^build \{\n {2}sources = \["source\.qemu\.node"\]\n/)
})

const folder = scratchFolder()
const file = join(folder, 'cluster.yaml')

async function imaged(resources: string, recipes = '[]') {
  writeFiles(folder, { 'cluster.yaml': spec(resources, recipes) })
  const output = join(folder, 'image')
  const result = await converge(['image', 'web0', '-f', file, '-o', output])
  return { ...result, script: result.code === 0 ? readFileSync(join(output, 'web0.image.sh'), 'utf8') : '' }
}

function spec(resources: string, recipes = '[]'): string {
  return `cluster: images
platform: { os: debian, release: "12" }
hosts:
  web1: { address: 192.0.2.11, publicAddress: 198.51.100.11, labels: { zone: b, mode: "0640", rack: r1 } }
  web0:
    address: 192.0.2.10
    publicAddress: 198.51.100.10
    labels: { zone: a, mode: "0644", only: "0600" }
    recipes: ${recipes}
    resources:
      ${resources}
`
}

test.run()
