import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type CompileInput, compile, type KeepCatalog } from '../../compile/compile.ts'
import * as dsl from '../../dsl.ts'
import { largeWithin, readAnyWithin } from '../../load/files/read-within.ts'
import { selectHosts } from '../../load/hosts/select-hosts.ts'
import { type LoadedCluster, loadCluster, type SecretsPlace } from '../../load/load-cluster.ts'
import { type LoadedSecrets, loadSecrets } from '../../load/load-secrets.ts'
import { createImportRecipe } from '../../load/recipes/import-recipe.ts'
import type { Host } from '../../model/cluster.ts'
import { diagnosticOf, type Problem } from '../../model/diagnostic.ts'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { Catalog, HostCatalog } from '../../model/resource.ts'
import { membersOnly } from '../../plan/disruption.ts'
import { groupDoubts } from '../../plan/rollout/group-arithmetic.ts'
import { findGroups, type Groups } from '../../plan/rollout/groups.ts'
import { resourceKinds } from '../../resources/index.ts'
import { checkUses } from '../../secrets/check-uses.ts'
import { createSecretsInUse, type SecretUse } from '../../secrets/keyring.ts'
import { placeBelow } from '../secrets/store.ts'
import { builtins } from './builtins.ts'
import { withinCompileTime } from './compile-time.ts'
import { repositoryOf } from './git-state.ts'
import { recipeCache } from './recipe-cache.ts'
import { recipePlaces } from './recipe-places.ts'
import { checkSpecFile } from './spec-file.ts'

/** Which spec to load, and what the command line changes in it. */
export interface SpecOptions {
  readonly file: string
  readonly environment?: string
  /** `path=value`, the strongest layer. */
  readonly set?: readonly string[]
  /** Folder below which recipes may be, instead of the spec's repository. */
  readonly recipesBelow?: string
  /** Git revision whose recipes run instead of those that are there, or `none`. */
  readonly trustOnly?: string
  /** The repository of a spec that was taken out of it: its files are private, and gone after this run. */
  readonly trustedIn?: string
  /** Seconds that recipes may take together; 30 unless given. */
  readonly compileTimeout?: number
}

const defaultCompileSeconds = 30

/** What a command needs of a spec. */
export interface SpecNeeds {
  /** Opens the values of a file of secrets; absent if the command needs none. Called with the same file again, it opens nothing anew. */
  open?(file: LoadedSecrets): Promise<(key: string) => string | undefined>
  /** Secrets may be missing, or not be as they are needed. */
  readonly mayMiss?: boolean
  /** What it keeps of the catalogs; all of them unless given. */
  keepOf?(hosts: readonly Host[]): KeepCatalog
}

/** A valid spec with its recipes and catalog. */
export interface LoadedSpec extends LoadedCluster {
  /** What the command keeps. The whole cluster was compiled, whatever --limit says: hosts refer to each other. */
  readonly catalog: Catalog
  readonly secrets: SecretsOfSpec
  /** The members that wait for each other, of all hosts. */
  readonly groups: Groups
  /** Compiles hosts again, with changes. Throws a SpecError. */
  compile(changes: Pick<CompileInput, 'cluster' | 'recipes' | 'hosts' | 'keep'>): Catalog
  /** Processor time for recipes. */
  readonly limitMs: number
}

/** The file of secrets, if there is one, and what the spec uses of it. */
interface SecretsOfSpec {
  readonly file: LoadedSecrets | undefined
  readonly uses: readonly SecretUse[]
  readonly opening: SpecNeeds
}

/** Keeps the catalogs of the selected hosts, and of the others what their plans need. */
export function keepSelected(limit: string | undefined): NonNullable<SpecNeeds['keepOf']> {
  return (hosts) => {
    if (limit === undefined) return (catalog) => catalog
    const names = selectedBy(limit, hosts)
    return (catalog) => (names.has(catalog.host) ? catalog : membersOnly(catalog))
  }
}

