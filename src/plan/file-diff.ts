import type { Facts } from '../model/facts.ts'
import type { Operation } from '../model/operation.ts'
import type { FileDiff } from '../model/plan.ts'

const largestShown = 256 * 1024

/** What a write or a removal changes in a file's text; undefined for every other operation. */
export function fileDiff(operation: Operation, facts: Facts): FileDiff | undefined {
  if (operation.op !== 'write' && operation.op !== 'remove') return undefined
  const { path } = operation
  const live = facts.paths[path]
  if (live === undefined || (operation.op === 'remove' && live.type !== 'file')) return undefined
  if (operation.sensitive === true) return { path, omitted: 'sensitive' }
  const after = operation.op === 'write' ? text(operation.content.data, operation.content.encoding) : ''
  if (after === undefined) return { path, omitted: 'binary' }
  if (after.length > largestShown) return { path, omitted: 'too large' }
  if (live.type !== 'file') return { path, after }
  // The answer carries the live content only where it differs and is small.
  if (live.content === undefined)
    return live.sizeBytes > largestShown ? { path, omitted: 'too large' } : undefined
  const before = text(live.content, 'base64')
  return before === undefined ? { path, omitted: 'binary' } : { path, before, after }
}

/** The text of a content, or undefined where it is none: a NUL, or bytes that are not UTF-8. */
function text(data: string, encoding: 'utf8' | 'base64'): string | undefined {
  if (encoding === 'utf8') return data.includes('\0') ? undefined : data
  const bytes = Buffer.from(data, 'base64')
  const decoded = bytes.toString('utf8')
  return decoded.includes('\0') || !Buffer.from(decoded).equals(bytes) ? undefined : decoded
}
