import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compile } from '../../src/compile/compile.ts'
import { defineRecipe, file, renderEnvFile, Type } from '../../src/dsl.ts'
import { leavesAt, valueIn } from '../../src/explain/causes.ts'
import { explainHost } from '../../src/explain/explain-host.ts'
import { explainOutputs } from '../../src/explain/explain-outputs.ts'
import type { ExplainedSpec } from '../../src/explain/explained-spec.ts'
import { outputsOf } from '../../src/explain/outputs.ts'
import { selectHosts } from '../../src/load/hosts/select-hosts.ts'
import { loadCluster } from '../../src/load/load-cluster.ts'
import type { Cluster } from '../../src/model/cluster.ts'
import { SpecError } from '../../src/model/errors.ts'
import type { Cause } from '../../src/model/explanation.ts'
import { formatPath, type Path } from '../../src/model/path.ts'
import type { LoadedRecipe } from '../../src/model/recipe.ts'
import type { CatalogEntry } from '../../src/model/resource.ts'
import { isList, isMap, toValue, type Value } from '../../src/model/value.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { figure } from '../figure.ts'
import { fuzzRuns } from '../shell/hostile.ts'

const template =
  'a {{a}}\n{{#each peers}}\npeer {{this}}\n{{/each}}\n{{#if on}}\non\n{{/if}}\nend {{upper b}}\n'

/** Reads by name, by keys, as a whole and of peers, which it finds by their recipes and labels. */
const app: LoadedRecipe = {
  recipe: defineRecipe({
    name: 'app',
    attributes: Type.Object({
      a: Type.Integer({ default: 1 }),
      b: Type.String({ default: 'b' }),
      on: Type.Boolean({ default: false }),
      more: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()]), { default: {} }),
      unread: Type.Optional(Type.Integer()),
    }),
    resources({ attributes: { a, b, on, more }, cluster, host, hosts, template: render, platform }) {
      const peers = hosts({ recipe: 'app' }).map(
        (peer) => `${peer.name} ${peer.address} ${peer.attributes.shared} ${peer.roles}`,
      )
      const near = hosts('label:zone=a').map(({ name }) => name)
      const variables = {
        NAME: host.name,
        LIMIT: Math.min(a, 5),
        NEAR: near.join(),
        ROLES: host.roles.join(),
        ...more,
      }
      return [
        file({ path: '/etc/app.conf', content: render('app.hbs', { a, b, on, peers }) }),
        file({ path: '/etc/app.env', content: renderEnvFile(variables), mode: on ? '0600' : '0644' }),
        file({ path: `${platform.binDir}/app`, content: JSON.stringify(host.attributes, null, 1) }),
        ...(a > 5
          ? [file({ path: '/etc/large', content: `${cluster.name} in ${cluster.environment}\n` })]
          : []),
      ]
    },
  }),
  read: () => template,
}

/** Makes nothing by default, and passes attributes on. */
const side: LoadedRecipe = {
  recipe: defineRecipe({
    name: 'side',
    attributes: Type.Object({ level: Type.Integer({ default: 0 }) }),
    needs: [{ recipe: 'app', attributes: { a: 7 } }],
    resources: ({ attributes: { level } }) =>
      level === 0 ? [] : [file({ path: '/etc/side', content: `level ${level}\n` })],
  }),
  read: () => '',
}

async function load(spec: object): Promise<ExplainedSpec> {
  const folder = scratchFolder()
  writeFiles(folder, {
    'cluster.yaml': JSON.stringify(spec, null, 1),
    'ports.json': '{\n "one": 4\n}',
    'hosts.json': '{\n "db0": {\n  "address": "192.0.2.1",\n  "labels": {\n   "zone": "a"\n  }\n }\n}',
  })
  const loaded = await loadCluster({
    file: join(folder, 'cluster.yaml'),
    root: folder,
    builtins: { app, side },
    kinds: resourceKinds,
    placeOf: async (path) => path,
    importRecipe: async () => undefined,
  })
  return {
    ...loaded,
    compile(cluster, host, recipes) {
      try {
        const readFile = (path: string) => readFileSync(join(folder, path), 'utf8')
        return compile({ cluster, hosts: [host], recipes, kinds: resourceKinds, readFile }).hosts[0]
      } catch (error) {
        if (error instanceof SpecError) return undefined
        throw error
      }
    },
    readText: () => undefined,
    hasTime: () => true,
  }
}

/** What is told of something: places in the spec, and hosts of which something is read. */
interface Told {
  readonly places: ReadonlySet<string>
  /** By what `ctx.hosts` was asked for. */
  readonly selections: ReadonlySet<string>
  readonly hosts: ReadonlySet<string>
}

interface ExplainedFile {
  /** Who made it. */
  readonly maker: string
  /** What `converge explain` tells of it in all. */
  readonly told: Told
  readonly lines: readonly {
    readonly text: string
    /** What it depends on directly. */
    readonly direct: Told
  }[]
}

interface ExplainedHost {
  /** What `converge explain HOST` tells. */
  readonly told: Told
  readonly outputs: ReadonlyMap<string, ExplainedFile>
}

