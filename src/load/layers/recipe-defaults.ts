import type { JsonSchema } from '../../model/schema.ts'
import { isList, isMap, mapWith, NO_VALUES, toValue, type Value, type ValueMap } from '../../model/value.ts'
import { isSchema } from '../../validation/json-schema.ts'
import { mergeMaps } from './layers.ts'

/** The `default`s of a schema, nested ones in their place; without optional objects that these would not complete. */
export function recipeDefaults(schema: JsonSchema): ValueMap {
  const value = defaultOf(schema)
  return isMap(value) ? value : NO_VALUES
}

/** Adds the nested defaults that depend on the given value. Returns the same object if there is nothing to add. */
export function fillDefaults(schema: JsonSchema, value: Value): Value {
  return fill(schema, value, true)
}

function defaultOf(schema: JsonSchema): Value | undefined {
  const own = 'default' in schema ? toValue(schema.default) : undefined
  if (!isSchema(schema.properties) || (own !== undefined && !isMap(own))) return own
  const below: Record<string, Value> = Object.create(null)
  for (const key of Object.keys(schema.properties)) {
    const value = propertyDefault(schema, key)
    if (value !== undefined) below[key] = value
  }
  if (own === undefined && Object.keys(below).length === 0) return undefined
  return own === undefined ? Object.freeze(below) : mergeMaps(Object.freeze(below), own)
}

/** The default of one property of an object. */
function propertyDefault({ properties, required }: JsonSchema, key: string): Value | undefined {
  const property = isSchema(properties) ? properties[key] : undefined
  const value = isSchema(property) ? defaultOf(property) : undefined
  const isRequired = Array.isArray(required) && required.includes(key)
  return value !== undefined && isSchema(property) && (isRequired || isWhole(property, value))
    ? value
    : undefined
}

/** Whether a default has everything that its schema requires. */
function isWhole({ required }: JsonSchema, value: Value): boolean {
  if (!isMap(value) || !Array.isArray(required)) return true
  return required.every((key) => typeof key === 'string' && Object.hasOwn(value, key))
}

/** `covered`: the defaults layer already applied here, so what is missing was removed on purpose. */
function fill(schema: JsonSchema, value: Value, covered: boolean): Value {
  if (isList(value)) return fillList(schema, value)
  if (!isMap(value)) return value
  const added: Record<string, Value> = Object.create(null)
  const defaults = covered ? undefined : defaultOf(schema)
  if (isMap(defaults)) {
    for (const [key, element] of Object.entries(defaults))
      if (!Object.hasOwn(value, key)) added[key] = element
  }
  for (const [key, element] of Object.entries(value)) {
    const own = isSchema(schema.properties) && Object.hasOwn(schema.properties, key)
    const below = own && isSchema(schema.properties) ? schema.properties[key] : otherProperty(schema, key)
    if (!isSchema(below)) continue
    const filled = fill(below, element, covered && own && propertyDefault(schema, key) !== undefined)
    if (filled !== element) added[key] = filled
  }
  if (Object.keys(added).length === 0) return value
  return mapWith(value, added)
}

/** The schema of a key that is not a property: `Type.Record` has a pattern for it. */
function otherProperty({ patternProperties, additionalProperties }: JsonSchema, key: string): unknown {
  const patterns = isSchema(patternProperties) ? Object.entries(patternProperties) : []
  const [, matching] = patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key)) ?? []
  return matching ?? additionalProperties
}

function fillList({ items }: JsonSchema, list: readonly Value[]): readonly Value[] {
  if (!isSchema(items)) return list
  const filled = list.map((element) => fill(items, element, false))
  return filled.some((element, index) => element !== list[index]) ? Object.freeze(filled) : list
}
