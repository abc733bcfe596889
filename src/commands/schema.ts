import { clusterSchema } from '../load/schema/cluster-schema.ts'
import { jsonText } from '../report/json/json-text.ts'
import { resourceKinds } from '../resources/index.ts'
import type { ExitCode, Io } from './io/io.ts'
import { builtins } from './spec/builtins.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface SchemaOptions extends Omit<SpecOptions, 'file'> {
  /** Include this spec's own recipes. */
  readonly file?: string
}

/** `converge schema`: the JSON Schema of cluster.yaml, with the attributes of all recipes and all resource kinds. */
export async function schema(options: SchemaOptions, io: Io): Promise<ExitCode> {
  const recipes =
    options.file === undefined ? builtins : (await loadSpec({ ...options, file: options.file })).recipes
  io.stdout.write(jsonText(clusterSchema({ recipes, kinds: resourceKinds })))
  return 0
}
