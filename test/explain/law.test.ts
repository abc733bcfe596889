import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compile } from '../../src/compile/compile.ts'
import { defineRecipe, file, renderEnvFile, Type } from '../../src/dsl.ts'
import { leavesAt, valueIn } from '../../src/explain/causes.ts'
import { explainOutputs } from '../../src/explain/explain-outputs.ts'
import type { ExplainedSpec } from '../../src/explain/explained-spec.ts'
import { outputsOf } from '../../src/explain/outputs.ts'
import { loadCluster } from '../../src/load/load-cluster.ts'
import { SpecError } from '../../src/model/errors.ts'
import type { Cause } from '../../src/model/explanation.ts'
import type { LoadedRecipe } from '../../src/model/recipe.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'

const template =
  'a {{a}}\n{{#each peers}}\npeer {{this}}\n{{/each}}\n{{#if on}}\non\n{{/if}}\nend {{upper b}}\n'

/** Reads by name, by keys, as a whole and of peers. */
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
    resources({ attributes: { a, b, on, more }, host, hosts, template: render, platform }) {
      const peers = hosts({ recipe: 'app' }).map(
        (peer) => `${peer.name} ${peer.address} ${peer.attributes.shared}`,
      )
      const variables = { NAME: host.name, LIMIT: Math.min(a, 5), ...more }
      return [
        file({ path: '/etc/app.conf', content: render('app.hbs', { a, b, on, peers }) }),
        file({ path: '/etc/app.env', content: renderEnvFile(variables) }),
        file({ path: `${platform.binDir}/app`, content: JSON.stringify(host.attributes, null, 1) }),
      ]
    },
  }),
  read: () => template,
}

async function load(spec: object): Promise<ExplainedSpec> {
  const folder = scratchFolder()
  writeFiles(folder, { 'cluster.yaml': JSON.stringify(spec, null, 1), 'ports.json': '{ "one": 4 }' })
  const loaded = await loadCluster({
    file: join(folder, 'cluster.yaml'),
    root: folder,
    builtins: { app },
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

interface AttributedLine {
  readonly text: string
  /** The places that decide it. */
  readonly direct: ReadonlySet<string>
  /** These, and those that its maker reads as well. */
  readonly all: ReadonlySet<string>
}

/** The lines of each file of each host. */
function explained(spec: ExplainedSpec): ReadonlyMap<string, readonly AttributedLine[]> {
  const lines = new Map<string, readonly AttributedLine[]>()
  for (const host of spec.cluster.hosts) {
    const { entries } = spec.compile(spec.cluster, host, spec.recipes) ?? { entries: [] }
    const outputs = [...outputsOf(entries).values()].filter(({ path }) => path !== undefined)
    for (const output of explainOutputs(spec, host, { outputs }).outputs) {
      const { resource, path, thereFor, causes, alsoRead } = output
      const all = placesOf([...thereFor, ...causes, ...alsoRead])
      const attributed = output.lines.map(({ text = '', causes: indexes }) => {
        const direct = placesOf([...thereFor, ...indexes.flatMap((index) => causes[index] ?? [])])
        return { text, direct, all }
      })
      lines.set(`${host.name} ${resource} ${path}`, attributed)
    }
  }
  return lines
}

function placesOf(causes: readonly Cause[]): ReadonlySet<string> {
  const places = causes.flatMap(({ position, refersTo }) => [
    ...(position === undefined ? [] : [placeOf(position)]),
    ...placesOf(refersTo),
  ])
  return new Set(places)
}

function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file.split('/').at(-1)}:${line}`
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

const resources = [
  { file: { path: '/etc/motd', content: 'one {{attributes.shared}}\ntwo\n{{host.address}}\n' } },
]

const specs = fc
  .record({ cluster: attributes, live: attributes, web: attributes, db: attributes })
  .map(({ cluster, live, web, db }) => ({
    cluster: 'law',
    data: { ports: 'ports.json' },
    environment: 'live',
    attributes: { shared: 'base', ...cluster },
    environments: { live: { attributes: live } },
    roles: { web: { recipes: ['app'], attributes: web, resources } },
    hosts: {
      'web[0-1]': { roles: ['web'], address: '192.0.2.{{add index 10}}' },
      db0: { recipes: ['app'], address: '192.0.2.1', attributes: db },
    },
  }))

const lists = ['recipes', 'resources', 'roles']

test('what changes on a host with a leaf of the spec is attributed to that leaf', async () => {
  let changedLines = 0
  let direct = 0
  const tryLeaf = (
    spec: ExplainedSpec,
    path: ReturnType<typeof leavesAt>[number],
    before: ReturnType<typeof explained>,
  ) => {
    const value = valueIn(spec.written, path)
    const position = spec.locate(path)
    if (position === undefined) throw new Error(`no place of ${path}`)
    const place = placeOf(position)
    const other =
      typeof value === 'number' ? value + 3 : typeof value === 'boolean' ? !value : `y${String(value)}`
    const names = new Set(spec.cluster.hosts.map(({ name }) => name))
    const cluster = spec.whatIf({ written: path, to: () => other }, names)
    for (const host of cluster?.hosts ?? []) {
      const catalog = cluster && spec.compile(cluster, host, spec.recipes)
      for (const [key, output] of outputsOf(catalog?.entries ?? [])) {
        const kept = new Set(output.lines)
        const own = before.get(`${host.name} ${key}`) ?? []
        for (const line of own.filter(({ text }) => !kept.has(text))) {
          assert.ok(line.all.has(place), `${path.join('.')} at ${place}: ${host.name} ${key}: ${line.text}`)
          changedLines += 1
          if (line.direct.has(place)) direct += 1
        }
      }
    }
  }
  await fc.assert(
    fc.asyncProperty(specs, async (written) => {
      const spec = await load(written)
      const before = explained(spec)
      const sections = ['attributes', 'environments', 'roles', 'hosts', 'data']
      const leaves = sections.flatMap((section) => leavesAt(spec.written, [section]))
      for (const path of leaves) {
        const isList = path.slice(2).some((key) => lists.includes(String(key)))
        if (!isList && typeof valueIn(spec.written, path) !== 'object') tryLeaf(spec, path, before)
      }
    }),
    { seed: 20, numRuns: 3 },
  )
  assert.ok(changedLines > 50, String(changedLines))
  // A minimum hides what the few other values that are tried do not reach.
  assert.ok(direct / changedLines > 0.9, `${direct} of ${changedLines}`)
})

test.run()
