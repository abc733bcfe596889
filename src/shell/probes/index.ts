import type { Busy, Facts } from '../../model/facts.ts'
import { AnswerReader } from '../answers/answer-reader.ts'
import { type Questions, readAnswers } from './kinds.ts'
import { readBusy, readState } from './state.ts'

export { collectQuestions, costOf, type Questions, questionLines } from './kinds.ts'

/** Reads the output of an inspect program with these questions. An unreadable answer is an AnswerError. */
export function readAnswer(output: Uint8Array, { probes, members }: Questions): Facts | Busy {
  const reader = new AnswerReader(output)
  const answers = readAnswers(reader, probes)
  const state = readState(reader, members?.members)
  const busy = readBusy(reader)
  reader.expect('end')
  return busy ?? { ...answers, ...state }
}
