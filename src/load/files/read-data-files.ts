import { dirname, join } from 'node:path'
import type { Problem } from '../../model/diagnostic.ts'
import { SpecError } from '../../model/errors.ts'
import { isMap, type Value } from '../../model/value.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { createValidator } from '../../validation/validator.ts'
import { dataSchema, inventorySchema } from '../schema/cluster-schema.ts'
import { childOf, type Document } from '../yaml/document.ts'
import { parseData } from '../yaml/parse.ts'
import { readText } from './read-text.ts'
import { fileWithin } from './read-within.ts'

/** The sections of a spec that name files, and stand for what these contain. */
export const dataSections: readonly string[] = ['data', 'inventory']

/** A file that a spec names, and where its content belongs. */
interface DataFile {
  readonly path: string
  readonly at: readonly string[]
  readonly named: readonly string[]
  readonly pick?: (data: Value) => Value
}

/** Reads the files of `data` and `inventory`: documents that have their contents in place of their names. */
export async function readDataFiles(
  document: Document,
  root: string,
): Promise<{ readonly documents: readonly Document[]; readonly problems: readonly Problem[] }> {
  const documents: Document[] = []
  const problems: Problem[] = []
  for (const { path, at, named, pick } of filesOf(document, (problem) => problems.push(problem))) {
    const position = document.locate(named, 'value')
    try {
      const folder = dirname(document.fileOf(named))
      fileWithin({ root, folder, path })
      const file = join(folder, path)
      const parsed = parseData({ file, text: await readText(file), at, ...(pick && { pick }) })
      problems.push(...parsed.problems)
      if (parsed.document !== undefined) documents.push(parsed.document)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const found: readonly Problem[] =
        error instanceof SpecError ? error.problems : [{ code: 'unreadable-file', message: error.message }]
      const hint =
        at[0] === 'inventory'
          ? 'write it, such as by `terraform output -json`; the path is relative to the file that names it'
          : 'the path is relative to the file that names it'
      for (const problem of found) problems.push({ ...problem, hint, position: problem.position ?? position })
    }
  }
  return { documents, problems }
}

const checkData = createValidator<{ readonly [name: string]: string } | null>({ ...dataSchema }, 'data')
const checkInventory = createValidator<Inventory>({ ...inventorySchema }, 'inventory')

type Inventory = string | { readonly file: string; readonly output?: string | null } | null

function filesOf(document: Document, report: (problem: Problem) => void): readonly DataFile[] {
  const checked = <T>(section: string, check: ReturnType<typeof createValidator<T>>): T | undefined => {
    const result = check(childOf(document.data, section) ?? null, (path) =>
      document.source([section, ...path]),
    )
    if (result.ok) return result.value
    for (const mistake of result.mistakes) {
      const path = [section, ...mistake.path]
      report({ ...mistake, path, position: document.locate(path, mistake.part) })
    }
    return undefined
  }
  const data = Object.entries(checked('data', checkData) ?? {}).map(([name, path]): DataFile => {
    const at = ['data', name]
    return { path, at, named: at }
  })
  const inventory = checked('inventory', checkInventory) ?? undefined
  if (inventory === undefined) return data
  const at = ['inventory']
  if (typeof inventory === 'string')
    return [...data, { path: inventory, at, named: at, pick: outputOf('hosts') }]
  const { file, output } = inventory
  return [...data, { path: file, at, named: [...at, 'file'], pick: outputOf(output ?? 'hosts') }]
}

/** The value of one output if these are all outputs of `terraform output -json`; else the whole. */
function outputOf(name: string): (data: Value) => Value {
  return (data) => {
    const isOutput = (value: Value) =>
      isMap(value) &&
      Object.hasOwn(value, 'value') &&
      ['type', 'sensitive'].some((key) => Object.hasOwn(value, key))
    if (!isMap(data) || !Object.values(data).some(isOutput)) return data
    const output = childOf(data, name)
    if (output === undefined)
      throw new Error(`it has no output ${name}; ${nearestHint(name, Object.keys(data), 'it has none')}`)
    return childOf(output, 'value') ?? null
  }
}
