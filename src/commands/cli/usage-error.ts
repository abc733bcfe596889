import { SpecError } from '../../model/errors.ts'

/** A mistake on the command line, or in what it points to; exit code 3. */
export function usageError(message: string, hint?: string): SpecError {
  return new SpecError([{ code: 'usage', message, hint }])
}
