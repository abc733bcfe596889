import { diffWordsWithSpace } from 'diff'
import type { Hunk } from './diff-hunks.ts'
import { escapeLine } from './escape-control.ts'
import type { Style } from './style.ts'

const maxLineCharacters = 400
const maxHunkLines = 200

/** The lines of a hunk below its header: safe to print, colored, changed words marked; a long hunk only if `whole`. */
export function renderHunkLines(
  hunk: Hunk,
  options: { readonly style: Style; readonly whole: boolean },
): readonly string[] {
  const shown = options.whole ? hunk.lines : hunk.lines.slice(0, maxHunkLines)
  const hidden = hunk.lines.length - shown.length
  const lines = pairs(shown).flatMap((block) => renderBlock(block, options.style))
  return hidden === 0
    ? lines
    : [...lines, options.style.quiet(`... ${hidden} more lines; --verbose shows them`)]
}

/** Consecutive removed lines, then added ones, then others. */
interface Block {
  readonly removed: string[]
  readonly added: string[]
  readonly others: string[]
}

function pairs(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = []
  let block: Block | undefined
  for (const line of lines) {
    const inBlock = block
    const kind = line.startsWith('-') ? 'removed' : line.startsWith('+') ? 'added' : 'others'
    const late =
      kind === 'removed'
        ? inBlock !== undefined && (inBlock.added.length > 0 || inBlock.others.length > 0)
        : kind === 'added' && inBlock !== undefined && inBlock.others.length > 0
    if (block === undefined || late) {
      block = { removed: [], added: [], others: [] }
      blocks.push(block)
    }
    block[kind].push(line)
  }
  return blocks
}

function renderBlock(block: Block, style: Style): readonly string[] {
  const removed: string[] = []
  const added: string[] = []
  for (let index = 0; index < Math.max(block.removed.length, block.added.length); index += 1) {
    const before = block.removed[index]
    const after = block.added[index]
    const marked = before !== undefined && after !== undefined ? markWords(before, after, style) : undefined
    if (before !== undefined) removed.push(marked?.before ?? style.removed(printable(before)))
    if (after !== undefined) added.push(marked?.after ?? style.added(printable(after)))
  }
  const others = block.others.map((line) =>
    line.startsWith('\\') ? style.quiet(printable(line)) : printable(line),
  )
  return [...removed, ...added, ...others]
}

/** Marks the words that differ; undefined if too much differs. */
function markWords(before: string, after: string, style: Style) {
  if (before.length > maxLineCharacters || after.length > maxLineCharacters) return undefined
  const words = diffWordsWithSpace(before.slice(1), after.slice(1), { maxEditLength: 100 })
  if (words === undefined) return undefined
  const kept = words.reduce(
    (sum, word) => (word.added || word.removed ? sum : sum + word.value.trim().length),
    0,
  )
  if (kept * 3 < Math.max(before.length, after.length)) return undefined
  const join = (side: 'added' | 'removed', sign: string, paint: (text: string) => string) =>
    words
      .filter((word) => word[side] || (!word.added && !word.removed))
      .map((word) =>
        word[side]
          ? style[side === 'added' ? 'addedWord' : 'removedWord'](escapeLine(word.value))
          : paint(escapeLine(word.value)),
      )
      .reduce((line, text) => line + text, paint(sign))
  return { before: join('removed', '-', style.removed), after: join('added', '+', style.added) }
}

function printable(line: string): string {
  if (line.length <= maxLineCharacters) return escapeLine(line)
  return `${escapeLine(line.slice(0, maxLineCharacters))}... (${line.length - maxLineCharacters} more characters)`
}
