import { createHash } from 'node:crypto'
import type { PathFact } from '../../model/facts.ts'
import { textOf } from '../../model/text-of.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError, type AnswerReader, integer } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'
import { type TreeAccounts, treeOwners } from './tree-accounts.ts'

/** Paths per stat: far below any ARG_MAX, and short lists keep dash fast. */
const pathsPerBatch = 100

/** What is at a path. */
export const paths: ProbeKind<ProbeOf<'path'>, PathFact> = {
  probe: 'path',
  subject: ({ path }) => path,
  ask: (probes) =>
    batches(probes).map(
      (batch) => `inspect_paths ${commandLine(batch.flatMap((probe) => [probe.path, wantedOf(probe)]))}`,
    ),
  read(reader, probes, tree) {
    const facts = emptyMap<PathFact>()
    for (const batch of batches(probes)) {
      const found = readBatch(reader, batch, tree)
      for (const [index, { path }] of batch.entries()) facts[path] = found[index] ?? { type: 'absent' }
    }
    return facts
  },
  // One content with its lines.
  outputBytes: 264 * 1024,
}

/** What is listed is never a file, of which the content would be asked for. */
function wantedOf({ sha256 = '-', entries }: ProbeOf<'path'>): string {
  return entries === true ? 'entries' : sha256
}

function batches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / pathsPerBatch) }, (_, index) =>
    all.slice(index * pathsPerBatch, (index + 1) * pathsPerBatch),
  )
}

const changedMeanwhile = 'files appeared or disappeared while the host was inspected; run converge again'

function readBatch(
  reader: AnswerReader,
  batch: readonly ProbeOf<'path'>[],
  tree: TreeAccounts | undefined,
): PathFact[] {
  const count = batch.length
  const kinds = reader.expect('kinds').split(' ')
  if (kinds.length !== count) throw new AnswerError(`asked for ${count} paths, got ${kinds.length}`)
  const places = readPlaces(reader)
  const existing = kinds.filter((kind) => !isAbsent(kind))
  if (existing.length === 0) return kinds.map((kind, index) => ({ ...absentBelow(kind), ...places[index] }))
  reader.expect('stats')
  const stats = existing.map(() => readStat(reader.line(), tree))
  const targets = existing.filter((kind) => kind === 'l').map(() => readTarget(reader))
  const asked = kinds.filter((kind, index) => kind === 'd' && batch[index]?.entries === true)
  const lists = asked.map(() => readEntries(reader))
  const sums = readSums(reader, existing.filter((kind) => kind === 'f' || kind === 'm').length)
  return kinds.map((kind, index): PathFact => {
    if (isAbsent(kind)) return { ...absentBelow(kind), ...places[index] }
    const stat = stats.shift()
    if (stat === undefined) throw new AnswerError(changedMeanwhile)
    const { sizeBytes, ...owner } = stat
    const owned = { ...owner, ...places[index] }
    switch (kind) {
      case 'l': {
        // A target that is not UTF-8 cannot be represented, so no plan may rely on it.
        const target = targets.shift() ?? null
        return target === null ? { type: 'other', ...owned } : { type: 'link', target, ...owned }
      }
      case 'd':
        return { type: 'directory', ...owned, ...(batch[index]?.entries && { entries: lists.shift() ?? [] }) }
      case 'f':
      case 'm': {
        const sum = sums.shift()
        if (sum === undefined) throw new AnswerError(changedMeanwhile)
        return { type: 'file', sizeBytes, ...sum, ...(kind === 'm' && { isMount: true }), ...owned }
      }
      default:
        return { type: 'other', ...owned }
    }
  })
}

function isAbsent(kind: string): boolean {
  return kind === 'x' || kind === 'n' || kind.startsWith('-')
}

function absentBelow(kind: string): PathFact {
  if (kind === 'x') return { type: 'absent', blockedBy: 'other' }
  if (kind === 'n') return { type: 'absent', blockedBy: 'link' }
  return kind === '-' ? { type: 'absent' } : { type: 'absent', missingAbove: integer(kind.slice(1)) }
}

