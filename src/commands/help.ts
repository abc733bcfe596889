import { readAsset } from '../load/recipes/read-asset.ts'
import { codeHelp, explainedCodes } from '../report/text/code-help.ts'
import { nearest, nearestHint } from '../validation/nearest.ts'
import { usageError } from './cli/usage-error.ts'
import type { ExitCode, Io } from './io/io.ts'

/** `converge help CODE`: what docs/errors.md says of the code of a message. Throws a SpecError for a word that is no code. */
export function help(word: string, commands: readonly string[], io: Io): ExitCode {
  const document = readAsset('docs/errors.md')
  const code = word.replace(/^\[(.*)\]$/, '$1')
  const text = codeHelp(document, code)
  if (text !== undefined) {
    io.stdout.write(text)
    return 0
  }
  const meant = nearest(code, [...commands, ...explainedCodes(document)])
  throw usageError(
    `there is no command and no code "${code}"`,
    meant === undefined ? nearestHint(code, commands, '') : `did you mean ${meant}?`,
  )
}
