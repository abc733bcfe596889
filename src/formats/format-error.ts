import type { Mistake } from '../model/diagnostic.ts'

/** A value that a format cannot represent. The message has every mistake with its hint, one per line. */
export class FormatError extends Error {
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ message, hint }) => [message, hint].filter(Boolean).join('; ')).join('\n'))
    this.name = 'FormatError'
    this.mistakes = mistakes
  }
}
