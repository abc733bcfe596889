import { type Static, type TSchema, Type } from 'typebox'
import { clusterNamePattern } from '../../model/cluster.ts'
import { given } from '../../model/given.ts'
import { Platform } from '../../model/platform.ts'
import type { LoadedRecipe } from '../../model/recipe.ts'
import type { ResourceKind } from '../../model/resource.ts'
import type { JsonSchema } from '../../model/schema.ts'
import { defaultTransport, type Target, targetKinds } from '../../model/targets/index.ts'
import type { ValueMap } from '../../model/value.ts'
import { isSchema } from '../../validation/json-schema.ts'
import { editorSchema, expressionSchema, orExpression } from './editor-schema.ts'

/** A setting that a layer may leave out, or remove with `null`. */
function optional<T>(schema: object, description: string) {
  const { type, enum: words }: JsonSchema = { ...schema }
  return Type.Optional(
    Type.Unsafe<T | null>({
      ...schema,
      ...given({
        type: type && [type, 'null'],
        enum: Array.isArray(words) ? [...words, null] : undefined,
      }),
      description,
    }),
  )
}

/** A closed section that may also be empty. */
function section<T extends Record<string, TSchema>>(properties: T, description: string) {
  const schema = Type.Object(properties, { additionalProperties: false })
  return Type.Unsafe<Static<typeof schema> | null>({ ...schema, type: ['object', 'null'], description })
}

/** A map with user-chosen names. */
function named<T extends TSchema>(schema: T, description: string) {
  return Type.Optional(
    Type.Unsafe<{ readonly [name: string]: Static<T> } | null>({
      type: ['object', 'null'],
      additionalProperties: schema,
      description,
    }),
  )
}

const text = { type: 'string', minLength: 1 }

/** A section whose schema is below `$defs`. Its values may still be expressions. */
function reference<T>(name: string) {
  return Type.Optional(Type.Unsafe<T | null>({ $ref: `#/$defs/${name}` }))
}

const resources = reference<readonly ValueMap[]>('resources')

/** The settings of each transport, under its name. */
const transports = Object.entries(targetKinds).flatMap(([name, { settings }]) =>
  settings === undefined ? [] : [{ name, ...settings, description: settings.schema.description ?? '' }],
)
const layeredTransports = transports.filter(({ isLayered }) => isLayered)

/** Sections that are merged over the layers. */
export const layeredSections: readonly string[] = [
  'attributes',
  'platform',
  ...layeredTransports.map(({ name }) => name),
]

const layered = {
  attributes: reference<ValueMap>('attributes'),
  platform: reference<ValueMap>('platform'),
  ...byName(layeredTransports, ({ name }) => reference(name)),
}

/** A property per item. The type is only `object`: no code reads these keys by name. */
function byName<T extends { readonly name: string }>(
  items: readonly T[],
  make: (item: T) => unknown,
): object {
  return Object.fromEntries(items.map((item) => [item.name, make(item)]))
}

const names = (description: string) =>
  Type.Optional(
    Type.Unsafe<readonly string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string', minLength: 1 },
      description,
    }),
  )

const environment = section(layered, 'Values of one environment.')

const role = section(
  {
    roles: names('Roles that this one builds on: they come before it, and it wins over them.'),
    recipes: names('Recipes of the run list, in order.'),
    resources,
    ...layered,
  },
  'What hosts with this role have in common.',
)

