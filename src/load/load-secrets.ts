import type { Position, Problem } from '../model/diagnostic.ts'
import { SpecError } from '../model/errors.ts'
import type { Path } from '../model/path.ts'
import { secretKeyPattern } from '../model/secret-need.ts'
import {
  followed,
  mistakesIn,
  type SecretsFile,
  secretsOf,
  secretsSchema,
  type WrittenSecrets,
} from '../secrets/secrets-file.ts'
import { createValidator } from '../validation/validator.ts'
import { readText } from './files/read-text.ts'
import { createProblems } from './problems.ts'
import type { Part } from './yaml/document.ts'
import { parseSpec } from './yaml/parse.ts'

/** A valid secrets.yaml. */
export interface LoadedSecrets extends SecretsFile {
  readonly file: string
  readonly text: string
  locate(path: Path, part: Part): Position | undefined
}

/** Reads and checks secrets.yaml. Throws a SpecError with all mistakes and their places. */
export async function loadSecrets(file: string): Promise<LoadedSecrets> {
  return parseSecrets(file, await readText(file, 'run `converge secrets init`'))
}

/** Checks the text of a secrets.yaml. Throws a SpecError with all mistakes and their places. */
export function parseSecrets(file: string, text: string): LoadedSecrets {
  const { document, problems: found } = parseSpec({ file, text, what: 'secrets' })
  const problems = createProblems()
  // Somebody may have written a value as plain text.
  const error = (problem: Problem) => problems.error({ ...problem, isPrivate: true })
  found.forEach(error)
  if (document === undefined) throw new SpecError(problems.errors)
  const result = createValidator<WrittenSecrets>(secretsSchema, 'the file')(document.data, document.source)
  if (!result.ok) {
    for (const { message, path, part, ...mistake } of result.mistakes)
      error({ ...mistake, path, message: withoutValue(message), position: document.locate(path, part) })
    throw new SpecError(problems.errors)
  }
  const secrets = secretsOf(result.value)
  const following = followed(secrets.secrets)
  for (const [key, entry] of secrets.secrets) {
    const report = (path: Path, message: string, hint?: string) =>
      error({
        code: 'invalid-secret',
        path: ['secrets', ...path],
        message,
        hint,
        position: document.locate(['secrets', ...path], path.length > 1 ? 'value' : 'key'),
      })
    if (!new RegExp(secretKeyPattern).test(key)) {
      const hint = 'use words of letters, digits, dots, hyphens and underscores, with / between them'
      report([key], `${key} cannot be the key of a secret`, hint)
    }
    for (const { member, message, hint } of mistakesIn(key, entry, secrets.secrets, following))
      report(member === undefined ? [key] : [key, member], `${key}: ${message}`, hint)
  }
  if (problems.errors.length > 0) throw new SpecError(problems.errors)
  return { ...secrets, file, text, locate: document.locate }
}

function withoutValue(message: string): string {
  return message.replace(/, not .*$/s, '')
}