function explained(spec: ExplainedSpec): ReadonlyMap<string, ExplainedHost> {
  const hosts = spec.cluster.hosts.map((host): [string, ExplainedHost] => {
    const catalog = spec.compile(spec.cluster, host, spec.recipes)
    assert.ok(catalog)
    const all = [...outputsOf(catalog.entries)]
    const { outputs } = explainOutputs(spec, host, { outputs: all.map(([, output]) => output) })
    const { environment, roles, made } = explainHost(spec, host, catalog)
    const named = [...(environment ? [environment] : []), ...roles, ...made]
    return [
      host.name,
      {
        told: toldBy(
          made.flatMap(({ dependsOn = [] }) => dependsOn),
          named.map(({ position }) => position),
        ),
        outputs: new Map(
          outputs.map((output) => {
            const { resource, path = '', by, position, thereFor, causes, alsoRead } = output
            const lines = output.lines.map(({ text = '', causes: indexes }) => ({
              text,
              direct: toldBy([...thereFor, ...indexes.flatMap((index) => causes[index] ?? [])]),
            }))
            const told = toldBy([...thereFor, ...causes, ...alsoRead], [position])
            return [`${resource} ${path}`, { maker: makerOf({ declaredBy: by, position }), told, lines }]
          }),
        ),
      },
    ]
  })
  return new Map(hosts)
}

function makerOf({
  declaredBy,
  position,
}: Pick<CatalogEntry, 'declaredBy'> & { readonly position?: Place | undefined }) {
  return `${declaredBy} ${position && placeOf(position)}`
}

interface Place {
  readonly file: string
  readonly line: number
}

function placeOf({ file, line }: Place): string {
  return `${file.split('/').at(-1)}:${line}`
}

function toldBy(causes: readonly Cause[], positions: readonly (Place | undefined)[] = []): Told {
  const all = withReferences(causes)
  const found = [...all.map(({ position }) => position), ...positions]
  return {
    places: new Set(found.flatMap((position) => (position ? [placeOf(position)] : []))),
    selections: new Set(all.flatMap(({ kind, what }) => (kind === 'hosts' ? [what] : []))),
    hosts: new Set(all.flatMap(({ hosts = [] }) => hosts)),
  }
}

function withReferences(causes: readonly Cause[]): readonly Cause[] {
  return causes.flatMap((cause) => [cause, ...withReferences(cause.refersTo)])
}

const attributes = fc.record(
  {
    app: fc.record(
      {
        a: fc.constantFrom<number | string>(2, 3, 9, '{{data.ports.one}}'),
        b: fc.constantFrom('x', 'word', '{{attributes.shared}} on {{host.name}}'),
        on: fc.boolean(),
        more: fc.record(
          { KEY: fc.constantFrom('v', 7), OTHER: fc.constantFrom('w', '{{index}}') },
          { requiredKeys: [] },
        ),
        unread: fc.constant(4),
      },
      { requiredKeys: [] },
    ),
    shared: fc.constantFrom('s', 'shared'),
  },
  { requiredKeys: [] },
)

const webs = 'web[0-1]'
const possibleHosts = new Set(['web0', 'web1', 'web2', 'db0'])

const wanted = fc.constantFrom<boolean | string>(true, false, "{{eq attributes.shared 's'}}")

const resources = fc
  .record({
    one: wanted,
    two: wanted,
    users: fc.constantFrom<object | string>(['ann'], ['ann', 'bob'], '{{attributes.users}}'),
  })
  .map(({ one, two, users }) => [
    { file: { path: '/etc/motd', content: 'one {{attributes.shared}}\ntwo\n{{host.address}}\n' } },
    { file: { path: '/etc/one', content: 'in {{host.labels.zone}}\n', mode: '0640', when: one } },
    { file: { path: '/etc/{{item}}', content: 'of {{item}}\n', owner: 'root', forEach: users, when: two } },
    { link: { path: '/etc/link', target: '/etc/{{environment}}', when: one } },
  ])

const specs = fc
  .record({
    cluster: attributes,
    live: attributes,
    web: attributes,
    db: attributes,
    base: resources,
    level: fc.constantFrom(0, 2),
    recipes: fc.constantFrom(['app'], ['app', 'side']),
    users: fc.constantFrom([], ['carl']),
    own: fc.constantFrom({}, { environment: 'test' }),
  })
  .map(({ cluster, live, web, db, base, level, recipes, users, own }) => ({
    cluster: 'law',
    data: { ports: 'ports.json' },
    inventory: 'hosts.json',
    environment: 'live',
    attributes: { shared: 'base', users, side: { level }, ...cluster },
    environments: { live: { attributes: live }, test: { platform: { binDir: '/opt/bin' } } },
    roles: {
      base: { resources: base },
      web: { roles: ['base'], recipes, attributes: web },
      spare: { attributes: { shared: 'spare' }, resources: [{ directory: { path: '/etc/spare' } }] },
    },
    hosts: {
      [webs]: { roles: ['web'], address: '192.0.2.{{add index 10}}', labels: { zone: 'b' } },
      db0: { recipes, attributes: db, ...own },
    },
  }))

