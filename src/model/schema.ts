import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'

/** A JSON Schema, as data. */
export type JsonSchema = { readonly [key: string]: unknown }

/** The type of the data that a schema describes, read-only all the way down. */
export type Data<Schema extends TSchema> = Frozen<Static<Schema>>

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T

// What a host answers is checked against these too. Its words may become words of a shell program, which cannot hold a
// NUL, and its paths must not lead out of where they seem to be.
// A description of what users write begins with what completes the sentence `x must be ...` of a message; after a
// semicolon it may say more, for editors.

/** Text that may become a word of a shell program. */
export const Text = Type.String({ pattern: '^[^\\u0000]*$' })

/** Such text that is not empty. */
export const FilledText = Type.String({ pattern: '^[^\\u0000]+$' })

export const ShellCommand = Type.String({
  pattern: '^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$',
  description: 'a shell command',
})

/** A map from any text to values of one kind. */
export const mapOf = <Value extends TSchema>(value: Value) =>
  Type.Record(Type.String({ pattern: '^[^\\u0000]*$' }), value, { additionalProperties: false })

/** An absolute path on a host that no `..` leads out of where it seems to be. */
const hostPath = { pattern: '^(?![^\\u0000]*/\\.\\.(?:/|$))/[^\\u0000]*$' }
export const HostPath = Type.String({ ...hostPath, description: 'an absolute path without `..`' })
/** The same as the key of a map. */
export const HostPathKey = Type.String(hostPath)

export const Checksum = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 in lower-case hex.',
})

export const Count = Type.Integer({ minimum: 0 })

export function describe<Schema extends TSchema>(schema: Schema, description: string): Schema {
  return { ...schema, description }
}

/** An object that has no members but these. */
export function closed<Properties extends TProperties>(
  description: string,
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { description, additionalProperties: false })
}

export const text = (description: string) => Type.String({ description })

export const list = <Item extends TSchema>(description: string, item: Item) =>
  Type.Array(item, { description })
