import { type Static, type TInteger, type TProperties, type TSchema, Type } from 'typebox'
import { given } from '../../model/given.ts'
import { Count, describe, text } from '../../model/schema.ts'

export const count = (description: string) => describe(Count, description)

/** Counts by name, each with what it counts. */
export function counts<Names extends Readonly<Record<string, string>>>(
  descriptions: Names,
): { [Name in keyof Names]: TInteger }
export function counts(descriptions: Readonly<Record<string, string>>): TProperties {
  return Object.fromEntries(Object.entries(descriptions).map(([name, words]) => [name, count(words)]))
}

export const hostName = text('Name of the host.')

/** A reference to a schema in another file or below its `$defs`. */
export function reference<Schema extends TSchema>(to: string, _schema: Schema) {
  return Type.Unsafe<Static<Schema>>({ $ref: to })
}

/** Raised if a document changes in a way that a reader of the old one would misread. */
export const formatVersion = 1

/** A document as a whole. */
export function document<Properties extends TProperties>(
  title: string,
  description: string,
  properties: Properties,
  $defs?: Readonly<Record<string, TSchema>>,
) {
  return Type.Object(
    { formatVersion: Type.Literal(formatVersion, { description: 'Version of this format.' }), ...properties },
    { title, description, additionalProperties: false, ...given({ $defs }) },
  )
}

/** The member that says which command printed the document. */
export const command = <Names extends string[]>(...names: readonly [...Names]) =>
  Type.Enum<Names>(names, { description: 'The command that printed it.' })
