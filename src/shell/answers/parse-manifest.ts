import { ManifestEntry, type Member, manifestHeader } from '../../model/manifest.ts'
import { answerCheck } from './answer-check.ts'
import { AnswerError, newerVersion } from './answer-reader.ts'
import { isMembers } from './answer-shapes.ts'

const isManifestEntry = answerCheck(ManifestEntry)

/**
 * Reads a manifest: `set JSON` replaces a resource's entry, `drop RESOURCE` removes it. A newer version is an
 * AnswerError. A torn last line is an entry whose change has not happened: it is ignored.
 */
export function parseManifest(lines: readonly string[]): readonly ManifestEntry[] {
  if (lines[0] !== manifestHeader) throw newerVersion('the manifest', lines[0])
  const entries = new Map<string, ManifestEntry>()
  const last = lines.findLastIndex((line) => line !== '')
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('drop ')) entries.delete(line.slice('drop '.length))
    if (!line.startsWith('set ')) continue
    const entry = parseEntry(line.slice('set '.length), index === last)
    if (entry === undefined) continue
    // An entry moves to the end when it is set again, so that prune goes backwards through what was done.
    entries.delete(entry.resource)
    entries.set(entry.resource, entry)
  }
  return [...entries.values()]
}

function parseEntry(json: string, last: boolean): ManifestEntry | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(json)
  } catch (cause) {
    if (last) return undefined
    throw new AnswerError(`a line of the manifest is damaged: ${json.slice(0, 60)} (${String(cause)})`)
  }
  if (isManifestEntry(entry)) return entry
  throw new AnswerError(`a line of the manifest is not an entry of one: ${json.slice(0, 60)}`)
}

/** Reads the hosts that a host remembers. */
export function parseMembers(lines: readonly string[]): readonly Member[] {
  const text = lines.join('')
  let members: unknown
  try {
    members = JSON.parse(text)
  } catch (cause) {
    throw new AnswerError(`the list of members is damaged: ${text.slice(0, 60)} (${String(cause)})`)
  }
  if (isMembers(members)) return members
  throw new AnswerError(`this is not a list of members: ${text.slice(0, 60)}`)
}
