import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builtinRecipes } from '../../recipes/index.ts'
import { compile } from '../../src/compile/compile.ts'
import * as dsl from '../../src/dsl.ts'
import { loadCluster } from '../../src/load/load-cluster.ts'
import { createImportRecipe } from '../../src/load/recipes/import-recipe.ts'
import { loadBuiltin } from '../../src/load/recipes/read-asset.ts'
import { SpecError } from '../../src/model/errors.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { Platform } from '../../src/model/platform.ts'
import type { Catalog, CatalogEntry } from '../../src/model/resource.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { scratchFolder } from '../commands/scratch.ts'

const folder = fileURLToPath(new URL('../../fixtures/clusters/etcd/', import.meta.url))
const builtins = Object.fromEntries(
  Object.entries(builtinRecipes).map(([name, recipe]) => [name, loadBuiltin(recipe, name)]),
)

interface Changes {
  readonly set?: readonly string[]
  readonly address?: string
  readonly platform?: Partial<Platform>
  /** The folder of a copy of the fixture that brings its own recipes. */
  readonly copy?: string
}

/** The fixture, with something changed in it. */
async function compiled({ set = [], platform = {}, copy, ...changes }: Changes = {}): Promise<Catalog> {
  const { cluster, recipes } = await loadCluster({
    file: join(copy ?? folder, 'cluster.yaml'),
    root: copy ?? folder,
    set,
    builtins: copy === undefined ? builtins : {},
    kinds: resourceKinds,
    placeOf: async (path) => path,
    importRecipe: createImportRecipe(dsl),
  })
  const readFile = (path: string) => readFileSync(join(folder, path), 'utf8')
  const hosts = cluster.hosts.map((host) => ({
    ...host,
    ...changes,
    platform: { ...host.platform, ...platform },
  }))
  return compile({ cluster: { ...cluster, hosts }, recipes, kinds: resourceKinds, readFile })
}

function entriesOf(catalog: Catalog, host: string): readonly CatalogEntry[] {
  return catalog.hosts.find((candidate) => candidate.host === host)?.entries ?? []
}

function factsOf(entries: readonly CatalogEntry[]): Facts {
  return supposedFacts(
    entries.flatMap(({ resource }) => resource.probes),
    'inactive',
  )
}

function entry(entries: readonly CatalogEntry[], id: string): CatalogEntry {
  const found = entries.find(({ resource }) => resource.id === id)
  if (found === undefined) throw new Error(`there is no ${id}`)
  return found
}

/** Path on the host to text, of every file that is written to a host on which there is nothing yet. */
function texts(entries: readonly CatalogEntry[]): Record<string, string> {
  const facts = factsOf(entries)
  const operations = entries.flatMap(({ resource }) => resource.steps(facts).map((step) => step.operation))
  return Object.fromEntries(
    operations.flatMap((operation) =>
      operation.op === 'write' ? [[operation.path, operation.content.data]] : [],
    ),
  )
}

function expectedTexts(host: string): Record<string, string> {
  const root = join(folder, 'expected', host)
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((item) => item.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [`/${relative(root, path)}`, readFileSync(path, 'utf8')]
    }),
  )
}

async function mistakes(changes: Changes): Promise<readonly (string | undefined)[]> {
  try {
    await compiled(changes)
  } catch (error) {
    if (error instanceof SpecError) return error.diagnostics.flatMap(({ message, hint }) => [message, hint])
    throw error
  }
  return []
}

for (const host of ['infra0', 'infra1', 'infra2']) {
  test(`writes exactly the expected files to ${host}`, async () => {
    assert.equal(texts(entriesOf(await compiled(), host)), expectedTexts(host))
  })
}

test('makes what the service needs before it starts it', async () => {
  const ids = entriesOf(await compiled(), 'infra0').map(({ resource }) => resource.id)
  assert.equal(ids, [
    'group[etcd]',
    'user[etcd]',
    'directory[/var/lib/etcd]',
    'archive[/opt/etcd-3.4.23]',
    'directory[/etc/etcd]',
    'file[/etc/etcd/etcd.env]',
    'etcdMember[etcd]',
    'unit[etcd.service]',
  ])
})

test('restarts etcd for its binaries and its environment, and for nothing else', async () => {
  const entries = entriesOf(await compiled(), 'infra0')
  const notifying = entries.filter(({ notifies }) => notifies.length > 0)
  assert.equal(
    notifying.map(({ resource, notifies }) => [resource.id, notifies]),
    ['archive[/opt/etcd-3.4.23]', 'file[/etc/etcd/etcd.env]'].map((id) => [
      id,
      [{ resource: 'unit[etcd.service]', action: 'restart', timing: 'delayed' }],
    ]),
  )
})

test('a member that holds data gets no bootstrap variables', async () => {
  const entries = entriesOf(await compiled(), 'infra0')
  const nothing = factsOf(entries)
  const member = {
    type: 'directory',
    mode: '0700',
    owner: 'etcd',
    group: 'etcd',
    uid: 998,
    gid: 998,
  } as const
  const facts = { ...nothing, paths: { ...nothing.paths, '/var/lib/etcd/member/wal': member } }
  assert.equal(entry(entries, 'etcdMember[etcd]').resource.steps(facts), [])
})

