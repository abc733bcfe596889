import { bytesOf } from '../model/bytes-of.ts'
import type { CatalogEntry } from '../model/resource.ts'
import { supposedFacts } from '../model/supposed-facts.ts'
import { textOf } from '../model/text-of.ts'
import { isMap, toValue, type Value } from '../model/value.ts'
import { pathOf, rulesOf } from '../operations/index.ts'

/** A file that a resource makes, or its properties, line by line. */
export interface Output {
  readonly entry: CatalogEntry
  /** Where the file is; absent for the properties. */
  readonly path?: string
  readonly isSensitive: boolean
  readonly lines: readonly string[]
}

/** By resource and path. */
export type Outputs = ReadonlyMap<string, Output>

/** Everything that the entries of a catalog make. */
export function outputsOf(entries: readonly CatalogEntry[]): Outputs {
  const outputs = entries.flatMap((entry) => [propertiesOf(entry), ...filesOf(entry)])
  return new Map(outputs.map((output) => [keyOf(output), output]))
}

export function keyOf({ entry, path = '' }: Pick<Output, 'entry' | 'path'>): string {
  return `${entry.resource.id} ${path}`
}

function filesOf(entry: CatalogEntry): readonly Output[] {
  const { resource } = entry
  return resource.steps(supposedFacts(resource.probes, 'inactive')).flatMap(({ operation }): Output[] => {
    const node = rulesOf(operation).node(operation)
    const path = pathOf(operation)
    if (node?.type !== 'file' || path === undefined) return []
    const { content } = node
    const text = content.encoding === 'file' ? null : textOf(bytesOf(content))
    const lines = (text ?? content.sha256).replace(/\n$/, '').split('\n')
    return [{ entry, path, isSensitive: node.sensitive || resource.isSensitive, lines }]
  })
}

const contents = new Set(['content', 'contentBase64', 'dropIns', 'largeFile'])

/** `mode: 0644`, one property a line; contents are files of their own. */
function propertiesOf(entry: CatalogEntry): Output {
  const { desired, relations, isSensitive } = entry.resource
  const described = { ...desired, ...relations }
  const lines = Object.entries(described).flatMap(([name, value]) =>
    contents.has(name) ? [] : describe(name, identified(value)),
  )
  return { entry, isSensitive, lines }
}

/** Other resources by their identities. */
function identified(value: unknown): Value | undefined {
  if (Array.isArray(value)) return value.map((one) => identified(one) ?? null)
  if (typeof value !== 'object' || value === null) return toValue(value)
  if ('id' in value && ('steps' in value || 'parts' in value)) return String(value.id)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, identified(one) ?? null]))
}

function describe(name: string, value: Value | undefined): readonly string[] {
  if (value === undefined) return []
  if (isMap(value)) return Object.entries(value).flatMap(([key, below]) => describe(`${name}.${key}`, below))
  return [`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`]
}
