import { clusterSchema } from '../load/schema/cluster-schema.ts'
import { jsonText } from '../report/json/json-text.ts'
import { resourceKinds } from '../resources/index.ts'
import { secretsSchema } from '../secrets/secrets-file.ts'
import { usageError } from './cli/usage-error.ts'
import type { ExitCode, Io } from './io/io.ts'
import { builtins } from './spec/builtins.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface SchemaOptions extends Omit<SpecOptions, 'file'> {
  /** Include this spec's own recipes. */
  readonly file?: string
  /** The schema of secrets.yaml instead. */
  readonly secrets?: boolean
}

/** `converge schema`: the JSON Schema of cluster.yaml, with the attributes of all recipes and all resource kinds. */
export async function schema(options: SchemaOptions, io: Io): Promise<ExitCode> {
  if (options.secrets === true) {
    if (options.file !== undefined)
      throw usageError('--secrets and --file are both given', 'keep one of them')
    io.stdout.write(jsonText(secretsSchema))
    return 0
  }
  const recipes =
    options.file === undefined ? builtins : (await loadSpec({ ...options, file: options.file })).recipes
  io.stdout.write(jsonText(clusterSchema({ recipes, kinds: resourceKinds })))
  return 0
}
