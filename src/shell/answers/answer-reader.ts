/** The host's answer is not the program's output. The caller adds the host. */
export class AnswerError extends Error {
  /** What the user can do, if known. */
  readonly remedy: string | undefined

  constructor(message: string, remedy?: string) {
    super(message)
    this.name = 'AnswerError'
    this.remedy = remedy
  }
}

export function newerVersion(what: string, header: string | undefined): AnswerError {
  return new AnswerError(
    `${what} begins with "${header}": a newer converge wrote it`,
    'Use the version of converge that wrote it, or a newer one.',
  )
}

/** Reads an answer made of lines and counted blocks of bytes. */
export class AnswerReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The next line without its newline; the answer must not end here. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.#position)
    if (end < 0) throw new AnswerError(`the answer is incomplete: ${this.#excerpt()}`)
    const line = this.#bytes.toString('utf8', this.#position, end)
    // A line may become a word of a program, which cannot contain a NUL.
    if (line.includes('\0')) throw new AnswerError(`a line of the answer contains a NUL: ${this.#excerpt()}`)
    this.#position = end + 1
    return line
  }

  /** The next line, which must begin with this word; returns what follows it. */
  expect(word: string): string {
    const line = this.line()
    if (line !== word && !line.startsWith(`${word} `))
      throw new AnswerError(`expected "${word}", got "${line.slice(0, 80)}"`)
    return line.slice(word.length + 1)
  }

  /** Whether the next line begins with this word; nothing is consumed. */
  next(word: string): boolean {
    const end = this.#bytes.indexOf(10, this.#position)
    const line = this.#bytes.toString('utf8', this.#position, end < 0 ? undefined : end)
    return line === word || line.startsWith(`${word} `)
  }

  /** A block of bytes and the newline after it. */
  block(sizeBytes: number): Buffer {
    const end = this.#position + sizeBytes
    if (this.#bytes[end] !== 10) throw new AnswerError('a file changed while it was read')
    const block = this.#bytes.subarray(this.#position, end)
    this.#position = end + 1
    return block
  }

  /** All lines up to the one that equals `last`, which is consumed. */
  linesUntil(last: string): string[] {
    const lines: string[] = []
    for (let line = this.line(); line !== last; line = this.line()) lines.push(line)
    return lines
  }

  #excerpt(): string {
    return JSON.stringify(this.#bytes.toString('utf8', this.#position, this.#position + 80))
  }
}

export function integer(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new AnswerError(`expected a number, got "${text}"`)
  return Number(text)
}
