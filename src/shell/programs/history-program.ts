import { Type } from 'typebox'
import {
  Generation,
  type HostHistory,
  type KeptGeneration,
  type ManifestEntry,
  Undo,
} from '../../model/manifest.ts'
import { answerCheck } from '../answers/answer-check.ts'
import { AnswerError, AnswerReader } from '../answers/answer-reader.ts'
import { parseManifest } from '../answers/parse-manifest.ts'
import type { HostLibrary } from '../library.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

const isGeneration = answerCheck(Generation)
const isUndo = answerCheck(Type.Array(Undo))

/** The program that tells what the generations after a number were (0: all), how to take them back, and who holds. */
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

/** Reads what the history program printed. */
export function parseHistory(output: Uint8Array): HostHistory {
  const reader = new AnswerReader(output)
  if (reader.expect('converge') !== '1') throw new AnswerError('another version of the host program answered')
  const generations: KeptGeneration[] = []
  while (reader.next('generation')) {
    reader.expect('generation')
    const about = parseJson(reader.line(), isGeneration)
    const revert = parseJson(reader.line(), isUndo)
    const lines = reader.linesUntil('end of manifest').filter((line) => line !== '')
    const manifest: readonly ManifestEntry[] = lines.length === 0 ? [] : parseManifest(lines)
    generations.push({ ...about, revert, manifest })
  }
  const held = reader.next('held') ? reader.expect('held') : undefined
  reader.expect('end')
  return {
    generations: generations.toSorted((a, b) => b.number - a.number),
    ...(held === undefined ? {} : { held }),
  }
}

function parseJson<T>(line: string, isRight: (value: unknown) => value is T): T {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new AnswerError(`a generation is damaged: ${line.slice(0, 60)} (${String(cause)})`)
  }
  if (isRight(value)) return value
  throw new AnswerError(`this is not a generation: ${line.slice(0, 60)}`)
}
