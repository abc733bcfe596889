import type { Facts, PathFact } from '../model/facts.ts'
import type { Content, Operation } from '../model/operation.ts'
import type { Expectation } from '../model/plan.ts'
import { accountRules } from './accounts.ts'
import { appliedState } from './applied-state.ts'
import { commandRules } from './commands.ts'
import { etcdMemberRules } from './etcd-members.ts'
import { etcdObjectRules, isObjectOperation, type ObjectOperation, wantedObject } from './etcd-objects.ts'
import { etcdRestoreRules, snapshotOf } from './etcd-restores.ts'
import type { OperationRules, RulesByOperation } from './operation-rules.ts'
import { packageOperationRules } from './packages.ts'
import {
  isEdit,
  partKey,
  partRules,
  partState,
  takesOver,
  textAfter,
  wantedState,
  withMade,
  withPart,
} from './parts.ts'
import { asWritten, inPlaceOf, type Kind, kindMadeBy, ownershipOf, pathRules, stampOf } from './paths.ts'
import { rebootRules } from './reboot.ts'
import { unitRules } from './units.ts'

export {
  asWritten,
  inPlaceOf,
  isEdit,
  isObjectOperation,
  type Kind,
  kindMadeBy,
  type ObjectOperation,
  ownershipOf,
  partKey,
  partState,
  stampOf,
  takesOver,
  textAfter,
  wantedObject,
  wantedState,
  withMade,
  withPart,
}

/** The rules of each operation; the compiler reports what a new one lacks. */
const rules: RulesByOperation = {
  ...pathRules,
  ...partRules,
  ...accountRules,
  ...packageOperationRules,
  ...unitRules,
  ...commandRules,
  ...etcdMemberRules,
  ...etcdObjectRules,
  ...etcdRestoreRules,
  ...rebootRules,
}

export function rulesOf(operation: Operation): OperationRules<Operation> {
  // Methods take their parameters bivariantly, and the key is the operation's own.
  return rules[operation.op]
}

/** The path that an operation acts on, if any. */
export function pathOf(operation: Operation): string | undefined {
  return 'path' in operation ? operation.path : undefined
}

/** The content that an operation puts on the host, if it has one. */
export function contentOf(operation: Operation): Content | undefined {
  switch (operation.op) {
    case 'write':
    case 'edit':
    case 'etcd-key':
      return operation.content
    case 'etcd-user':
      return operation.password
    case 'etcd-restore':
      return snapshotOf(operation)
    default:
      return undefined
  }
}

/** An operation relies on what is now at its path, if it has one. */
export function expectNow(operation: Operation, { paths }: Facts): readonly Expectation[] {
  const path = pathOf(operation)
  const state = path === undefined ? undefined : paths[path]
  return path === undefined || state === undefined ? [] : [{ path, state }]
}

/** systemd's unit load paths of the system manager (systemd.unit(5)). */
const unitDirectories = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (above) => `${above}/systemd/system`,
)

/** What the generators of systemd and of podman make units of (systemd.generator(7), podman-systemd.unit(5)). */
const generatorSources =
  /^\/etc\/(fstab|crypttab|veritytab|integritytab|rc\.local|init\.d\/.*)$|^\/(etc|run|usr\/share)\/containers\/systemd\//

/** Whether systemd must read its unit files again, or make them again, after an operation. */
export function changesUnitFile(operation: Operation): boolean {
  const path = pathOf(operation) ?? ''
  const isUnitFile = unitDirectories.some((directory) => path.startsWith(`${directory}/`))
  return rulesOf(operation).changesUnitFiles && (isUnitFile || generatorSources.test(path))
}

/** Whether units may be made of what an operation leaves at its path. */
export function feedsGenerators(operation: Operation): boolean {
  return generatorSources.test(pathOf(operation) ?? '')
}

/** Where else a unit file with the same name may be, or the file of its template; none for other paths. */
export function otherUnitFiles(path: string): readonly string[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (!unitDirectories.includes(path.slice(0, -name.length - 1))) return []
  return unitDirectories
    .flatMap((directory) => [name, name.replace(/@.+(?=\.)/, '@')].map((file) => `${directory}/${file}`))
    .filter((other) => other !== path)
}

/** The state of a path after an operation, as by `appliedState`; undefined if the operation is on another path. */
export function stateAfter(operation: Operation, path: string, before: PathFact): string | undefined {
  if (pathOf(operation) !== path) return undefined
  const after = rulesOf(operation).after(operation, { paths: { [path]: before } }).paths?.[path]
  return after && appliedState(after)
}

/** Sorted in the order of an undo; see `UndoRank`. */
export function inUndoOrder<T>(all: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return all.toSorted((a, b) => {
    const [first, second] = [operationOf(a), operationOf(b)]
    const byRank = rulesOf(first).undoRank(first) - rulesOf(second).undoRank(second)
    return byRank || depth(first) - depth(second)
  })
}

/** The last one first, as far as the order of an undo allows. */
export function inReverse<T>(done: readonly T[], operationOf: (one: T) => Operation): readonly T[] {
  return inUndoOrder(done.toReversed(), operationOf)
}

/** Inner paths are removed first and created last. */
function depth(operation: Operation): number {
  const parts = pathOf(operation)?.split('/').length ?? 0
  return rulesOf(operation).undoRank(operation) === 1 ? -parts : parts
}