const host = section(
  {
    address: optional<string>(
      text,
      "Address at which converge and the host's peers reach it. Default: the host's name.",
    ),
    publicAddress: optional<string>(
      text,
      'Address at which the world reaches the host, for recipes and expressions.',
    ),
    roles: names(
      'Roles, in order: their recipes come first in the run list, later ones win over earlier ones.',
    ),
    recipes: names('Recipes of the run list, after those of the roles.'),
    resources,
    labels: optional<ValueMap>(
      { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
      'What selectors know this host by, such as `zone: eu-1a`.',
    ),
    environment: optional<string>(text, "Environment of this host instead of the cluster's."),
    transport: optional<Target['transport']>(
      { enum: Object.keys(targetKinds) },
      `How the host is reached: ${Object.entries(targetKinds)
        .map(([name, { meaning }]) => `${name} (${meaning})`)
        .join(', ')}. Default: ${defaultTransport}.`,
    ),
    ...byName(
      transports.filter(({ isLayered }) => !isLayered),
      ({ schema, description }) => optional(schema, description),
    ),
    ...layered,
  },
  'A host, or a range of hosts.',
)

/** The settings of a host, and with that of a role and an environment. */
export const hostKeys: ReadonlySet<string> = new Set(Object.keys(Object({ ...host }).properties))

/** `include:` of a spec and of the files that it includes. */
export const includeSchema = names(
  'Other files of this spec, such as ../roles/*.yaml: their maps are merged with those of this one. Relative to this file, within the repository.',
)

const relative = 'relative to the file that names it, within the repository'

/** `data:` as written: each name stands for the content of its file. */
export const dataSchema = Type.Unsafe<object | null>({
  type: ['object', 'null'],
  additionalProperties: { type: 'string', minLength: 1 },
  description: `a map of names to YAML or JSON files, ${relative}; expressions read them as data.NAME, recipes by ctx.data`,
})

/** `inventory:` as written: it stands for the entries of its file. */
export const inventorySchema = Type.Unsafe<object | string | null>({
  type: ['string', 'object', 'null'],
  minLength: 1,
  required: ['file'],
  properties: {
    file: { type: 'string', minLength: 1, description: `a YAML or JSON file, ${relative}` },
    output: {
      type: ['string', 'null'],
      minLength: 1,
      description: 'the output of Terraform that has the hosts; hosts by default',
    },
  },
  additionalProperties: false,
  description: `a file with the addresses of the hosts by their names, ${relative}, such as one of \`terraform output -json\`; or a map of file and output`,
})

/** What an inventory says of a host. */
const inventoryEntry = section(
  {
    address: optional<string>(text, 'the address at which peers reach the host'),
    publicAddress: optional<string>(text, 'the address at which the world reaches the host'),
    labels: optional<ValueMap>(
      { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
      'labels of the host',
    ),
    ssh: Type.Optional(
      section({ host: optional<string>(text, 'where converge reaches the host') }, 'a map with host'),
    ),
  },
  'a map of address, publicAddress, labels and ssh.host',
)

/** The spec as written: cluster.yaml without attributes and resources filled in. Its files stand in `data` and `inventory`. */
const clusterSpec = Type.Object(
  {
    cluster: Type.String({
      pattern: clusterNamePattern,
      description:
        'a name of at most 63 letters, digits, dots, hyphens and underscores that begins with a letter or digit; hosts remember it',
    }),
    environment: optional<string>(
      text,
      'The environment to use, one of environments; --environment overrides it.',
    ),
    include: includeSchema,
    data: Type.Optional(Type.Unsafe<ValueMap | null>(dataSchema)),
    inventory: Type.Optional(
      Type.Unsafe<{ readonly [host: string]: Static<typeof inventoryEntry> } | null>(inventorySchema),
    ),
    ...layered,
    recipes: named(
      Type.Unsafe<string | { readonly instanceOf: string }>({
        type: ['string', 'object'],
        minLength: 1,
        maxLength: 4096,
        required: ['instanceOf'],
        properties: {
          instanceOf: {
            type: 'string',
            minLength: 1,
            description: 'the name of a recipe, built-in or of this spec',
          },
        },
        additionalProperties: false,
        description:
          "the path of a recipe's module, relative to the file that sets it and begun with a dot, the name of an npm package, or a map with instanceOf",
      }),
      'Your own recipes: name to module, such as `hello: ./recipes/hello/recipe.ts`; and further instances of a recipe, such as `etcd-events: { instanceOf: etcd }`.',
    ),
    secrets: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description:
          "the path of a file of secrets in the spec's repository, relative to the spec's folder; default: secrets.yaml",
      }),
    ),
    environments: named(environment, 'Environments by name.'),
    roles: named(role, 'Roles by name.'),
    hosts: Type.Unsafe<{ readonly [name: string]: Static<typeof host> }>({
      type: 'object',
      minProperties: 1,
      additionalProperties: host,
      description: 'Hosts by name. Ranges such as "infra[0-2]" or "core-[01-05]" declare several.',
    }),
  },
  { additionalProperties: false },
)

/** The keys of the top level. */
export const clusterKeys: ReadonlySet<string> = new Set(Object.keys(clusterSpec.properties))

export type ClusterSpec = Static<typeof clusterSpec>
export type RoleSpec = NonNullable<Static<typeof role>>
export type HostSpec = NonNullable<Static<typeof host>>

/** What a spec has names for. An editor offers them; others are no mistake there, because the spec may get them next. */
interface NamesInSpec {
  readonly roles: readonly string[]
  readonly environments: readonly string[]
  /** The values of each label. */
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly secrets: readonly string[]
  /** Whether it is one file. */
  readonly isOneFile: boolean
}

export interface ClusterSchemaInput {
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
  readonly names?: NamesInSpec
}

/**
 * The JSON Schema (2020-12) for editors of cluster.yaml and of the files that it includes, with the attributes of the
 * given recipes and the given resource kinds filled in. Every value may also be an expression, or null, which removes it
 * from weaker layers.
 */
