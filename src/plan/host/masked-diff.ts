import { editText, partIn } from '../../model/edit-text.ts'
import type { Facts, PathFact } from '../../model/facts.ts'
import type { Content, Operation } from '../../model/operation.ts'
import type { FileDiff } from '../../model/plan.ts'
import { stands } from '../../model/secret.ts'
import { masked, type SecretSpan } from '../../model/secret-spans.ts'

export const largestShown = 256 * 1024

/** What stands for a line of which nobody can tell whether it has a secret. */
const hidden = '«this line may have a secret»'

/** The diff of a file with words in place of its secrets. */
export function maskedDiff(
  path: string,
  live: PathFact,
  { data, secrets = [] }: Content,
  facts: Facts,
): FileDiff | undefined {
  if (data.length > largestShown) return { path, omitted: 'too large' }
  if (live.type !== 'file') return shown(path, undefined, data, secrets, new Set())
  // The answer includes the live content only if it differs and is small.
  if (live.content === undefined)
    return live.sizeBytes > largestShown ? { path, omitted: 'too large' } : undefined
  if (live.content === null) return { path, omitted: 'binary' }
  const spans = spansOf(path, live.sha256, facts)
  const before =
    spans === undefined ? byLine(live.content, data, secrets) : bySpans(live.content, spans, data, secrets)
  return shown(path, before.text, data, secrets, before.changed)
}

/** The diff of a file by a part of it that has secrets: the lines of the part with words for them, all else as it is. */
export function maskedPartDiff(
  { path, part }: Extract<Operation, { op: 'edit' }>,
  { data, secrets = [] }: Content,
  live: PathFact,
): FileDiff | undefined {
  const text = live.type === 'file' ? live.content : ''
  if (typeof text !== 'string') return undefined
  const inside = partIn(text, part)
  if ('problem' in inside) return undefined
  const old = inside.found === undefined ? undefined : byLine(inside.found, data, secrets)
  const words = ({ name }: SecretSpan) => stands(old?.changed.has(name) ? `${name}, changed` : name)
  const around = (inner: string | undefined): string => {
    const edited = editText(text, part, inner)
    return 'text' in edited ? edited.text : ''
  }
  const after = around(masked(data, secrets, words))
  const shownTexts = live.type === 'file' ? { before: around(old?.text), after } : { after }
  return { path, shown: shownTexts, masked: true }
}

/** The diff of two texts, of which nobody knows where secrets were in the old one. */
export function maskedTexts(
  path: string,
  live: string | undefined,
  data: string,
  secrets: readonly SecretSpan[],
): FileDiff {
  if (live === undefined) return shown(path, undefined, data, secrets, new Set())
  const before = byLine(live, data, secrets)
  return shown(path, before.text, data, secrets, before.changed)
}

interface Before {
  readonly text: string
  /** The secrets whose old value is another one. */
  readonly changed: ReadonlySet<string>
}

function shown(
  path: string,
  before: string | undefined,
  data: string,
  secrets: readonly SecretSpan[],
  changed: ReadonlySet<string>,
): FileDiff {
  const words = ({ name }: SecretSpan) => stands(changed.has(name) ? `${name}, changed` : name)
  const after = masked(data, secrets, words)
  return { path, shown: before === undefined ? { after } : { before, after }, masked: true }
}

/** Where secrets are in the live file, if it is as an apply has left it. */
function spansOf(path: string, sha256: string, { state }: Facts): readonly SecretSpan[] | undefined {
  const owner = state?.manifest.find(({ secrets }) => secrets?.[path] !== undefined)
  return owner?.paths[path]?.endsWith(` ${sha256}`) === true ? owner.secrets?.[path] : undefined
}

function bySpans(
  live: string,
  spans: readonly SecretSpan[],
  data: string,
  secrets: readonly SecretSpan[],
): Before {
  const values = new Map<string, Set<string>>()
  const text = masked(live, spans, ({ name }, value) => {
    values.set(name, (values.get(name) ?? new Set()).add(value))
    return stands(name)
  })
  const changed = secrets.filter(({ name, at, length }) => {
    const known = values.get(name)
    return known !== undefined && !known.has(data.slice(at, at + length))
  })
  return { text, changed: new Set(changed.map(({ name }) => name)) }
}

/** A line of the new text that has secrets. */
interface Pattern {
  readonly pieces: readonly string[]
  readonly spans: readonly SecretSpan[]
  readonly matches: RegExp
}

/** A line is shown if it has nothing that the new text does not have outside of its secrets. */
function byLine(live: string, data: string, secrets: readonly SecretSpan[]): Before {
  const mark = '\0'
  const plain = new Set<string>()
  const patterns: Pattern[] = []
  let next = 0
  for (const line of masked(data, secrets, () => mark).split('\n')) {
    const pieces = line.split(mark)
    const spans = secrets.slice(next, next + pieces.length - 1)
    next += spans.length
    if (spans.length === 0) plain.add(line)
    else patterns.push({ pieces, spans, matches: new RegExp(`^${pieces.map(escaped).join('(.*)')}$`) })
  }
  const changed = new Set<string>()
  const lines = live.split('\n').map((line) => {
    if (plain.has(line)) return line
    for (const { pieces, spans, matches } of patterns) {
      const [whole, ...values] = matches.exec(line) ?? []
      if (whole === undefined) continue
      for (const [index, { name, at, length }] of spans.entries())
        if (values[index] !== data.slice(at, at + length)) changed.add(name)
      const words = spans.map(({ name }) => stands(name))
      return pieces.map((piece, index) => piece + (words[index] ?? '')).join('')
    }
    return hidden
  })
  return { text: lines.join('\n'), changed }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
