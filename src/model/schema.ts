import { type Static, type TSchema, Type } from 'typebox'

/** The type of the data that a schema describes, read-only all the way down. */
export type Data<Schema extends TSchema> = Frozen<Static<Schema>>

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T

/** Text that may become a word of a shell program, which cannot hold a NUL. */
export const Text = Type.String({ pattern: '^[^\\u0000]*$' })

/** A map from any text to values of one kind. */
export const mapOf = <Value extends TSchema>(value: Value) =>
  Type.Record(Type.String({ pattern: '^[^\\u0000]*$' }), value, { additionalProperties: false })
