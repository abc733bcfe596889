import { clusterSchema } from '../load/schema/cluster-schema.ts'
import type { Path } from '../model/path.ts'
import type { JsonSchema } from '../model/schema.ts'
import { isMap, type Value, type ValueMap } from '../model/value.ts'
import { jsonText } from '../report/json/json-text.ts'
import { resourceKinds } from '../resources/index.ts'
import { secretsSchema } from '../secrets/secrets-file.ts'
import { usageError } from './cli/usage-error.ts'
import type { ExitCode, Io } from './io/io.ts'
import { builtins } from './spec/builtins.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface SchemaOptions extends Omit<SpecOptions, 'file'> {
  /** With this spec's own recipes and names. */
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
  const { file } = options
  const found =
    file === undefined
      ? clusterSchema({ recipes: builtins, kinds: resourceKinds })
      : editorSchemaOf(await loadSpec({ ...options, file }))
  io.stdout.write(jsonText(found))
  return 0
}

/** The schema for the files of a spec, with its own recipes and names. */
export function editorSchemaOf({ cluster, recipes, written, secrets, locate }: LoadedSpec): JsonSchema {
  const labels = new Map<string, Set<string>>()
  for (const host of cluster.hosts)
    for (const [key, value] of Object.entries(host.labels))
      labels.set(key, (labels.get(key) ?? new Set()).add(value))
  const names = {
    roles: namesIn(written.roles),
    environments: namesIn(written.environments),
    labels: Object.fromEntries([...labels].map(([key, values]) => [key, [...values]])),
    secrets: [...(secrets.file?.secrets.keys() ?? [])],
    isOneFile: placesIn(written).every((path) => [undefined, cluster.file].includes(locate(path)?.file)),
  }
  return clusterSchema({ recipes, kinds: resourceKinds, names })
}

/** The sections of a spec, and what is in them: what several files share. */
function placesIn(written: ValueMap): readonly Path[] {
  return Object.entries(written).flatMap(([section, value]) => [
    [section],
    ...(isMap(value) ? Object.keys(value).map((key) => [section, key]) : []),
  ])
}

function namesIn(section: Value | undefined): readonly string[] {
  return isMap(section) ? Object.keys(section) : []
}
