import type { Mistake, Problem } from '../model/diagnostic.ts'

/** A mistake within a value, at a path or in a line of a text. */
export type FormatMistake = Mistake & Pick<Problem, 'path' | 'line'>

/** A value that a format cannot represent. The message has every mistake with its hint, one per line. */
export class FormatError extends Error {
  readonly mistakes: readonly FormatMistake[]

  constructor(mistakes: readonly FormatMistake[]) {
    super(mistakes.map(({ message, hint }) => [message, hint].filter(Boolean).join('; ')).join('\n'))
    this.name = 'FormatError'
    this.mistakes = mistakes
  }
}
