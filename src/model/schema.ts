import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'

/** A JSON Schema, as data. */
export type JsonSchema = { readonly [key: string]: unknown }

/** The type of the data that a schema describes, read-only all the way down. */
export type Data<Schema extends TSchema> = Frozen<Static<Schema>>

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T

// Answers of hosts are checked against these, too: their texts may become words of a shell program, which cannot
// contain a NUL, and their paths must have no `..`. A description of user input completes `x must be ...`; after a
// semicolon it may say more, for editors.

/** Text that can be a word of a shell program. */
export const Text = Type.String({ pattern: '^[^\\u0000]*$' })

/** Non-empty text that can be a word of a shell program. */
export const FilledText = Type.String({ pattern: '^[^\\u0000]+$' })

export const ShellCommand = Type.String({
  pattern: '^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$',
  description: 'a shell command',
})

/** A map with values of one type. */
export const mapOf = <Value extends TSchema>(value: Value) =>
  Type.Record(Type.String({ pattern: '^[^\\u0000]*$' }), value, { additionalProperties: false })

/** An absolute path on a host without `..`. */
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

/** A member that may be absent. */
export function optional<Schema extends TSchema>(schema: Schema, description: string) {
  return Type.Optional(describe(schema, description))
}

/** A yes or no that may be absent. */
export const flag = (description: string) => optional(Type.Boolean(), description)

/** A number in a spec. */
export const wholeNumber = (minimum: number, use: string) =>
  Type.Integer({ minimum, description: `a whole number from ${minimum}; ${use}` })

/** An object with no other members. */
export function closed<Properties extends TProperties>(
  description: string,
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { description, additionalProperties: false })
}

export const text = (description: string) => Type.String({ description })

export const list = <Item extends TSchema>(description: string, item: Item) =>
  Type.Array(item, { description })
