import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Type } from 'typebox'
import { resolveDottedPath } from '../../src/load/layers/layers.ts'
import { type LoadClusterInput, type LoadedCluster, loadCluster } from '../../src/load/load-cluster.ts'
import type { Host, Setting } from '../../src/model/cluster.ts'
import type { Diagnostic } from '../../src/model/diagnostic.ts'
import { SpecError } from '../../src/model/errors.ts'
import type { LoadedRecipe } from '../../src/model/recipe.ts'
import { DeclaredRelations } from '../../src/model/relations.ts'
import type { ResourceKind } from '../../src/model/resource.ts'
import type { JsonSchema } from '../../src/model/schema.ts'
import type { Value } from '../../src/model/value.ts'

const recipe = (name: string, attributes: JsonSchema, needs: readonly string[] = []): LoadedRecipe => ({
  recipe: {
    name,
    attributes: { ...attributes },
    needs: needs.map((need) => ({ recipe: need })),
    resources: () => [],
  },
  read: (path) => path,
})

/** Recipes as a real table has them: typed attributes, defaults, needs. */
export const builtins: Readonly<Record<string, LoadedRecipe>> = {
  etcd: recipe('etcd', {
    ...Type.Object({
      version: Type.String({ default: '3.4.23' }),
      heartbeatMs: Type.Optional(Type.Integer({ minimum: 1, default: 100 })),
      discovery: Type.Optional(Type.String()),
      metrics: Type.Optional(Type.Boolean()),
      peers: Type.Optional(Type.Array(Type.String())),
      tls: Type.Optional(
        Type.Object({ cert: Type.String(), ca: Type.String({ default: '/etc/ssl/ca.pem' }) }),
      ),
    }),
  }),
  docker: recipe('docker', { ...Type.Object({}) }),
  fleet: recipe(
    'fleet',
    { ...Type.Object({ metadata: Type.Optional(Type.Record(Type.String(), Type.String())) }) },
    ['docker'],
  ),
  app: recipe('app', { ...Type.Object({ image: Type.String() }) }),
}

const kind = (name: string, schema: object): ResourceKind => ({
  kind: name,
  schema: { ...schema },
  create: () => {
    throw new Error('loading creates no resources')
  },
})

export const kinds: Readonly<Record<string, ResourceKind>> = {
  file: kind(
    'file',
    Type.Object({
      path: Type.String(),
      content: Type.Optional(Type.String()),
      source: Type.Optional(Type.String()),
      mode: Type.Optional(Type.String({ pattern: '^[0-7]{4}$', description: 'four octal digits' })),
      ...DeclaredRelations.properties,
    }),
  ),
  unit: kind('unit', Type.Object({ name: Type.String(), enabled: Type.Optional(Type.Boolean()) })),
}

export type Options = Partial<Omit<LoadClusterInput, 'file' | 'root'>> & {
  readonly files?: Record<string, string>
}

/**
 * Loads a spec given as text, and evaluates its resources, from a folder that is gone afterwards. Positions name the
 * file `cluster.yaml`.
 */
export async function loadText(text: string | Uint8Array, options: Options = {}): Promise<LoadedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'converge-load-'))
  try {
    const { files = {}, ...input } = options
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
    }
    await writeFile(join(folder, 'cluster.yaml'), text)
    const importRecipe = async (path: string) => {
      throw new Error(`nothing to import at ${path}`)
    }
    const loaded = await loadCluster({
      file: join(folder, 'cluster.yaml'),
      root: folder,
      builtins,
      kinds,
      placeOf: async (path) => path,
      importRecipe,
      ...input,
    })
    for (const host of loaded.cluster.hosts) host.declarations()
    const found = loaded.cluster.mistakes()
    if (found.length > 0) throw new SpecError(found)
    return loaded
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What is wrong with a spec, as lines: `line:column+length code message (hint)`. */
export async function mistakes(text: string | Uint8Array, options: Options = {}): Promise<readonly string[]> {
  return (await diagnosticsOf(text, options)).map(asLine)
}

export async function diagnosticsOf(
  text: string | Uint8Array,
  options: Options = {},
): Promise<readonly Diagnostic[]> {
  try {
    await loadText(text, options)
  } catch (error) {
    if (error instanceof SpecError) return error.diagnostics
    throw error
  }
  return []
}

export function asLine({ code, message, hint, position }: Diagnostic): string {
  const place = position === undefined ? '-' : `${position.line}:${position.column}+${position.length}`
  return `${place} ${code} ${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** Values as plain objects, to be compared with literals. */
export function plain(value: Value | undefined): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** Which layer sets the value at a dotted path of a host. */
export function originsOf(host: Host): (text: string) => Setting | undefined {
  const { scope, settings } = host.trace()
  return (text) => {
    const path = resolveDottedPath(scope, text)
    return path && settings(path).findLast(({ effect }) => effect === 'sets')
  }
}
