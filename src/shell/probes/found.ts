import { Type } from 'typebox'
import { Probe } from '../../model/probe.ts'
import { answerCheck } from '../answers/answer-check.ts'
import { AnswerError, AnswerReader, integer } from '../answers/answer-reader.ts'
import type { FoundByGeneration } from '../answers/parse-manifest.ts'
import { readAnswers } from './kinds.ts'

const areProbes = answerCheck(Type.Array(Probe))

/** Reads the facts of portable programs before their first change: `found GENERATION SIZE`, probes, answers. */
export function readFound(reader: AnswerReader): FoundByGeneration {
  const found = new Map<number, ReturnType<typeof readAnswers>>()
  while (reader.next('found')) {
    const [generation, sizeBytes] = reader.expect('found').split(' ')
    const answers = new AnswerReader(reader.block(integer(sizeBytes)))
    found.set(integer(generation), readAnswers(answers, probesIn(answers.line())))
  }
  return found
}

function probesIn(line: string): readonly Probe[] {
  try {
    const probes: unknown = JSON.parse(line)
    if (areProbes(probes)) return probes
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new AnswerError(`the recorded probes of a portable program are damaged: ${line.slice(0, 60)}`)
}
