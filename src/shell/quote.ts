import { InternalError } from '../model/errors.ts'

/** The text as one word of POSIX sh. A NUL is an InternalError. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new InternalError('a NUL character cannot be part of a shell word')
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Words joined to one command line. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ')
}
