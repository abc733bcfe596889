/** One host of a range. */
export interface RangeMember {
  readonly name: string
  /** Position within the range, from 0. */
  readonly index: number
}

export type Expansion =
  | { readonly ok: true; readonly count: number; members(): Iterable<RangeMember> }
  | { readonly ok: false; readonly message: string; readonly hint: string; readonly within: string }

/** One bracket of a pattern, or the text between two: its possible texts, in order. */
interface Section {
  readonly count: number
  texts(): Iterable<string>
}

const example = 'such as infra[0-2], core-[01-05] or web[1-3,7]'

/** The names that a host key declares: `infra[0-1]`, `core-[01-05]`, `web[0-2,5]`. Lazy: huge ranges cost nothing. */
export function expandRange(pattern: string): Expansion {
  const sections: Section[] = []
  for (const [piece, inner] of pieces(pattern)) {
    if (inner === undefined) {
      sections.push({ count: 1, texts: () => [piece] })
      continue
    }
    const section = parseBracket(inner)
    if (typeof section === 'string') return { ok: false, message: section, hint: example, within: piece }
    sections.push(section)
  }
  const count = sections.reduce((product, section) => product * section.count, 1)
  return {
    ok: true,
    count,
    *members() {
      let index = 0
      for (const name of product(sections)) yield { name, index: index++ }
    },
  }
}

/** The pattern cut at its brackets: text with what is in the brackets, undefined for what is between them. */
function* pieces(pattern: string): Iterable<readonly [text: string, inner: string | undefined]> {
  for (const [text, inner] of pattern.matchAll(/\[([^\]]*)\]|[^[]+|\[/g)) yield [text, inner]
}

/** A section, or what is wrong with it. */
function parseBracket(inner: string): Section | string {
  const ranges: Section[] = []
  for (const part of inner.split(',')) {
    const [, first, last = first] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? []
    if (first === undefined || last === undefined) return `[${inner}] is not a range of numbers`
    if (Number(last) < Number(first)) return `the range [${part}] runs backwards`
    const padded = first.length > 1 && first.startsWith('0')
    const lastPadded = last.length > 1 && last.startsWith('0')
    if ((padded || lastPadded) && first.length !== last.length) {
      return `the ends of the range [${part}] are padded differently`
    }
    ranges.push(numbers(Number(first), Number(last), first.length))
  }
  return {
    count: ranges.reduce((sum, range) => sum + range.count, 0),
    *texts() {
      for (const range of ranges) yield* range.texts()
    },
  }
}

function numbers(first: number, last: number, width: number): Section {
  return {
    count: last - first + 1,
    *texts() {
      for (let number = first; number <= last; number++) yield String(number).padStart(width, '0')
    },
  }
}

function* product(sections: readonly Section[]): Iterable<string> {
  const [first, ...rest] = sections
  if (first === undefined) {
    yield ''
    return
  }
  for (const text of first.texts()) for (const tail of product(rest)) yield text + tail
}

/** What is wrong with a host name, if anything: RFC 1123 labels of at most 63 characters, 253 in all. */
export function hostNameProblem(name: string): string | undefined {
  if (name.length > 253) return 'is longer than 253 characters'
  for (const label of name.split('.')) {
    if (label === '') return 'has an empty label'
    if (label.length > 63) return `has a label of more than 63 characters`
    if (!/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label)) {
      return 'may have only letters, digits, dots and inner hyphens'
    }
  }
  return undefined
}