/** Other values for a leaf; those that are not valid tell nothing. */
function othersOf(path: Path, value: Value): readonly Value[] {
  const name = String(path.at(-1))
  const list = String(path.at(-2))
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'number') return [value + 3, 0]
  if (typeof value !== 'string') return []
  const names = {
    environment: ['live', 'test'],
    roles: ['base', 'web', 'spare'],
    recipes: ['app', 'side'],
    zone: ['a', 'b'],
  }
  const known = new Map(Object.entries(names)).get(['roles', 'recipes'].includes(list) ? list : name) ?? []
  const special = name === 'when' ? [true, false] : name === 'mode' ? ['0600'] : [`y${value}`, `${value}y`]
  return [...(known.length > 0 ? known.filter((one) => one !== value) : special)]
}

test('what changes on a host with a leaf of the spec is attributed to that leaf', async () => {
  const count = { changes: 0, lines: 0, direct: 0, comeOrGo: 0 }
  const tryChange = (
    spec: ExplainedSpec,
    path: Path,
    change: { readonly written: Path; readonly other: Value },
    before: ReturnType<typeof explained>,
  ) => {
    const { written, other } = change
    const position = spec.locate(path)
    assert.ok(position, formatPath(path))
    const place = placeOf(position)
    const cluster = spec.whatIf({ written, to: () => other }, possibleHosts)
    const catalogs = cluster?.hosts.map((host) => spec.compile(cluster, host, spec.recipes)) ?? []
    if (cluster === undefined || catalogs.includes(undefined)) return
    count.changes += 1
    const isOf = ({ places, selections, hosts }: Told) =>
      places.has(place) ||
      [...selections].some(
        (selection) => selected(spec.cluster, selection) !== selected(cluster, selection),
      ) ||
      [...hosts].some((host) => before.get(host)?.told.places.has(place))
    for (const [index, catalog] of catalogs.entries()) {
      const { name } = cluster.hosts[index] ?? { name: '' }
      const own = before.get(name)
      // Of a host that comes there is nothing to explain yet.
      if (own === undefined) continue
      const after = outputsOf(catalog?.entries ?? [])
      const why = (what: string) =>
        `${formatPath(path)} at ${place} becomes ${JSON.stringify(other)}: ${name} ${what}`
      for (const [key, { told, lines }] of own.outputs) {
        const now = after.get(key)
        if (now === undefined) {
          assert.ok(isOf(told) || isOf(own.told), why(`${key} goes`))
          count.comeOrGo += 1
          continue
        }
        const [kept, known] = [new Set(now.lines), new Set(lines.map(({ text }) => text))]
        const gone = lines.filter(({ text }) => !kept.has(text))
        const come = now.lines.filter((line) => !known.has(line))
        for (const line of [...gone.map(({ text }) => `-${text}`), ...come.map((line) => `+${line}`)]) {
          assert.ok(isOf(told) || own.told.places.has(place), why(`${key}: ${line}`))
        }
        count.lines += gone.length
        count.direct += gone.filter(({ direct }) => isOf(direct) || own.told.places.has(place)).length
      }
      for (const [key, { entry }] of after) {
        if (own.outputs.has(key)) continue
        const siblings = [...own.outputs.values()].filter(
          ({ maker }) => maker === makerOf({ ...entry, position: entry.position }),
        )
        assert.ok(siblings.some(({ told }) => isOf(told)) || isOf(own.told), why(`${key} comes`))
        count.comeOrGo += 1
      }
    }
  }
  const numRuns = Math.min(100, Math.max(2, Math.ceil(fuzzRuns / 500)))
  await fc.assert(
    fc.asyncProperty(specs, async (written) => {
      const spec = await load(written)
      const before = explained(spec)
      for (const path of leavesAt(spec.written, [])) {
        const value = valueIn(spec.written, path)
        if (value === undefined || isMap(value) || isList(value)) continue
        for (const other of othersOf(path, value)) tryChange(spec, path, { written: path, other }, before)
      }
      for (const range of ['web[0-0]', 'web[0-2]']) {
        const renamed = Object.entries(written.hosts).map(([key, host]) => [key === webs ? range : key, host])
        const other = toValue(Object.fromEntries(renamed)) ?? null
        tryChange(spec, ['hosts', webs], { written: ['hosts'], other }, before)
      }
    }),
    { seed: 20, numRuns, includeErrorInReport: true },
  )
  assert.ok(count.lines > 50 && count.comeOrGo > 20, JSON.stringify(count))
  // A minimum hides what the few other values that are tried do not reach.
  assert.ok(count.direct / count.lines > 0.9, `${count.direct} of ${count.lines}`)
  figure('changes of a leaf of a spec whose effects are attributed to it', count.changes)
})

/** The hosts that a selection matches, in words. */
function selected({ hosts }: Cluster, selection: string): string {
  const selector = selection === 'all' ? '*' : selection
  return selectHosts(hosts, selector, { mayMatchNone: true })
    .map(({ name }) => name)
    .join()
}

test.run()