/** None for a wrong selector, which is told after what is wrong with the spec. */
function selectedBy(limit: string, hosts: readonly Host[]): ReadonlySet<string> {
  try {
    return new Set(selectHosts(hosts, limit).map(({ name }) => name))
  } catch (error) {
    if (error instanceof SpecError) return new Set()
    throw error
  }
}

/** Reads, checks and compiles a spec. Throws a SpecError with everything that is wrong. */
export async function loadSpec(options: SpecOptions, needs: SpecNeeds = {}): Promise<LoadedSpec> {
  checkSpecFile(options.file)
  const limitMs = (options.compileTimeout ?? defaultCompileSeconds) * 1000
  const cache =
    options.trustOnly === undefined && options.trustedIn === undefined ? await recipeCache() : undefined
  const folder = resolve(dirname(options.file))
  const root = repositoryOf(folder) ?? folder
  const inUse = createSecretsInUse()
  let stored: LoadedSecrets | undefined
  const loaded = await loadCluster({
    secretAt: inUse.refer,
    async openSecrets(named) {
      const file = await locatedAt(named, () => namedFile(named))
      if (file === undefined) return
      stored = await locatedAt(named, () => loadSecrets(file))
      inUse.fill({ file: stored, valueOf: (await needs.open?.(stored)) ?? (() => undefined) })
    },
    file: options.file,
    root,
    ...given({ environment: options.environment, set: options.set }),
    builtins,
    kinds: resourceKinds,
    placeOf: recipePlaces(options),
    importRecipe: createImportRecipe(dsl, {
      limitMs,
      packages: options.trustOnly === undefined,
      ...given({ cache }),
    }),
  })
  const compileWith: LoadedSpec['compile'] = ({ cluster, recipes, hosts, keep }) =>
    withinCompileTime({ cluster, recipes, limitMs }, (watched) =>
      compile({
        cluster,
        recipes: watched,
        ...given({ hosts, keep }),
        kinds: resourceKinds,
        declareSecret: inUse.declare,
        readFile: (path, folder) => readAnyWithin({ root, folder, path }),
        largeFile: (path, folder) => largeWithin({ root, folder, path }),
      }),
    )
  const keep = needs.keepOf?.(loaded.cluster.hosts) ?? ((whole) => whole)
  const members = new Map<string, HostCatalog>()
  const catalog = compileWith({
    ...loaded,
    keep: (own) => {
      members.set(own.host, membersOnly(own))
      return keep(own)
    },
  })
  const grouped = { cluster: loaded.cluster.name, hosts: [...members.values()] }
  const groups = findGroups(grouped)
  const { uses } = inUse
  const checked = checkUses({ uses, secrets: stored?.secrets ?? new Map(), now: new Date() })
  if (checked.errors.length > 0 && needs.mayMiss !== true)
    throw new SpecError(stored === undefined ? checked.errors.map(withoutFile) : checked.errors)
  const found = [...(catalog.doubts ?? []), ...groupDoubts(groups, grouped), ...checked.warnings].map(
    (problem) => diagnosticOf('warning', problem),
  )
  const secrets = { file: stored, uses, opening: needs }
  const warnings = [...loaded.warnings, ...found]
  return { ...loaded, warnings, catalog, groups, compile: compileWith, limitMs, secrets }
}

/** The file that a spec names, or the one beside it, if there is one. */
async function namedFile({ path, from }: SecretsPlace): Promise<string | undefined> {
  const file = await placeBelow(from, path ?? 'secrets.yaml')
  return path === undefined && !existsSync(file) ? undefined : file
}

/** A mistake without a place of its own is where the spec names the file. */
async function locatedAt<T>({ position: named }: SecretsPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    throw new SpecError(
      error.problems.map((problem) => ({ ...problem, position: problem.position ?? named })),
    )
  }
}

function withoutFile(problem: Problem): Problem {
  if (problem.code !== 'missing-secret') return problem
  return { ...problem, hint: `\`converge secrets init\` writes secrets.yaml; then ${problem.hint}` }
}

export function catalogOf({ catalog }: Pick<LoadedSpec, 'catalog'>, host: string): HostCatalog | undefined {
  return catalog.hosts.find((candidate) => candidate.host === host)
}
