import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Data } from '../../model/schema.ts'

/** A check of JSON from a host, which is untrusted. Compiled on first use. */
export function answerCheck<Schema extends TSchema>(
  schema: Schema,
): (value: unknown) => value is Data<Schema> {
  let compiled: Validator | undefined
  return (value): value is Data<Schema> => {
    compiled ??= Compile(schema)
    return compiled.Check(value)
  }
}
