import { dirname, join } from 'node:path'
import type { Cluster, Host, ResourceDeclaration } from '../model/cluster.ts'
import type { Problem } from '../model/diagnostic.ts'
import { InternalError, SpecError } from '../model/errors.ts'
import { given } from '../model/given.ts'
import { perText } from '../model/memo.ts'
import { collectProblems, type GroupedProblem, nameHosts } from '../model/problems.ts'
import type { LoadedRecipe } from '../model/recipe.ts'
import type {
  Catalog,
  CatalogEntry,
  HostCatalog,
  LargeFile,
  ResourceId,
  ResourceKind,
} from '../model/resource.ts'
import { checkClaims } from './claims.ts'
import { partsOf } from './composites.ts'
import type { Declarable, Declared } from './declared.ts'
import { declaredResource, readableText, reportAt, type SpecFiles } from './declared-resource.ts'
import { order } from './order.ts'
import { checkPartOverlaps } from './part-overlaps.ts'
import { type ContextSource, createContexts, type DeclareSecret } from './recipe-context.ts'
import { type Edge, resolveRelations } from './relations.ts'
import { runRecipe } from './run-recipe.ts'
import { checkSystem } from './system-limits.ts'
import { createRenderer } from './template.ts'
import { besideTemplate } from './template-files.ts'

/** Gets the catalog of a host, and gives what is to be kept of it. */
export type KeepCatalog = (catalog: HostCatalog) => HostCatalog | undefined

export interface CompileInput {
  readonly cluster: Cluster
  /** Those to compile; all of the cluster unless given. */
  readonly hosts?: readonly Host[]
  /** What to keep of each catalog, one by one; all unless given. */
  readonly keep?: KeepCatalog
  /** Every recipe that a run list names. */
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
  /** A file by its path from a folder, as bytes if it is not text; throws if it cannot be read. */
  readFile(path: string, folder: string): string | Uint8Array
  /** Absent where recipes declare no secrets. */
  readonly declareSecret?: DeclareSecret
  /** A file that is better left on disk; undefined for others. */
  largeFile?(path: string, folder: string): LargeFile | undefined
}

/** Compiles run lists and declared resources to catalogs. Throws a SpecError with the mistakes of all hosts. */
export function compile(input: CompileInput): Catalog {
  const { cluster, keep = (catalog) => catalog } = input
  const problems = collectProblems({ oneMistake: 'per words' })
  const doubts = collectProblems({ oneMistake: 'per words' })
  const contexts = createContexts(cluster, input.recipes, input.declareSecret, doubts.add)
  const files = new Map<string, string>()
  const resourceOf = createResourceMaker(input, files)
  const hosts = (input.hosts ?? cluster.hosts).flatMap((host) => {
    let isWhole = true
    const report = (problem: Problem) => {
      // What is not there may be what could not be made.
      if (!isWhole && ['unknown-resource', 'never-runs'].includes(problem.code)) return
      problems.add(problem, host.name)
    }
    const declared = declare(host, input, contexts, resourceOf, (problem) => {
      isWhole = false
      problems.add(problem, host.name)
    })
    return keep(assemble(host, declared, report)) ?? []
  })
  const written = cluster.mistakes()
  if (written.length > 0) throw new SpecError(written)
  const found = problems.all().map(withHosts)
  if (found.length > 0) throw new SpecError(found)
  return { cluster: cluster.name, hosts, files, doubts: doubts.all().map(withHosts) }
}

function withHosts({ problem, hosts }: GroupedProblem): Problem {
  return { ...problem, message: `${problem.message} (${nameHosts([...hosts])})` }
}

/** Creates declared resources; hosts that share a declaration share the resource. */
function createResourceMaker(
  { cluster, kinds, readFile, largeFile }: CompileInput,
  largeFiles: Map<string, string>,
) {
  const filesFrom = perText((folder): SpecFiles => {
    const read = perText((path) => readFile(path, folder))
    const pathOf = (path: string) => join(folder, path)
    return {
      pathOf,
      read,
      large: perText((path) => {
        const large = largeFile?.(path, folder)
        if (large !== undefined) largeFiles.set(large.sha256, large.file)
        return large
      }),
      render: createRenderer(
        { read: (path) => readableText(path, 'template', read), pathOf, partialOf: besideTemplate },
        cluster.hosts.length,
      ),
    }
  })
  const made = new WeakMap<ResourceDeclaration, Declarable>()
  return (
    declaration: ResourceDeclaration,
    host: Host,
    report: (problem: Problem) => void,
  ): readonly Declared[] => {
    const files = filesFrom(dirname(declaration.position?.file ?? cluster.file))
    const declared = made.get(declaration) ?? declaredResource(declaration, kinds, files, report)
    if (declared === undefined) return []
    made.set(declaration, declared)
    try {
      return partsOf(declared, host)
    } catch (error) {
      reportAt(declaration, error, files, report)
      return []
    }
  }
}

/** Everything that is declared for a host, in the order of the spec. */
function declare(
  host: Host,
  { recipes }: CompileInput,
  contexts: ContextSource,
  resourceOf: ReturnType<typeof createResourceMaker>,
  report: (problem: Problem) => void,
): readonly Declared[] {
  return host.declarations().flatMap((declaration) => {
    if ('isLeftOut' in declaration) return []
    if (!('recipe' in declaration)) return resourceOf(declaration, host, report)
    const loaded = recipes[declaration.recipe]
    if (loaded === undefined) throw new InternalError(`the recipe ${declaration.recipe} is not loaded`)
    return runRecipe(host, declaration, loaded, contexts, report)
  })
}

function assemble(
  host: Host,
  declared: readonly Declared[],
  report: (problem: Problem) => void,
): HostCatalog {
  checkSystem(declared, host.platform, report)
  const owned = checkClaims(declared, report)
  checkPartOverlaps(declared, report)
  const { after, notifies } = resolveRelations(owned, report)
  const entries = order(owned, after, report).map(
    ({ resource, declaredBy, from, position, composites }): CatalogEntry => ({
      resource,
      after: identities(after.get(resource.id)),
      notifies: notifies.get(resource.id) ?? NONE,
      declaredBy,
      from,
      ...given({ position, partOf: composites?.map(({ id }) => id) }),
    }),
  )
  const { reboot } = host.platform
  return {
    host: host.name,
    address: host.address,
    labels: host.labels,
    ...given({ reboot: reboot?.when === 'required' ? reboot : undefined }),
    entries,
  }
}

// Shared, because most resources have none.
const NONE: readonly never[] = Object.freeze([])

function identities(edges: readonly Edge[] = NONE): readonly ResourceId[] {
  return edges.length === 0 ? NONE : [...new Set(edges.map(({ to }) => to))]
}
