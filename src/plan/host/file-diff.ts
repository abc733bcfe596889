import { bytesOf } from '../../model/bytes-of.ts'
import type { Facts, PathFact } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import type { FileDiff, Omission } from '../../model/plan.ts'
import { textOf } from '../../model/text-of.ts'
import { isEdit, isObjectOperation, textAfter } from '../../operations/index.ts'
import { largestShown, maskedDiff, maskedPartDiff } from './masked-diff.ts'
import { objectDiff } from './object-diff.ts'

/** How a write, a removal or a restore changes a file's text; `kept` has the content to restore. */
export function fileDiff(operation: Operation, facts: Facts, kept?: PathFact): FileDiff | undefined {
  if (isEdit(operation)) return partDiff(operation, facts)
  if (isObjectOperation(operation)) return objectDiff(operation, facts)
  if (operation.op !== 'write' && operation.op !== 'remove' && operation.op !== 'restore') return undefined
  const { path } = operation
  const live = facts.paths[path]
  if (live === undefined || (operation.op === 'remove' && live.type !== 'file')) return undefined
  if (operation.op === 'restore') {
    const stays = live.type === 'file' && live.sha256 === operation.sha256
    if (stays || (kept === undefined && operation.sensitive !== true)) return undefined
  }
  if (operation.op === 'write' && operation.content.secrets !== undefined)
    return maskedDiff(path, live, operation.content, facts)
  if (operation.sensitive === true) return { path, omitted: 'sensitive' }
  const comes = coming(operation, kept)
  return 'omitted' in comes ? { path, ...comes } : betweenTexts(path, live, comes.after)
}

/** How a file changes by a part of it; what is around the part is shown as it is. */
function partDiff(operation: Extract<Operation, { op: 'edit' }>, facts: Facts): FileDiff | undefined {
  const { path, content, sensitive } = operation
  const live = facts.paths[path]
  if (live?.type !== 'file' && live?.type !== 'absent') return undefined
  if (content?.secrets !== undefined) return maskedPartDiff(operation, content, live)
  if (sensitive === true) return { path, omitted: 'sensitive' }
  const after = textAfter(operation, live)
  const { after: text, omitted } = { after, omitted: undefined, ...(after !== undefined && shownText(after)) }
  if (omitted !== undefined) return { path, omitted }
  if (text === undefined) return undefined
  return live.type === 'file' && typeof live.content === 'string'
    ? { path, shown: { before: live.content, after: text } }
    : { path, shown: { after: text } }
}

type Omitted = { readonly omitted: Omission }

/** The new text of a file. */
function coming(
  operation: Extract<Operation, { op: 'write' | 'remove' | 'restore' }>,
  kept: PathFact | undefined,
): { readonly after: string } | Omitted {
  switch (operation.op) {
    case 'remove':
      return { after: '' }
    case 'write':
      if (operation.content.encoding === 'file') return { omitted: 'too large' }
      return shownText(textOf(bytesOf(operation.content)))
    case 'restore':
      // The answer includes only a small content. What is lost is never restored.
      return kept?.type !== 'file' || kept.content === undefined
        ? { omitted: 'too large' }
        : shownText(kept.content)
  }
}

function shownText(after: string | null): { readonly after: string } | Omitted {
  if (after === null) return { omitted: 'binary' }
  return after.length > largestShown ? { omitted: 'too large' } : { after }
}

function betweenTexts(path: string, live: PathFact, after: string): FileDiff | undefined {
  if (live.type !== 'file') return { path, shown: { after } }
  // The answer includes the live content only if it differs and is small.
  if (live.content === undefined)
    return live.sizeBytes > largestShown ? { path, omitted: 'too large' } : undefined
  return live.content === null
    ? { path, omitted: 'binary' }
    : { path, shown: { before: live.content, after } }
}
