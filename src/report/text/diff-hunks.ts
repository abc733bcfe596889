import { structuredPatch } from 'diff'
import type { Change, FileDiff } from '../../model/plan.ts'
import { count } from './words.ts'

/** A hunk of a unified diff; each line begins with ` `, `-`, `+` or `\`. Raw text: not yet safe to print. */
export interface Hunk {
  /** `@@ -1,4 +1,5 @@` */
  readonly header: string
  readonly lines: readonly string[]
}

/** The diff of a file: hunks, or why there are none. */
export type ShownDiff = { readonly hunks: readonly Hunk[] } | { readonly omitted: string }

// Limits by size, not by time: the same plan must read the same on a slow machine.
const maxCharacters = 1024 * 1024
const maxEditLength = 1000
const maxWholeFileLines = 20_000

/** The unified diff of a file with three lines of context. The work is bounded for any input. */
export function diffHunks(diff: FileDiff): ShownDiff {
  if ('omitted' in diff) return { omitted: `${diff.omitted}: content is not shown` }
  const { before = '', after = '' } = diff.shown
  if (before.length + after.length > maxCharacters) return { omitted: tooMuch(before, after) }
  // Adding or removing a whole file needs no search, so its limit is higher.
  const limit = before === '' || after === '' ? maxWholeFileLines : maxEditLength
  const patch = structuredPatch(diff.path, diff.path, before, after, undefined, undefined, {
    context: 3,
    maxEditLength: limit,
  })
  if (patch === undefined) return { omitted: tooMuch(before, after) }
  return {
    hunks: patch.hunks.map((hunk) => ({
      header: `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
      lines: hunk.lines,
    })),
  }
}

/** The diff to show for a change; never for sensitive content. */
export function diffOfChange(change: Change): FileDiff | undefined {
  const { diff, operation } = change
  if (diff === undefined || 'masked' in diff) return diff
  if (!('sensitive' in operation) || operation.sensitive !== true) return diff
  return { path: diff.path, omitted: 'sensitive' }
}

/** Hunks as one text, as `diff -u` prints them below the file names. */
export function unifiedDiff(hunks: readonly Hunk[]): string {
  return hunks.map((hunk) => `${[hunk.header, ...hunk.lines].join('\n')}\n`).join('')
}

/** A range without lines names the line before it, as `diff -u` does. */
function range(start: number, lines: number): string {
  if (lines === 0) return `${start - 1},0`
  return lines === 1 ? String(start) : `${start},${lines}`
}

function tooMuch(before: string, after: string): string {
  const lines = (text: string) => count(text === '' ? 0 : text.split('\n').length, 'line')
  return `too different to show: ${lines(before)} before, ${lines(after)} after`
}