test('takes the archive for the architecture of the host and links it where the platform wants binaries', async () => {
  const entries = entriesOf(await compiled({ platform: { arch: 'arm64', binDir: '/opt/bin' } }), 'infra0')
  const { url, binDir } = entry(entries, 'archive[/opt/etcd-3.4.23]').resource.desired
  assert.equal(
    [url, binDir],
    ['https://github.com/etcd-io/etcd/releases/download/v3.4.23/etcd-v3.4.23-linux-arm64.tar.gz', '/opt/bin'],
  )
})

test('restarts members one by one so that a quorum stays up', async () => {
  const { resource } = entry(entriesOf(await compiled(), 'infra1'), 'unit[etcd.service]')
  assert.equal(resource.relations.disruption, {
    group: 'etcd',
    maxUnavailable: 'quorum',
    healthy: resource.relations.disruption?.healthy,
    healthyTimeoutSeconds: 60,
    data: '/var/lib/etcd/member/wal',
  })
})

test('is healthy only in the cluster of most members that answer', async () => {
  const folder = scratchFolder()
  const entries = entriesOf(await compiled({ platform: { binDir: folder } }), 'infra1')
  const healthy = entry(entries, 'unit[etcd.service]').resource.relations.disruption?.healthy ?? ''
  // Answers for the endpoints in turn: an id, or `down`.
  const stub = `#!/bin/sh
answer() {
  for id; do
    [ "$id" != down ] || return 1
    printf '{"Endpoint":"x","Status":{"header":{"cluster_id":%s,"member_id":7}}}' "$id"
  done
}
case "$*" in
  *'endpoint health') exit 0 ;;
  *'member list -w json') echo '{"members":[{"ID":17,"name":"infra0"},{"ID":7,"name":"infra1"}]}' ;;
  *'--endpoints=http://192.168.33.11:2379 '*' endpoint status -w json') answer \${IDS%% *} ;;
  *'--endpoints=http://192.168.33.10:2379,http://192.168.33.12:2379 '*' endpoint status -w json') answer \${IDS#* }; exit 1 ;;
  *) exit 2 ;;
esac
`
  writeFileSync(join(folder, 'etcdctl'), stub, { mode: 0o755 })
  const answers = (IDS: string): boolean =>
    spawnSync('/bin/sh', ['-c', healthy], { env: { ...process.env, IDS } }).status === 0
  for (const ids of ['5 5 5', '5 5 6', '5 down 5', '5 down down']) assert.ok(answers(ids), ids)
  for (const ids of ['6 5 5', '6 5 down', 'down down down']) assert.not(answers(ids), ids)
})

test('refuses an election timeout that etcd would refuse', async () => {
  assert.equal(await mistakes({ set: ['etcd.heartbeatIntervalMs=300'] }), [
    'recipe etcd: etcd refuses an election timeout of 1000 ms with a heartbeat of 300 ms (3 hosts: infra0, infra1, infra2)',
    'set etcd.electionTimeoutMs to at least 1500',
  ])
})

test('refuses a further variable that it sets itself', async () => {
  assert.equal(await mistakes({ set: ['etcd.extra={ETCD_NAME: x}'] }), [
    'recipe etcd: etcd.extra sets ETCD_NAME, which the recipe sets itself (3 hosts: infra0, infra1, infra2)',
    'remove ETCD_NAME',
  ])
})

test('refuses a host whose address is a name', async () => {
  assert.equal(await mistakes({ address: 'infra.example.com' }), [
    'recipe etcd: etcd listens on IP addresses only, and the address of infra0 is the name infra.example.com (3 hosts: infra0, infra1, infra2)',
    'give the host its IP address as `address:`',
  ])
})

test('puts IPv6 addresses into brackets', async () => {
  const environment =
    texts(entriesOf(await compiled({ address: 'fd00::1' }), 'infra0'))['/etc/etcd/etcd.env'] ?? ''
  assert.match(environment, 'ETCD_LISTEN_PEER_URLS="http://[fd00::1]:2380"\n')
})

test('works unchanged as a recipe of your own', async () => {
  const copy = scratchFolder()
  cpSync(join(folder, '../../../recipes/etcd'), join(copy, 'etcd'), { recursive: true })
  const spec = readFileSync(join(folder, 'cluster.yaml'), 'utf8')
  writeFileSync(join(copy, 'cluster.yaml'), `${spec}recipes: { etcd: etcd/recipe.ts }\n`)
  const catalog = await compiled({ copy })
  for (const { host } of catalog.hosts) assert.equal(texts(entriesOf(catalog, host)), expectedTexts(host))
})

test('a discovery service is asked whatever its URL has in it, and a member that waits for the others may go on', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const node = request.url?.endsWith('/_config/size') === true ? { value: '5' } : { nodes: [] }
    response.end(JSON.stringify({ action: 'get', node }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const token = "a'b&c;$(id)"
  const catalog = await compiled({ set: [`etcd.discovery=http://127.0.0.1:${port}/${token}`] })
  const entries = entriesOf(catalog, 'infra1')
  const { resource } = entry(entries, 'etcdMember[etcd]')
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', String(resource.desired.discovery)])
  server.close()
  assert.is(stdout, '5\n')
  assert.equal(asked, [`/${token}/_config/size`, `/${token}`])
  const facts = (active: 'active' | 'inactive'): Facts => {
    const probes = entries.flatMap((one) => one.resource.probes)
    const supposed = supposedFacts(probes, active)
    return { ...supposed, answers: { ...supposed.answers, 'discovery of etcd': stdout } }
  }
  assert.throws(
    () => resource.steps(facts('inactive')),
    'the discovery token is for 5 members, and the spec has 3',
  )
  assert.ok(resource.steps(facts('active')).length > 0)
})

test.run()
