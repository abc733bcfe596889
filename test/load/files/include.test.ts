import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadCluster } from '../../../src/load/load-cluster.ts'
import type { Cluster } from '../../../src/model/cluster.ts'
import { SpecError } from '../../../src/model/errors.ts'
import { builtins, kinds, originsOf, plain } from '../load-text.ts'

interface Tree {
  readonly files: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  /** Imports recipes; without it none may be. */
  readonly importRecipe?: (path: string) => Promise<unknown>
}

/** Loads `repo/c/cluster.yaml` of a tree, of which `repo` is the repository. */
async function load({ files, links = {}, importRecipe }: Tree): Promise<{
  readonly cluster?: Cluster
  readonly mistakes: readonly string[]
  readonly folder: string
}> {
  const folder = await mkdtemp(join(tmpdir(), 'converge-include-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    for (const [name, target] of Object.entries(links)) await symlink(target, join(folder, name))
    const { cluster } = await loadCluster({
      file: join(folder, 'repo/c/cluster.yaml'),
      root: join(folder, 'repo'),
      builtins,
      kinds,
      placeOf: async (path) => path,
      importRecipe: importRecipe ?? (async (path) => assert.unreachable(path)),
    })
    return { cluster, mistakes: [], folder }
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    const mistakes = error.diagnostics.map(({ message, hint, position, code }) => {
      const place = position ? `${position.file}:${position.line}:${position.column}` : '-'
      return `${place} ${code} ${message}${hint ? ` (${hint})` : ''}`.replaceAll(`${folder}/`, '')
    })
    return { mistakes, folder }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const main = 'cluster: c\ninclude: [../roles/*.yaml, hosts.yaml]\n'

test('a spec of several files is one spec, and each value has the place of its own file', async () => {
  const { cluster, mistakes, folder } = await load({
    files: {
      'repo/c/cluster.yaml': `${main}attributes: { app: { image: a } }\nenvironment: live\n`,
      'repo/c/hosts.yaml': 'hosts: { "a[0-1]": { roles: [web] }, b: { roles: [db] } }\n',
      'repo/roles/web.yaml': 'roles: { web: { recipes: [app] } }\n',
      'repo/roles/db.yaml':
        'include: [more/envs.yaml]\nroles:\n  db: { resources: [file: { path: /x, content: x }], attributes: { size: 3 } }\n',
      'repo/roles/more/envs.yaml':
        'environments: { live: { attributes: { tier: 1 } } }\nattributes: { log: { level: info } }\n',
      'repo/roles/.hidden.yaml': 'roles: { hidden: nonsense }\n',
      'repo/roles/vault.yaml': 'salt: x\nsecrets: { a: hunter2 }\n',
    },
  })
  assert.equal(mistakes, [])
  assert.equal(
    cluster?.hosts.map(({ name }) => name),
    ['a0', 'a1', 'b'],
  )
  const b = cluster?.hosts[2]
  assert.equal(plain(b?.attributes), { app: { image: 'a' }, log: { level: 'info' }, tier: 1, size: 3 })
  const where = (path: string) => {
    const { layer, position } = (b && originsOf(b)(path)) ?? {}
    return `${layer} ${position?.file.replace(`${folder}/`, '')}:${position?.line}:${position?.column}`
  }
  assert.is(where('attributes.size'), 'role db repo/roles/db.yaml:3:74')
  assert.is(where('attributes.tier'), 'environment live repo/roles/more/envs.yaml:1:45')
  assert.is(where('attributes.log.level'), 'cluster repo/roles/more/envs.yaml:2:29')
  assert.is(where('attributes.app.image'), 'cluster repo/c/cluster.yaml:3:29')
})

test('mistakes are told at their place in the file that has them', async () => {
  const { mistakes } = await load({
    files: {
      'repo/c/cluster.yaml': main,
      'repo/c/hosts.yaml': 'hosts:\n  a: { roles: [wbe], port: 3 }\n',
      'repo/roles/web.yaml': 'roles:\n  web: { recipe: [app] }\n  x: { resources: [fil: { path: /x }] }\n',
    },
  })
  assert.equal(mistakes, [
    'repo/c/hosts.yaml:2:16 unknown-role there is no role wbe (did you mean web?)',
    'repo/c/hosts.yaml:2:22 unknown-key unknown key port (did you mean ssh: { port: ... }?)',
    'repo/roles/web.yaml:2:10 unknown-key unknown key recipe (did you mean recipes?)',
    'repo/roles/web.yaml:3:20 unknown-kind there is no resource kind fil (did you mean file?)',
  ])
})

test('a key in two files is named with both places', async () => {
  const { mistakes } = await load({
    files: {
      'repo/c/cluster.yaml': `${main}hosts: { a: { roles: [web] } }\nattributes: { app: { image: x } }\n`,
      'repo/c/hosts.yaml': 'cluster: other\nhosts:\n  b:\n  a:\n',
      'repo/roles/a.yaml': 'roles: { web: }\nattributes:\n  app: { tag: 3 }\n',
      'repo/roles/b.yaml': 'roles:\n  web: { recipes: [app] }\n',
    },
  })
  assert.equal(mistakes, [
    'repo/c/hosts.yaml:1:1 duplicate-key cluster is declared twice: here and in repo/c/cluster.yaml:1 (keep one of them)',
    'repo/c/hosts.yaml:4:3 duplicate-key a is declared twice: here and in repo/c/cluster.yaml:3 (keep one of them)',
    'repo/roles/a.yaml:3:3 duplicate-key app is declared twice: here and in repo/c/cluster.yaml:4 (keep one of them)',
    'repo/roles/b.yaml:2:3 duplicate-key web is declared twice: here and in repo/roles/a.yaml:1 (keep one of them)',
  ])
})

test('hosts of the same name or address in two files are named with both places', async () => {
  const { mistakes } = await load({
    files: {
      'repo/c/cluster.yaml': 'cluster: c\ninclude: hosts.yaml\nhosts: { a: { recipes: [docker] } }\n'.replace(
        'hosts.yaml',
        '[hosts.yaml]',
      ),
      'repo/c/hosts.yaml':
        'hosts:\n  "a[]": {}\n  A: { recipes: [docker] }\n  c: { address: a, recipes: [docker] }\n',
    },
  })
  assert.equal(mistakes, [
    'repo/c/hosts.yaml:2:3 invalid-range [] is not a range of numbers (such as infra[0-2], core-[01-05] or web[1-3,7])',
    'repo/c/hosts.yaml:3:3 duplicate-host the host A is declared twice: here and in repo/c/cluster.yaml:3',
    'repo/c/hosts.yaml:4:17 duplicate-address c has the same address as a in repo/c/cluster.yaml:3: a',
  ])
})

test('data has the contents of files, which have no expressions', async () => {
  const { cluster, mistakes, folder } = await load({
    files: {
      'repo/c/cluster.yaml': `cluster: c
include: [../more.yaml]
data: { users: users.yaml }
attributes: { first: "{{data.users.0.name}}", port: "{{data.ports.web}}", version: "v{{data.ports.version}}" }
hosts: { a: { recipes: [docker] } }
`,
      'repo/c/users.yaml': '- { name: ada, shell: "{{not an expression}}" }\n- { name: bob }\n',
      'repo/more.yaml': 'data: { ports: data/ports.json }\n',
      'repo/data/ports.json': '{ "web": 8080,\n  "version": "1.20" }\n',
    },
  })
  assert.equal(mistakes, [])
  const [a] = cluster?.hosts ?? []
  assert.equal(plain(a?.attributes), { docker: {}, first: 'ada', port: 8080, version: 'v1.20' })
  const { layer, position } = (a && originsOf(a)('data.ports.version')) ?? {}
  assert.is(layer, 'data ports')
  assert.equal(position, { file: join(folder, 'repo/data/ports.json'), line: 2, column: 14, length: 6 })
  assert.is(a && originsOf(a)('data.users[1].name')?.position?.line, 2)
})

const terraform = (hosts: object) =>
  JSON.stringify(
    {
      vpc: { sensitive: false, type: 'string', value: 'v' },
      nodes: { sensitive: false, type: 'map', value: hosts },
    },
    null,
    1,
  )

test('the inventory has addresses and labels for the hosts that the spec declares', async () => {
  const hosts = {
    web0: {
      address: '10.0.0.1',
      publicAddress: '192.0.2.1',
      ssh: { host: '192.0.2.1' },
      labels: { zone: 'a', size: 's' },
    },
    web1: { address: '10.0.0.2', labels: null },
  }
  for (const [written, text] of [
    ['out.json', JSON.stringify(hosts)],
    ['{ file: out.json, output: nodes }', terraform(hosts)],
    ['out.json', terraform(hosts).replace('"nodes"', '"hosts"')],
  ] as const) {
    const { cluster, mistakes } = await load({
      files: {
        'repo/c/cluster.yaml': `cluster: c
inventory: ${written}
ssh: { user: core }
hosts:
  "web[0-1]": { labels: { size: l }, recipes: [docker], attributes: { world: '{{default host.publicAddress "none"}}', zone: '{{default host.labels.zone "none"}}' } }
  db: { address: 10.0.0.9, recipes: [docker], ssh: { host: "{{host.name}}.example.com" } }
`,
        'repo/c/out.json': text,
      },
    })
    assert.equal(mistakes, [])
    assert.equal(
      cluster?.hosts.map(({ address, publicAddress, labels, target, attributes }) => ({
        address,
        publicAddress,
        labels: plain(labels),
        target: target.transport === 'ssh' && `${target.ssh.user}@${target.address}`,
        attributes: { world: attributes.world, zone: attributes.zone },
      })),
      [
        {
          address: '10.0.0.1',
          publicAddress: '192.0.2.1',
          labels: { zone: 'a', size: 'l' },
          target: 'core@192.0.2.1',
          attributes: { world: '192.0.2.1', zone: 'a' },
        },
        {
          address: '10.0.0.2',
          publicAddress: undefined,
          labels: { size: 'l' },
          target: 'core@10.0.0.2',
          attributes: { world: 'none', zone: 'none' },
        },
        {
          address: '10.0.0.9',
          publicAddress: undefined,
          labels: {},
          target: 'core@db.example.com',
          attributes: { world: undefined, zone: undefined },
        },
      ],
    )
  }
})

const bad: readonly (readonly [what: string, tree: Tree, expected: readonly string[]])[] = [
  [
    'files that do not exist, match nothing or are folders',
    {
      files: {
        'repo/c/cluster.yaml':
          'cluster: c\ninclude:\n  - nope.yaml\n  - "x/*.yaml"\n  - "*.yml"\n  - ../c\n  - /etc/hosts\n',
      },
    },
    [
      'repo/c/cluster.yaml:3:5 unreadable-file repo/c/nope.yaml does not exist (the path is relative to the file that names it)',
      'repo/c/cluster.yaml:4:5 unreadable-file repo/c/x does not exist (the path is relative to the file that names it)',
      'repo/c/cluster.yaml:5:5 unreadable-file no file matches *.yml (the path is relative to the file that names it)',
      'repo/c/cluster.yaml:6:5 unreadable-file repo/c is a directory (the path is relative to the file that names it)',
      'repo/c/cluster.yaml:7:5 unreadable-file /etc/hosts leads out of the folder repo (the path is relative to the file that names it)',
    ],
  ],
  [
    'what leads out of the repository, also through links',
    {
      files: {
        'repo/c/cluster.yaml':
          'cluster: c\ninclude: [../../out.yaml, link.yaml, "../../*.yaml", folder/out.yaml]\n',
        'out.yaml': 'roles: {}\n',
      },
      links: { 'repo/c/link.yaml': '../../out.yaml', 'repo/c/folder': '../..' },
    },
    ['../../out.yaml', 'link.yaml', '../../out.yaml', 'folder/out.yaml'].map(
      (path, index) =>
        `repo/c/cluster.yaml:2:${[11, 27, 38, 54][index]} unreadable-file ${path} leads out of the folder repo (the path is relative to the file that names it)`,
    ),
  ],
  [
    'hosts that the inventory lacks, and others that it has',
    {
      files: {
        'repo/c/cluster.yaml':
          'cluster: c\ninventory: tf.json\nhosts:\n  "w[0-1]": { recipes: [docker] }\n  x: { address: x1, recipes: [docker] }\n  y: { address: y1, recipes: [docker] }\n',
        'repo/c/tf.json':
          '{\n  "w0": { "address": "10.0.0.1:22", "adress": "z" },\n  "W1": { "address": 5, "labels": { "a": 3 } },\n  "x": { "address": "x2" }\n}\n',
      },
    },
    [
      'repo/c/cluster.yaml:4:3 unknown-host the inventory has no host w1 (write the inventory anew, or set the address of the host)',
      'repo/c/cluster.yaml:5:8 duplicate-key the address of x is here and in the inventory (keep one of them)',
      'repo/c/tf.json:2:22 invalid-address 10.0.0.1:22 is neither an IP address nor a name (set the port separately: address: 10.0.0.1, ssh: { port: 22 })',
      'repo/c/tf.json:2:37 unknown-key unknown key adress (did you mean address?)',
      'repo/c/tf.json:3:3 unknown-host the spec declares no host W1 (did you mean w1?)',
      'repo/c/tf.json:3:22 wrong-type address must be text, but YAML reads 5 as a number (put it in quotes: "5")',
      'repo/c/tf.json:3:42 wrong-type a must be text, but YAML reads 3 as a number (put it in quotes: "3")',
    ],
  ],
  [
    'data and inventories that cannot be read',
    {
      files: {
        'repo/c/cluster.yaml':
          'cluster: c\ndata:\n  a: nope.yaml\n  b: ../../out.yaml\n  c: bad.json\ninventory: tf.json\nhosts: { a: { recipes: [docker] } }\n',
        'repo/c/bad.json': '{ "a": 1,\n "a": 2 }\n',
      },
    },
    [
      'repo/c/bad.json:2:2 duplicate-key the key a is duplicated (keep one, or merge the two)',
      'repo/c/cluster.yaml:3:6 unreadable-file repo/c/nope.yaml does not exist (the path is relative to the file that names it)',
      'repo/c/cluster.yaml:4:6 unreadable-file ../../out.yaml leads out of the folder repo (the path is relative to the file that names it)',
      'repo/c/cluster.yaml:6:12 unreadable-file repo/c/tf.json does not exist (write it, such as by `terraform output -json`; the path is relative to the file that names it)',
    ],
  ],
  [
    'data and an inventory of the wrong shape',
    {
      files: {
        'repo/c/cluster.yaml':
          'cluster: c\ndata: { d: 5 }\ninventory: { file: tf.json, outptu: x }\nhosts: { a: { recipes: [docker] } }\n',
      },
    },
    [
      'repo/c/cluster.yaml:2:12 wrong-type d must be text, but YAML reads 5 as a number (put it in quotes: "5")',
      'repo/c/cluster.yaml:3:29 unknown-key unknown key outptu (did you mean output?)',
    ],
  ],
  [
    'circles',
    {
      files: {
        'repo/c/cluster.yaml': 'cluster: c\ninclude: [a.yaml]\n',
        'repo/c/a.yaml': 'include: [../b/b.yaml]\n',
        'repo/b/b.yaml': 'include: [../c/a.yaml, b.yaml]\n',
      },
    },
    [
      'repo/b/b.yaml:1:11 include-circle repo/c/a.yaml includes itself: repo/c/a.yaml includes repo/b/b.yaml includes repo/c/a.yaml (remove one of these includes)',
      'repo/b/b.yaml:1:24 include-circle repo/b/b.yaml includes itself: repo/b/b.yaml includes repo/b/b.yaml (remove one of these includes)',
    ],
  ],
  [
    'a list of the wrong shape',
    {
      files: { 'repo/c/cluster.yaml': 'cluster: c\ninclude: a.yaml\nhosts: { a: { recipes: [docker] } }\n' },
    },
    ['repo/c/cluster.yaml:2:10 wrong-type include must be a list, not "a.yaml" (write [a.yaml])'],
  ],
  [
    'files that are no YAML, empty, or lists',
    {
      files: {
        'repo/c/cluster.yaml': 'cluster: c\ninclude: ["*.yml"]\n',
        'repo/c/a.yml': 'roles: [\n',
        'repo/c/b.yml': '',
        'repo/c/c.yml': '- a\n',
      },
    },
    [
      'repo/c/a.yml:1:8 invalid-yaml this [ is never closed (add the closing ])',
      'repo/c/b.yml:1:1 not-a-map the file is empty (it has keys of a spec, such as "roles:" or "hosts:")',
      'repo/c/c.yml:1:1 not-a-map the file must be a map at the top level (it has keys of a spec, such as "roles:" or "hosts:")',
    ],
  ],
]

for (const [what, tree, expected] of bad) {
  test(`is refused: ${what}`, async () => {
    assert.equal((await load(tree)).mistakes, expected)
  })
}

test('a pattern includes no file twice, and not the one that it is in', async () => {
  const { cluster, mistakes } = await load({
    files: {
      'repo/c/cluster.yaml':
        'cluster: c\ninclude: ["*.yaml", "**/*.yaml", "../*/r?.yaml"]\nhosts: { a: { roles: [one, two] } }\n',
      'repo/c/r1.yaml': 'include: ["*.yaml"]\nroles: { one: { recipes: [docker] } }\n',
      'repo/c/deep/er/r2.yaml': 'include: [../../r1.yaml]\nroles: { two: }\n',
      'repo/c/node_modules/p/r3.yaml': 'nonsense\n',
    },
  })
  assert.equal(mistakes, [])
  assert.equal(cluster?.hosts[0]?.roles, ['one', 'two'])
})

test('paths are relative to the file that has them', async () => {
  const imported: string[] = []
  const { cluster, mistakes, folder } = await load({
    files: {
      'repo/c/cluster.yaml':
        'cluster: c\ninclude: [../shared/all.yaml]\nssh: { identityFile: keys/a }\nhosts: { a: { recipes: [own] } }\n',
      'repo/shared/all.yaml':
        'recipes: { own: ./own.ts }\nenvironments: { e: { ssh: { knownHostsFile: known_hosts } } }\nenvironment: e\nhosts: { b: { transport: directory, directory: tree, recipes: [docker] } }\n',
    },
    importRecipe: async (path) => {
      imported.push(path)
      return { default: { name: 'own', attributes: { type: 'object' }, needs: [], resources: () => [] } }
    },
  })
  assert.equal(mistakes, [])
  assert.equal(imported, [join(folder, 'repo/shared/own.ts')])
  const [a, b] = cluster?.hosts ?? []
  assert.equal(a?.target.transport === 'ssh' && [a.target.ssh.identityFile, a.target.ssh.knownHostsFile], [
    join(folder, 'repo/c/keys/a'),
    join(folder, 'repo/shared/known_hosts'),
  ])
  assert.equal(b?.target, { transport: 'directory', directory: join(folder, 'repo/shared/tree') })
})

test.run()
