import { Type } from 'typebox'
import { Member } from '../../model/manifest.ts'
import { answerCheck } from './answer-check.ts'
import { AnswerError } from './answer-reader.ts'

const isMembers = answerCheck(Type.Array(Member))

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
  throw new AnswerError(`not a valid list of members: ${text.slice(0, 60)}`)
}
