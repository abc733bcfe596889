import { given } from '../../model/given.ts'
import { type ApplyFailure, Generation, rollbackWords } from '../../model/manifest.ts'
import { answerCheck } from './answer-check.ts'
import { AnswerError, type AnswerReader } from './answer-reader.ts'

const isGeneration = answerCheck(Generation)

/** Reads the line that says what an apply did. */
export function readGeneration(reader: AnswerReader): Generation {
  return parseRecord(reader.line(), isGeneration)
}

/** Reads at which change of a generation its apply failed. */
export function readFailure(line: string, { changes }: Generation): ApplyFailure {
  const [, number = '', problem = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? []
  const first = changes[0]?.startsWith(rollbackWords) ? 1 : 0
  return { problem, ...given({ at: /^\d{1,9}$/.test(number) ? changes[first + Number(number)] : undefined }) }
}

/** One line of JSON of a generation. Throws an AnswerError if it is damaged. */
export function parseRecord<T>(line: string, isRight: (value: unknown) => value is T): T {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new AnswerError(`a generation is damaged: ${line.slice(0, 60)} (${String(cause)})`)
  }
  if (isRight(value)) return value
  throw new AnswerError(`not a valid generation record: ${line.slice(0, 60)}`)
}
