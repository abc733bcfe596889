/** Something that a format cannot say, or that its reader would not understand. */
export interface FormatProblem {
  readonly message: string
  /** What to do about it. */
  readonly hint: string
}

/** A value that cannot be rendered. The message holds every problem with its hint, one per line. */
export class FormatError extends Error {
  readonly problems: readonly FormatProblem[]

  constructor(problems: readonly FormatProblem[]) {
    super(problems.map((problem) => `${problem.message}; ${problem.hint}`).join('\n'))
    this.name = 'FormatError'
    this.problems = problems
  }
}
