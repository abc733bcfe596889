import { type Static, type TObject, Type } from 'typebox'
import { FormatError } from '../../formats/format-error.ts'
import { ResourceConflict, SpecError } from '../../model/errors.ts'
import { relationProbes } from '../../model/guards.ts'
import { DeclaredRelations, type NotificationAction, Relations, specOnly } from '../../model/relations.ts'
import type { Resource, ResourceId, ResourceKind } from '../../model/resource.ts'
import { FilledText, type JsonSchema, optional } from '../../model/schema.ts'
import { secretsIn } from '../../model/secret.ts'
import type { ValueMap } from '../../model/value.ts'
import { checkInput } from './check-input.ts'

/** The behavior of one resource: data, and the pure function from facts to steps. */
type Behavior = Pick<Resource, 'claims' | 'probes' | 'steps'> &
  Partial<Pick<Resource, 'follows' | 'actions' | 'dormant' | 'ownsUnit' | 'mountsOn' | 'isSensitive'>>

/** The resource that a behavior belongs to. */
export interface Self {
  readonly id: ResourceId
  readonly relations: Relations
}

export interface ResourceDefinition<Schema extends TObject, Defaults extends Partial<Static<Schema>>> {
  readonly kind: string
  /** A property with a default is optional in it. */
  readonly schema: Schema
  readonly defaults: Defaults
  /** Defaults that win if there is a secret in it. */
  readonly secretDefaults?: Partial<Defaults>
  /** In YAML its `content` may also come from `source` or `template`; compile turns these into `content`. */
  readonly contentFromFiles?: true
  name(desired: Static<Schema>): string
  /** Throws a FormatError or SpecError for mistakes that the schema cannot express. */
  behave(desired: Static<Schema> & Defaults, self: Self): Behavior
  /** With `absent: true`, if the kind has that. */
  readonly absent?: {
    /** What may be declared with it, besides what names the resource. */
    readonly allows: readonly (keyof Static<Schema> & string)[]
    behave(desired: Static<Schema>, self: Self): Behavior
  }
}

/** Defines a kind: its constructor for recipes, and its kind for YAML. Both throw a SpecError with every mistake. */
export function defineResource<Schema extends TObject, Defaults extends Partial<Static<Schema>>>(
  definition: ResourceDefinition<Schema, Defaults>,
): { readonly resource: (input: Static<Schema> & Relations) => Resource; readonly kind: ResourceKind } {
  const { kind, defaults } = definition
  const check = checkInput<Static<Schema> & ValueMap>(kind, inputSchema(definition.schema, Relations))
  const create = (input: object): Resource => {
    const { own, relations } = check(input)
    const name = definition.name(own)
    const secrets = secretsIn(own).filter(({ secret }) => secret.isPrivate)
    const id: ResourceId = `${kind}[${name}]`
    const self = { id, relations }
    const absent = own.absent === true ? definition.absent : undefined
    if (absent !== undefined) refuseBesideAbsent(id, { ...own, ...relations }, absent.allows)
    // Object.assign, because V8 gives each object that begins with a spread a hidden class of its own.
    const whole = Object.assign({}, defaults, secrets.length > 0 && definition.secretDefaults, own)
    const desired = absent === undefined ? whole : own
    const behavior = located(id, () =>
      absent === undefined ? definition.behave(whole, self) : absent.behave(own, self),
    )
    const asked = relationProbes(relations)
    // Written out, because spreading the behavior is slow for many resources.
    return Object.freeze({
      kind,
      name,
      id,
      desired: Object.freeze(desired),
      relations,
      claims: behavior.claims,
      follows: behavior.follows ?? nothing,
      actions: behavior.actions ?? NO_ACTIONS,
      dormant: behavior.dormant ?? false,
      ownsUnit: behavior.ownsUnit,
      mountsOn: behavior.mountsOn,
      isSensitive: behavior.isSensitive ?? false,
      closedSecrets: secrets.length === 0 ? NO_SECRETS : closedIn(secrets),
      probes: asked.length === 0 ? behavior.probes : [...behavior.probes, ...asked],
      steps: behavior.steps,
    })
  }
  return { resource: create, kind: { kind, schema: yamlSchema(definition), create } }
}

const NO_ACTIONS: readonly NotificationAction[] = []
const NO_SECRETS: readonly string[] = []
const nothing = () => []

/** The names of the secrets whose values are not open. */
function closedIn(secrets: ReturnType<typeof secretsIn>): readonly string[] {
  const pieces = secrets.flatMap(({ secret }) => secret.pieces())
  const closed = pieces.flatMap((piece) => (typeof piece === 'string' || piece.isOpen ? [] : [piece.name]))
  return [...new Set(closed)]
}

/** Adds the resource to the messages of mistakes. */
export function located<Result>(id: ResourceId, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new SpecError(
      error.mistakes.map((mistake) => ({
        ...mistake,
        code: 'invalid-resource',
        message: `${id}: ${mistake.message}`,
      })),
    )
  }
}

const allowedWithAbsent = ['path', 'name', 'absent', 'after', 'notifies', 'onlyIf', 'unless']

/** What is not there has neither content nor owner, nothing restarts it, and it is a member of no group. */
export function refuseBesideAbsent(id: ResourceId, declared: object, allows: readonly string[]): void {
  const useless = Object.keys(declared).filter((key) => ![...allowedWithAbsent, ...allows].includes(key))
  if (useless.length === 0) return
  throw new SpecError(
    useless.map((key) => ({
      code: 'invalid-resource',
      message: `${id}: ${key} makes no sense with absent: true`,
      hint: `remove ${key}, or absent`,
      path: [key],
    })),
  )
}

/** A kind's schema with the relations that every resource may have. */
export function inputSchema({ properties, ...schema }: TObject, relations: TObject): JsonSchema {
  return { ...schema, properties: { ...properties, ...relations.properties } }
}

const CONTENT_SOURCES = {
  source: optional(FilledText, 'the path of a text file next to the spec; its text is the content'),
  template: optional(FilledText, 'the path of a Handlebars template next to the spec; it yields the content'),
  variables: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'a map of what the template may use',
      secret: true,
    }),
  ),
}

/** The schema for editors and the loader: with defaults, and with the files that content may come from. */
export function yamlSchema<Schema extends TObject, Defaults extends Partial<Static<Schema>>>({
  schema,
  defaults,
  contentFromFiles,
}: Pick<ResourceDefinition<Schema, Defaults>, 'schema' | 'defaults' | 'contentFromFiles'>): JsonSchema {
  const own = Object.entries(schema.properties).map(([name, property]) => [
    name,
    Object.hasOwn(defaults, name) ? { ...property, default: Reflect.get(defaults, name) } : property,
  ])
  const { largeFile: _, ...written } = Object.fromEntries(own)
  const properties = { ...written, ...(contentFromFiles && CONTENT_SOURCES) }
  return inputSchema({ ...schema, properties: { ...properties, ...specOnly } }, DeclaredRelations)
}

/** Throws a SpecError for a mistake that the schema of a resource cannot express. */
export function invalid({ id }: Self, message: string, hint: string): never {
  throw new SpecError([{ code: 'invalid-resource', message: `${id}: ${message}`, hint }])
}

/** Something at a path that only a person may remove. */
export function inTheWay(id: ResourceId, what: string): ResourceConflict {
  return new ResourceConflict(id, what, 'move it away, or choose another path')
}
