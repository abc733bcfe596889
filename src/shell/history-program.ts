import type { Applied, Generation, KeptGeneration, Reverting } from '../model/manifest.ts'
import { AnswerError, AnswerReader } from './answer-reader.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'
import type { HostLibrary } from './library.ts'
import { parseManifest } from './parse-manifest.ts'

/** The program that tells what the generations after a number were (0: all), with how to take them back. */
export function historyProgram(after: number, place: StatePlace, library: HostLibrary): string {
  return `{
${library.inspect}
${placeSettings(place)}
say 'converge 1'
inspect_history ${after}
say end
} </dev/null
`
}

/** Reads what the history program printed, newest generation first. */
export function parseHistory(output: Uint8Array): readonly KeptGeneration[] {
  const reader = new AnswerReader(output)
  if (reader.expect('converge') !== '1') throw new AnswerError('another version of the host program answered')
  const generations: KeptGeneration[] = []
  while (reader.next('generation')) {
    reader.expect('generation')
    const about: Generation = parseJson(reader.line())
    const revert: readonly Reverting[] = parseJson(reader.line())
    const lines = reader.linesUntil('end of manifest').filter((line) => line !== '')
    const manifest: readonly Applied[] = lines.length === 0 ? [] : parseManifest(lines)
    generations.push({ ...about, revert, manifest })
  }
  reader.expect('end')
  return generations.toSorted((a, b) => b.number - a.number)
}

function parseJson<T>(line: string): T {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new AnswerError(`a generation is damaged: ${line.slice(0, 60)} (${String(cause)})`)
  }
}
