/** What is too long or too deep for Handlebars' parser, whose time grows with the square of both. */
interface Excess {
  readonly message: string
  readonly hint: string
  /** The offset where the expression begins. */
  readonly at: number
}

const maxLength = 4096
const maxDepth = 32
/** Blocks within blocks of a template. */
const maxBlocks = 100

/** The first expression of a text that is too long or too deep. */
export function excessOf(text: string): Excess | undefined {
  let blocks = 0
  for (let at = text.indexOf('{{'); at >= 0; ) {
    const end = endOf(text, at)
    if (typeof end !== 'number') return { ...end, at }
    blocks += text[at + 2] === '#' ? 1 : text[at + 2] === '/' ? -1 : 0
    if (blocks > maxBlocks)
      return { message: `blocks are nested more than ${maxBlocks} levels deep`, hint: 'close them', at }
    at = text.indexOf('{{', end)
  }
  return undefined
}

/** Where an expression ends, or what is too much about it. Parentheses in strings and in [names] do not count. */
function endOf(text: string, start: number): number | Omit<Excess, 'at'> {
  // A comment is passed over as a whole.
  if (text.startsWith('{{!', start)) {
    const end = text.indexOf(text.startsWith('{{!--', start) ? '--' : '}}', start + 5)
    return end < 0 ? text.length : end
  }
  let depth = 0
  for (let at = start + 2; at < text.length; at += 1) {
    if (at - start > maxLength)
      return { message: `a {{ is not closed within ${maxLength} characters`, hint: 'write }} after it' }
    const character = text[at] ?? ''
    if (character === '}' && text[at + 1] === '}') return at
    const closing = closings[character]
    if (closing !== undefined) {
      const end = closingOf(text, at + 1, closing)
      if (end >= 0) at = end
    } else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    if (depth > maxDepth)
      return {
        message: `an expression is nested more than ${maxDepth} levels deep`,
        hint: 'divide it: give its parts names under attributes',
      }
  }
  return text.length
}

const closings: Readonly<Record<string, string>> = { '"': '"', "'": "'", '[': ']' }

function closingOf(text: string, from: number, closing: string): number {
  const end = text.indexOf(closing, from)
  return end > 0 && text[end - 1] === '\\' ? closingOf(text, end + 1, closing) : end
}

/** How many MiB of text expressions or templates may make in all: 128 KiB for each host, within what memory holds. */
export function largestTextsMiB(hosts: number): number {
  return Math.min(1024, Math.max(256, Math.ceil(hosts / 8)))
}
