import type { Answers, Facts } from '../../model/facts.ts'
import { Made, ManifestEntry, madeLine, manifestHeader } from '../../model/manifest.ts'
import { entryAfter } from '../../record/manifest-entry.ts'
import { answerCheck } from './answer-check.ts'
import { AnswerError, newerVersion } from './answer-reader.ts'

const isManifestEntry = answerCheck(ManifestEntry)
const isMade = answerCheck(Made)

/** What was found on the host before the first change of a generation that a portable program made. */
export type FoundByGeneration = ReadonlyMap<number, Answers & Pick<Facts, 'platform'>>

/**
 * Reads a manifest: `set JSON` replaces a resource's entry, `made GENERATION JSON` and `seen GENERATION JSON` do so
 * without a controller, and `drop JSON` removes it. A newer version is an AnswerError. A torn last line is ignored:
 * its change has not happened.
 */
export function parseManifest(
  lines: readonly string[],
  found: FoundByGeneration = new Map(),
): readonly ManifestEntry[] {
  if (lines[0] !== manifestHeader) throw newerVersion('the manifest', lines[0])
  const entries = new Map<string, ManifestEntry>()
  const owners = new Map<string, string>()
  const ownerOf = (path: string): ManifestEntry | undefined => entries.get(owners.get(path) ?? '')
  const last = lines.findLastIndex((line) => line !== '')
  for (const [index, line] of lines.entries()) {
    const dropped = droppedBy(line, index === last)
    if (dropped !== undefined) entries.delete(dropped)
    const entry = parseLine(line, { isLast: index === last, entries, ownerOf, found })
    if (entry === undefined) continue
    // An entry moves to the end when it is set again, so that prune undoes the newest first.
    entries.delete(entry.resource)
    entries.set(entry.resource, entry)
    for (const path of Object.keys(entry.paths)) owners.set(path, entry.resource)
  }
  return [...entries.values()]
}

/** The identity on a `drop` line; earlier versions wrote it as it is. */
function droppedBy(line: string, isLast: boolean): string | undefined {
  if (!line.startsWith('drop ')) return undefined
  const word = line.slice('drop '.length)
  return word.startsWith('"') ? parseEntry(word, isLast, (id) => typeof id === 'string') : word
}

interface Before {
  readonly isLast: boolean
  readonly entries: ReadonlyMap<string, ManifestEntry>
  ownerOf(path: string): ManifestEntry | undefined
  readonly found: FoundByGeneration
}

/** Undefined for a line that sets nothing. */
function parseLine(line: string, { isLast, entries, ownerOf, found }: Before): ManifestEntry | undefined {
  if (line.startsWith('set ')) return parseEntry(line.slice('set '.length), isLast, isManifestEntry)
  const [, verb, generation, json] = madeLine.exec(line) ?? []
  const made = json === undefined ? undefined : parseEntry(json, isLast, isMade)
  if (made === undefined) return undefined
  const facts = found.get(Number(generation))
  if (facts === undefined)
    throw new AnswerError(`the facts of generation ${generation} are missing on the host`)
  return entryAfter({
    made,
    done: verb === 'made' ? made.operations : [],
    facts,
    last: entries.get(made.resource),
    ownerOf,
    others: [...entries.values()],
    leaving: [],
  })
}

function parseEntry<Entry>(
  json: string,
  isLast: boolean,
  isRight: (value: unknown) => value is Entry,
): Entry | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(json)
  } catch (cause) {
    if (isLast) return undefined
    throw new AnswerError(`a line of the manifest is damaged: ${json.slice(0, 60)} (${String(cause)})`)
  }
  if (isRight(entry)) return entry
  throw new AnswerError(`a line of the manifest is not a valid entry: ${json.slice(0, 60)}`)
}
