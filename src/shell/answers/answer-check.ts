import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Data } from '../../model/schema.ts'

/**
 * A check of what comes back from a host as JSON: whoever controls the host may have written it. Compiled when it is first
 * needed.
 */
export function answerCheck<Schema extends TSchema>(
  schema: Schema,
): (value: unknown) => value is Data<Schema> {
  let compiled: Validator | undefined
  return (value): value is Data<Schema> => {
    compiled ??= Compile(schema)
    return compiled.Check(value)
  }
}