type Placed = Pick<PathFact, 'real' | 'leadsOut' | 'isLedByOthers'>

/** By index: where paths are that have a link above them. */
function readPlaces(reader: AnswerReader): Placed[] {
  const places: Placed[] = []
  while (reader.next('real')) {
    const [index, size, theirs] = reader.expect('real').split(' ')
    const real = textOf(reader.block(integer(size)))
    if (real === null) continue
    const led = theirs === 'theirs' ? ({ real, isLedByOthers: true } as const) : { real }
    places[integer(index)] = real.startsWith('//') ? { leadsOut: true } : led
  }
  return places
}

function readStat(line: string, tree: TreeAccounts | undefined) {
  const match = /^([0-7]+) (\d+) (\d+) (\d+) ([^:]+):([^:]+)$/.exec(line)
  if (match === null) throw new AnswerError(changedMeanwhile)
  const [, mode = '', uid, gid, size, owner = '', group = ''] = match
  const ids = { uid: integer(uid), gid: integer(gid) }
  return {
    mode: mode.padStart(4, '0'),
    ...ids,
    ...(tree === undefined ? { owner, group } : treeOwners(tree, ids)),
    sizeBytes: integer(size),
  }
}

function readEntries(reader: AnswerReader): readonly string[] {
  const names: string[] = []
  while (reader.next('entry')) {
    names.push(textOf(reader.block(integer(reader.expect('entry')))) ?? '\uFFFD')
  }
  reader.expect('entries')
  return names
}

function readTarget(reader: AnswerReader): string | null {
  return textOf(reader.block(integer(reader.expect('link'))))
}

type Sum = Pick<Extract<PathFact, { type: 'file' }>, 'sha256' | 'content' | 'strangers' | 'edits' | 'mounts'>

function readSums(reader: AnswerReader, count: number): Sum[] {
  if (count === 0) return []
  reader.expect('sums')
  if (reader.next('slow'))
    throw new AnswerError(
      reader.expect('slow'),
      'Look at what is there: a pipe, or a file that is too large. In a directory of another user it may have been there for a moment only.',
    )
  const sums = Array.from({ length: count }, (): Sum => {
    const sha256 = /^\\?([0-9a-f]{64})\b/.exec(reader.line())?.[1]
    if (sha256 === undefined) throw new AnswerError(changedMeanwhile)
    return { sha256 }
  })
  for (;;) {
    if (reader.next('contents')) readContents(reader, sums)
    const isContent = reader.next('content')
    if (!isContent && !reader.next('tree')) break
    const [index, size] = reader.expect(isContent ? 'content' : 'tree').split(' ')
    const sum = sums[integer(index)]
    if (sum === undefined) throw new AnswerError('content of a file that was not asked for')
    sums[integer(index)] = {
      ...sum,
      ...(isContent ? { content: textOf(reader.block(integer(size))) } : readTree(reader)),
    }
  }
  return sums
}

/** Of many files one after the other: that each is what its sum says tells that none changed its size meanwhile. */
function readContents(reader: AnswerReader, sums: Sum[]): void {
  const numbers = reader.expect('contents').split(' ').map(integer)
  const sizes = numbers.filter((_, at) => at % 2 === 1)
  const bytes = reader.block(sizes.reduce((total, size) => total + size, 0))
  let start = 0
  for (const [at, size] of sizes.entries()) {
    const index = numbers[2 * at] ?? 0
    const sum = sums[index]
    const content = bytes.subarray(start, start + size)
    if (sum === undefined || createHash('sha256').update(content).digest('hex') !== sum.sha256)
      throw new AnswerError(changedMeanwhile)
    sums[index] = { ...sum, content: textOf(content) }
    start += size
  }
}

function readTree(reader: AnswerReader): Pick<Sum, 'strangers' | 'edits' | 'mounts'> {
  const lines = reader.linesUntil('tree end')
  const inside = (start: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []))
  const mounts = lines.includes('mount .') ? ['.'] : []
  const edits = inside('edit ./')
  return {
    strangers: inside('./'),
    mounts: [...mounts, ...inside('mount ./')],
    ...(edits.length > 0 && { edits }),
  }
}
