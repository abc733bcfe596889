import type { Busy, Facts, HostState } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { type Identity, type ManifestEntry, type Member, madeLine } from '../../model/manifest.ts'
import { AnswerError, type AnswerReader, integer } from '../answers/answer-reader.ts'
import { readFailure, readGeneration } from '../answers/generation.ts'
import { pendingInJournal } from '../answers/journal.ts'
import { parseManifest } from '../answers/parse-manifest.ts'
import { parseMembers } from '../answers/parse-members.ts'
import { readFound } from './found.ts'

/** Reads what earlier applies recorded on the host. `known` are the members that the program was given. */
export function readState(
  reader: AnswerReader,
  known: readonly Member[] | undefined,
): Pick<Facts, 'pending' | 'journal' | 'state'> {
  // Like the host's $(cat ...), which keeps a blank at the end of a torn last line.
  const journal = optionalLines(reader, 'journal')?.join('\n').replace(/\n+$/, '') ?? ''
  const state = readHostState(reader, known)
  return { pending: pendingInJournal(journal), journal, ...given({ state }) }
}

function readHostState(reader: AnswerReader, known: readonly Member[] | undefined): HostState | undefined {
  const lines = optionalLines(reader, 'manifest')
  const manifest = lines === undefined ? [] : parseManifest(lines, readFound(reader))
  const others: { cluster: string; manifest: readonly ManifestEntry[] }[] = []
  while (reader.next('other')) {
    const cluster = reader.expect('other')
    others.push({ cluster, manifest: parseManifest(reader.linesUntil('other end'), readFound(reader)) })
  }
  const generation = reader.next('generation') ? integer(reader.expect('generation')) : undefined
  const failed = reader.next('failed') ? readLastFailure(reader) : undefined
  const rolledBack = reader.next('rollback') ? readRollback(reader) : undefined
  const identities: Identity[] = []
  while (reader.next('identity')) identities.push(parseIdentity(reader.expect('identity')))
  const members = readMembers(reader, known)
  const held = reader.next('held') ? reader.expect('held') : undefined
  if (lines === undefined && others.length === 0 && generation === undefined) return undefined
  return {
    manifest,
    manifestLines: lines?.length ?? 0,
    ...(lines !== undefined && needsRewrite(lines) && { manifestNeedsRewrite: true }),
    others,
    generation: generation ?? 0,
    members,
    ...(identities.length > 0 && { identities }),
    ...given({ failed, held, rolledBack }),
  }
}

function readLastFailure(reader: AnswerReader): HostState['failed'] {
  const line = reader.expect('failed')
  const about = readGeneration(reader)
  const failure = readFailure(line, about)
  const left = failure.at === undefined ? undefined : about.changes.slice(about.changes.indexOf(failure.at))
  return { ...failure, by: about.by, ...given({ left }) }
}

function readRollback(reader: AnswerReader): readonly string[] {
  reader.expect('rollback')
  return readGeneration(reader).changes
}

/** A complete last line ends with a newline, so the answer continues with an empty line. */
function needsRewrite(lines: readonly string[]): boolean {
  return lines.at(-1) !== '' || lines.some((line) => madeLine.test(line))
}

function parseIdentity(line: string): Identity {
  const at = line.indexOf(' ')
  return at === -1 ? { name: line, place: '' } : { name: line.slice(0, at), place: line.slice(at + 1) }
}

function readMembers(reader: AnswerReader, known: readonly Member[] | undefined): readonly Member[] {
  const lines = optionalLines(reader, 'members')
  if (lines !== undefined) return parseMembers(lines)
  if (!reader.next('known-members')) return []
  reader.expect('known-members')
  if (known === undefined) throw new AnswerError('the answer refers to known members, and none were sent')
  return known
}

/** Whether an apply ran during the inspection. */
export function readBusy(reader: AnswerReader): Busy | undefined {
  if (reader.next('applying')) return { busy: 'applying', holder: reader.expect('applying') }
  if (!reader.next('applied')) return undefined
  reader.expect('applied')
  return { busy: 'applied' }
}

function optionalLines(reader: AnswerReader, word: string): string[] | undefined {
  if (!reader.next(word)) return undefined
  reader.expect(word)
  return reader.linesUntil(`${word} end`)
}
