import { clusterSchema } from '../load/schema.ts'
import { resourceKinds } from '../resources/index.ts'
import { builtins } from './builtins.ts'
import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { writeJson } from './write-json.ts'

export interface SchemaOptions extends Omit<SpecOptions, 'file'> {
  /** Take this spec's own recipes in too. */
  readonly file?: string
}

/** `converge schema`: the JSON Schema of cluster.yaml, with the attributes of all recipes and all resource kinds. */
export async function schema(options: SchemaOptions, io: Io): Promise<ExitCode> {
  const recipes =
    options.file === undefined ? builtins : (await loadSpec({ ...options, file: options.file })).recipes
  writeJson(io, clusterSchema({ recipes, kinds: resourceKinds }))
  return 0
}
