import type { Io } from './io.ts'

/** Prints one document to stdout, indented. */
export function writeJson(io: Io, document: object): void {
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}