export function clusterSchema({ recipes, kinds, names }: ClusterSchemaInput): JsonSchema {
  const attributesOf = Object.entries(recipes).map(([name, { recipe }]) => {
    const schema: JsonSchema = recipe.attributes
    return [name, orExpression({ description: `Attributes of the recipe ${name}.`, ...schema })] as const
  })
  const declarations = Object.entries(kinds).map(([kind, { schema }]) => {
    const entry: JsonSchema = schema
    return [kind, orExpression({ description: `A ${kind} resource.`, ...entry })] as const
  })
  const declaration: JsonSchema = { type: 'object', minProperties: 1, maxProperties: 1 }
  const items: JsonSchema =
    declarations.length === 0
      ? declaration
      : { ...declaration, properties: Object.fromEntries(declarations), additionalProperties: false }
  const { required: _, ...spec } = clusterSpec
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'cluster.yaml of converge',
    ...(names === undefined ? spec : offering(spec, recipes, names)),
    // Which of several files has the name and the hosts is up to them.
    ...(names?.isOneFile === true && wholeUnlessItIncludes),
    $defs: {
      expression: orSecret(names?.secrets ?? []),
      attributes: {
        description:
          'Values for recipes, below the name of each. Layers, weakest first: recipe default, what recipes pass on, cluster, environment, roles, host, --set.',
        type: ['object', 'null'],
        properties: Object.fromEntries(attributesOf),
      },
      resources: {
        description:
          'Resources without a recipe, each as `- kind: { ... }`, such as `- file: { path: /etc/motd, ... }`.',
        type: ['array', 'null'],
        items,
      },
      platform: emptiable(editorSchema({ ...Platform })),
      ...byName(layeredTransports, ({ schema }) => emptiable(editorSchema({ ...schema }))),
    },
  }
}

const wholeUnlessItIncludes = {
  if: { not: { required: ['include'] } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: { required: ['cluster', 'hosts'] },
}

/** An editor takes `!secret web/db` for the text after the tag. */
function orSecret(secrets: readonly string[]): JsonSchema {
  if (secrets.length === 0) return expressionSchema
  const { description, ...expression } = expressionSchema
  return { description, anyOf: [expression, { enum: secrets }] }
}

/** The schema with the names of the spec as examples, which editors offer. */
function offering(spec: JsonSchema, recipes: ClusterSchemaInput['recipes'], names: NamesInSpec): JsonSchema {
  const { roles, environments, labels } = names
  const host = ['properties', 'hosts', 'additionalProperties', 'properties']
  const role = ['properties', 'roles', 'additionalProperties', 'properties']
  const examples = (of: readonly string[]) => (schema: JsonSchema) =>
    of.length === 0 ? schema : { ...schema, examples: of }
  const offers: readonly (readonly [readonly string[], (schema: JsonSchema) => JsonSchema])[] = [
    ...[host, role].flatMap((of) => [
      [[...of, 'roles', 'items'], examples(roles)] as const,
      [[...of, 'recipes', 'items'], examples(Object.keys(recipes))] as const,
    ]),
    [['properties', 'environment'], examples(environments)],
    [[...host, 'environment'], examples(environments)],
    [
      [...host, 'labels'],
      (schema) => ({
        ...schema,
        properties: Object.fromEntries(
          Object.entries(labels).map(([key, values]) => [
            key,
            { type: 'string', minLength: 1, examples: values, description: `The label ${key}.` },
          ]),
        ),
      }),
    ],
  ]
  return offers.reduce((schema, [path, change]) => changedAt(schema, path, change), spec)
}

function changedAt(
  schema: JsonSchema,
  [key, ...rest]: readonly string[],
  change: (schema: JsonSchema) => JsonSchema,
): JsonSchema {
  if (key === undefined) return change(schema)
  const inner = schema[key]
  return isSchema(inner) ? { ...schema, [key]: changedAt(inner, rest, change) } : schema
}

/** The schema of a spec whose `data` and `inventory` are the contents of the files that are named there. */
export function readSpecSchema(): JsonSchema {
  const { $defs } = clusterSchema({ recipes: {}, kinds: {} })
  const inventory = {
    type: ['object', 'null'],
    additionalProperties: inventoryEntry,
    description: 'a map of hosts to their addresses and labels',
  }
  return {
    ...clusterSpec,
    $defs,
    properties: { ...clusterSpec.properties, data: { type: ['object', 'null'] }, inventory },
  }
}

/** A section's schema, which also allows an empty section. */
function emptiable(schema: JsonSchema): JsonSchema {
  return { ...schema, type: ['object', 'null'] }
}
