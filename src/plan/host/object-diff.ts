import { type ObjectFact, permissionWords } from '../../model/cluster-object.ts'
import type { Facts } from '../../model/facts.ts'
import type { Content } from '../../model/operation.ts'
import type { FileDiff } from '../../model/plan.ts'
import { stands } from '../../model/secret.ts'
import type { ObjectOperation } from '../../operations/index.ts'
import { largestShown, maskedTexts } from './masked-diff.ts'

/** How an object of the cluster changes; undefined if it is not known how it is. */
export function objectDiff(operation: ObjectOperation, facts: Facts): FileDiff | undefined {
  const live = facts.objects[operation.object] ?? undefined
  if (live === undefined) return undefined
  const path = operation.object
  switch (operation.op) {
    case 'etcd-key':
      return operation.content === undefined ? undefined : keyDiff(path, live, operation, operation.content)
    case 'etcd-role':
      return linesDiff(path, linesOf(live), operation.permissions.map(permissionWords))
    case 'etcd-user': {
      const { roles, password } = operation
      const [secret] = password?.secrets ?? []
      const word = secret === undefined ? '«password»' : stands(secret.name)
      const changed = live.type === 'absent' ? word : word.replace('»', ', changed»')
      const lines = [...(password === undefined ? [] : [`password ${changed}`]), ...roles.map(roleWords)]
      return { ...linesDiff(path, linesOf(live), lines), masked: true }
    }
    case 'etcd-remove':
      return undefined
  }
}

function keyDiff(
  path: string,
  live: ObjectFact,
  { sensitive }: { readonly sensitive?: boolean | undefined },
  content: Content,
): FileDiff {
  const before = live.type === 'key' ? live.content : undefined
  if (before === null) return { path, omitted: 'binary' }
  if (Math.max(content.data.length, before?.length ?? 0) > largestShown) return { path, omitted: 'too large' }
  if (content.secrets !== undefined) return maskedTexts(path, before, content.data, content.secrets)
  if (sensitive === true) return { path, omitted: 'sensitive' }
  return linesShown(path, before, content.data)
}

function linesOf(live: ObjectFact): readonly string[] | undefined {
  switch (live.type) {
    case 'role':
      return live.permissions.map(permissionWords)
    case 'user':
      return live.roles.map(roleWords)
    default:
      return undefined
  }
}

function roleWords(role: string): string {
  return `role ${role}`
}

function linesDiff(path: string, before: readonly string[] | undefined, after: readonly string[]) {
  const textOf = (lines: readonly string[]): string =>
    lines
      .toSorted()
      .map((line) => `${line}\n`)
      .join('')
  return linesShown(path, before && textOf(before), textOf(after))
}

function linesShown(path: string, before: string | undefined, after: string) {
  return { path, shown: before === undefined ? { after } : { before, after } }
}
