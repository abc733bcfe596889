import { ResourceConflict } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { pathOf, stampOf } from '../../operations/index.ts'
import { pathsOf } from '../../record/manifest-entry.ts'

const mostNamed = 10

/**
 * Names what goes with the trees of archives that make way: what was put or changed there since and converge did not make.
 * Throws a ResourceConflict if something is mounted in one.
 */
export function withTreeContents(
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly Change[] {
  return changes.map((change) => {
    const tree = treeThatGoes(change.operation)
    if (tree === undefined) return change
    refuseMounts(change, tree, facts)
    const lost = lostIn(tree, catalog, facts)
    return lost.length === 0 ? change : { ...change, reason: `${change.reason}; ${lostWords(lost)}` }
  })
}

/** What a host loses with trees, one sentence each. */
export function treeConsents(
  host: string,
  changes: readonly Change[],
  catalog: HostCatalog,
  facts: Facts,
): readonly string[] {
  return changes.flatMap(({ operation }) => {
    const tree = treeThatGoes(operation)
    const lost = tree === undefined ? [] : lostIn(tree, catalog, facts)
    return lost.length === 0
      ? []
      : [`${host}: the change of ${tree} ${lostWords(lost)} (move it away to keep it)`]
  })
}

function treeThatGoes(operation: Operation): string | undefined {
  const goes =
    operation.op === 'archive' ||
    operation.op === 'checkout' ||
    (operation.op === 'remove' && operation.recursive) ||
    ('replaces' in operation && operation.replaces === 'tree')
  return goes ? pathOf(operation) : undefined
}

function refuseMounts({ resource }: Change, tree: string, { paths }: Facts): void {
  const stamp = paths[stampOf(tree)]
  const [mount] = (stamp?.type === 'file' && stamp.mounts) || []
  if (mount === undefined) return
  const where = mount === '.' ? tree : `${tree}/${mount}`
  throw new ResourceConflict(
    resource,
    `something is mounted at ${where}, and would be emptied with ${tree}`,
    'unmount it on the host first',
  )
}

/** Names below a tree; a directory stands for what is in it. */
function lostIn(tree: string, { entries }: HostCatalog, { paths, state }: Facts): readonly string[] {
  const stamp = paths[stampOf(tree)]
  const strangers = (stamp?.type === 'file' && stamp.strangers) || []
  if (strangers.length === 0) return []
  const own = [
    ...entries.flatMap(({ resource }) => pathsOf(resource)),
    ...(state?.manifest ?? []).flatMap((entry) => Object.keys(entry.paths)),
  ].flatMap((path) => (path.startsWith(`${tree}/`) ? [path.slice(tree.length + 1)] : []))
  const known = new Set(own.flatMap(withParents))
  const lost = new Set(strangers.filter((name) => !known.has(name)))
  return [...lost].filter((name) => !withParents(name).some((above) => above !== name && lost.has(above)))
}

/** A path and the directories above it. */
function withParents(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

function lostWords(lost: readonly string[]): string {
  const more = lost.length - mostNamed
  const rest = more > 0 ? [`${more} more`] : []
  return `removes what was put or changed there: ${[...lost.slice(0, mostNamed), ...rest].join(', ')}`
}
