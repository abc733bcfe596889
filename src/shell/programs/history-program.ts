import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { type HostHistory, type KeptGeneration, type ManifestEntry, Undo } from '../../model/manifest.ts'
import { inPlaceOf, type Kind } from '../../operations/index.ts'
import { lastingOf, undoOf } from '../../record/undo-of.ts'
import { answerCheck } from '../answers/answer-check.ts'
import { AnswerError, AnswerReader, integer } from '../answers/answer-reader.ts'
import { parseRecord, readFailure, readGeneration } from '../answers/generation.ts'
import { type FoundByGeneration, parseManifest } from '../answers/parse-manifest.ts'
import type { HostLibrary } from '../library.ts'
import { readFound } from '../probes/found.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

const isUndo = answerCheck(Type.Array(Undo))
/** The steps of a portable program, which records those that it did. */
const isSteps = answerCheck(Type.Object({ steps: Type.Array(Undo) }))

/** A step that was done: its number, and what it took the place of. */
const doneStep = /^(?<number>\d+)(:(?<kind>\w+))?$/

function isKind(word: string | undefined): word is Kind {
  return ['file', 'link', 'directory', 'tree'].includes(word ?? '')
}

/** The program that prints the generations after a number (0: all) with their undo, and the hold. */
export function historyProgram(after: number, place: StatePlace, library: HostLibrary): string {
  return `{
${library.inspect}
${placeSettings(place)}
say 'converge 1'
inspect_history ${after}
inspect_held
say end
} </dev/null
`
}

export function parseHistory(output: Uint8Array): HostHistory {
  const reader = new AnswerReader(output)
  if (reader.expect('converge') !== '1') throw new AnswerError('another version of the host program answered')
  const found = readFound(reader)
  const generations: KeptGeneration[] = []
  while (reader.next('generation')) {
    reader.expect('generation')
    const about = readGeneration(reader)
    const undo = parseRecord(reader.line(), isUndoOrSteps)
    const done = reader.next('done') ? reader.expect('done').trim().split(' ') : []
    const failed = reader.next('failed') ? readFailure(reader.expect('failed'), about) : undefined
    const undone = 'steps' in undo ? undoOfSteps(undo.steps, done, found, about.number) : { revert: undo }
    const lines = reader.linesUntil('end of manifest').filter((line) => line !== '')
    const manifest: readonly ManifestEntry[] = lines.length === 0 ? [] : parseManifest(lines, found)
    generations.push({ ...about, ...undone, manifest, ...given({ failed }) })
  }
  const held = reader.next('held') ? reader.expect('held') : undefined
  reader.expect('end')
  return {
    generations: generations.toSorted((a, b) => b.number - a.number),
    ...(held === undefined ? {} : { held }),
  }
}

function isUndoOrSteps(value: unknown): value is readonly Undo[] | { readonly steps: readonly Undo[] } {
  return isUndo(value) || isSteps(value)
}

function undoOfSteps(
  steps: readonly Undo[],
  done: readonly string[],
  found: FoundByGeneration,
  generation: number,
): Pick<KeptGeneration, 'revert' | 'lasting'> {
  const facts = found.get(generation)
  if (done.length === 0) return { revert: [] }
  if (facts === undefined)
    throw new AnswerError(`the facts of generation ${generation} are missing on the host`)
  const were = done.flatMap((word) => {
    const { number = '', kind } = doneStep.exec(word)?.groups ?? {}
    const [index, step] = [integer(number), steps[integer(number)]]
    if (step === undefined) return []
    return [{ ...step, index, ...(isKind(kind) && { operation: inPlaceOf(step.operation, kind) }) }]
  })
  return { revert: undoOf(were, facts, generation), ...given({ lasting: lastingOf(were, facts) }) }
}
