import { type Static, type TSchema, Type } from 'typebox'
import type { JsonSchema, LoadedRecipe } from '../../model/recipe.ts'
import type { ResourceKind } from '../../model/resource.ts'
import type { ValueMap } from '../../model/value.ts'
import { editorSchema, expressionSchema } from './editor-schema.ts'
import { platformSchema, sshSchema } from './host-schema.ts'
import { declarationSchema } from './relations-schema.ts'

/** A setting that a layer may leave out, or remove with `null`. */
function optional<T>(schema: { readonly [key: string]: unknown }, description: string) {
  const { type, enum: words } = schema
  return Type.Optional(
    Type.Unsafe<T | null>({
      ...schema,
      ...(type === undefined ? {} : { type: [type, 'null'] }),
      ...(Array.isArray(words) ? { enum: [...words, null] } : {}),
      description,
    }),
  )
}

/** A closed section that may also stand empty. */
function section<T extends Record<string, TSchema>>(properties: T, description: string) {
  const schema = Type.Object(properties, { additionalProperties: false })
  return Type.Unsafe<Static<typeof schema> | null>({ ...schema, type: ['object', 'null'], description })
}

/** A map with names of the user's choice. */
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

/** A section whose schema stands once, below `$defs`. Its values may still be expressions. */
function reference<T>(name: string) {
  return Type.Optional(Type.Unsafe<T | null>({ $ref: `#/$defs/${name}` }))
}

const resources = reference<readonly ValueMap[]>('resources')

const layered = {
  attributes: reference<ValueMap>('attributes'),
  platform: reference<ValueMap>('platform'),
  ssh: reference<ValueMap>('ssh'),
}

const names = (description: string) =>
  Type.Optional(
    Type.Unsafe<readonly string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string', minLength: 1 },
      description,
    }),
  )

const environment = section(layered, 'Values that hold in one environment.')

const role = section(
  { recipes: names('Recipes of the run list, in order.'), resources, ...layered },
  'What hosts with this role have in common.',
)

const host = section(
  {
    address: optional<string>(
      text,
      "Address by which converge and its peers reach the host. Default: the host's name.",
    ),
    roles: names(
      'Roles, in order: their recipes come first in the run list, later ones win over earlier ones.',
    ),
    recipes: names('Recipes of the run list, after those of the roles.'),
    resources,
    environment: optional<string>(text, "Environment of this host instead of the cluster's."),
    transport: optional<'ssh' | 'directory' | 'memory'>(
      { enum: ['ssh', 'directory', 'memory'] },
      'ssh (the default), directory (a root tree on this machine), or memory (a throw-away tree).',
    ),
    directory: optional<string>(
      text,
      "Root tree of transport directory; relative paths start at the spec's folder.",
    ),
    ...layered,
  },
  'A host, or a range of hosts.',
)

/** The spec as written: cluster.yaml without attributes and resources filled in. */
export const clusterSpec = Type.Object(
  {
    cluster: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      description: 'Name of the cluster: letters, digits, dots, hyphens and underscores. Hosts remember it.',
    }),
    environment: optional<string>(
      text,
      'The environment that counts, one of environments; --environment overrides it.',
    ),
    ...layered,
    recipes: named(
      Type.String({
        minLength: 1,
        description: "Path of the recipe's module, relative to the spec's folder.",
      }),
      'Recipes of your own: name to module, such as `hello: ./recipes/hello/recipe.ts`.',
    ),
    environments: named(environment, 'Environments by name.'),
    roles: named(role, 'Roles by name.'),
    hosts: Type.Unsafe<{ readonly [name: string]: Static<typeof host> }>({
      type: 'object',
      minProperties: 1,
      additionalProperties: host,
      description: 'Hosts by name. Ranges such as "infra[0-2]" or "core-[01-05]" stand for several.',
    }),
  },
  { additionalProperties: false },
)

export type ClusterSpec = Static<typeof clusterSpec>
export type RoleSpec = NonNullable<Static<typeof role>>
export type HostSpec = NonNullable<Static<typeof host>>

export interface ClusterSchemaInput {
  readonly recipes: Readonly<Record<string, LoadedRecipe>>
  readonly kinds: Readonly<Record<string, ResourceKind>>
}

/**
 * The JSON Schema (2020-12) of cluster.yaml for editors, with the attributes of the given recipes and the given
 * resource kinds filled in. Every value may also be an expression, or null, which removes it from weaker layers.
 */
export function clusterSchema({ recipes, kinds }: ClusterSchemaInput): JsonSchema {
  const attributesOf = Object.entries(recipes).map(([name, { recipe }]) => {
    const schema = editorSchema(recipe.attributes)
    return [name, { description: `Attributes of the recipe ${name}.`, ...schema }] as const
  })
  const declarations = Object.entries(kinds).map(([kind, { schema }]) => {
    const entry = editorSchema(declarationSchema(schema))
    return [kind, { description: `A ${kind} resource.`, ...entry }] as const
  })
  const declaration: JsonSchema = { type: 'object', minProperties: 1, maxProperties: 1 }
  const items: JsonSchema =
    declarations.length === 0
      ? declaration
      : { ...declaration, properties: Object.fromEntries(declarations), additionalProperties: false }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'cluster.yaml of converge',
    ...clusterSpec,
    $defs: {
      expression: expressionSchema,
      attributes: {
        description:
          'Values for recipes, below the name of each. Layers, weakest first: recipe default, cluster, environment, roles, host, --set.',
        type: ['object', 'null'],
        properties: Object.fromEntries(attributesOf),
      },
      resources: {
        description:
          'Resources without a recipe, each as `- kind: { ... }`, such as `- file: { path: /etc/motd, ... }`.',
        type: ['array', 'null'],
        items,
      },
      platform: emptiable(editorSchema({ ...platformSchema })),
      ssh: emptiable(editorSchema({ ...sshSchema })),
    },
  }
}

/** A section's schema for a spec, where the section may also stand empty. */
function emptiable(schema: JsonSchema): JsonSchema {
  return { ...schema, type: ['object', 'null'] }
}
