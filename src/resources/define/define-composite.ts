import type { Static, TObject } from 'typebox'
import { SpecError } from '../../model/errors.ts'
import { perObject } from '../../model/memo.ts'
import type { Platform } from '../../model/platform.ts'
import { Relations } from '../../model/relations.ts'
import type { Composite, CompositeHost, Resource, ResourceId, ResourceKind } from '../../model/resource.ts'
import type { ValueMap } from '../../model/value.ts'
import { checkInput } from './check-input.ts'
import {
  inputSchema,
  invalid,
  located,
  refuseBesideAbsent,
  type Self,
  yamlSchema,
} from './define-resource.ts'
import { used } from './schema-types.ts'

type Parts = readonly (Resource | Composite)[]

export interface CompositeDefinition<
  Schema extends TObject,
  Defaults extends Partial<Static<Schema>>,
  Key extends keyof Static<Schema> & string,
> {
  readonly kind: string
  readonly schema: Schema
  /** A property with a default need not be given. */
  readonly defaults: Defaults
  /** The property that names the resource. */
  readonly key: Key
  /** In YAML its `content` may also come from `source` or `template`; compile turns these into `content`. */
  readonly contentFromFiles?: true
  /**
   * Its parts on a host, at least one, in order. Whoever notifies the composite notifies the last part that understands it.
   * Throws a FormatError or SpecError for mistakes that the schema cannot express.
   */
  parts(desired: Static<Schema> & Defaults, host: CompositeHost, self: Self): Parts
  /** With `absent: true`, if the kind has that: nothing else is known but its name. */
  absent?(name: Static<Schema>[Key], host: CompositeHost, self: Self): Parts
}

/** Defines a kind of which each resource is several others: its constructor for recipes, and its kind for YAML. */
export function defineComposite<
  Schema extends TObject,
  Defaults extends Partial<Static<Schema>>,
  Key extends keyof Static<Schema> & string,
>(
  definition: CompositeDefinition<Schema, Defaults, Key>,
): {
  readonly resource: (input: Input<Schema, Defaults, Key> & Relations) => Composite
  readonly kind: ResourceKind
} {
  const { kind, defaults, key, absent, parts } = definition
  const needed = (definition.schema.required ?? []).filter((name) => !Object.hasOwn(defaults, name))
  const schema = {
    ...definition.schema,
    required: [key],
    properties: Object.fromEntries(
      Object.entries(definition.schema.properties).map(([name, property]) => [
        name,
        name !== key && needed.includes(name)
          ? used('required unless it is to be absent', property)
          : property,
      ]),
    ),
  }
  const check = checkInput<Static<Schema> & ValueMap>(kind, inputSchema(schema, Relations))
  const create = (input: object): Composite => {
    const { own, relations } = check(input)
    const name = own[key]
    const id: ResourceId = `${kind}[${String(name)}]`
    const self = { id, relations }
    const isAbsent = absent !== undefined && own.absent === true
    if (isAbsent) refuseBesideAbsent(id, { ...own, ...relations }, [key])
    else for (const missing of needed) if (!Object.hasOwn(own, missing)) lacks(self, missing, definition)
    const desired = Object.assign({}, defaults, own)
    const makeParts = (host: CompositeHost): Parts => {
      const made = isAbsent ? absent(name, host, self) : parts(desired, host, self)
      if (made.length === 0) invalid(self, 'it has no parts', 'let its kind return at least one resource')
      return made
    }
    // Hosts of one range share a platform.
    const onPlatform = perObject((platform: Platform) =>
      within(id, () => located(id, () => makeParts({ platform }))),
    )
    return Object.freeze({
      kind,
      name: String(name),
      id,
      desired: Object.freeze(desired),
      relations,
      parts: ({ platform }: CompositeHost) => onPlatform(platform),
    })
  }
  return { resource: create, kind: { kind, schema: yamlSchema({ ...definition, schema }), create } }
}

/** What may be left out: what has a default, and all but the name of what is to be absent. */
type Input<Schema extends TObject, Defaults, Key> =
  | (Omit<Static<Schema>, keyof Defaults> & Partial<Static<Schema>>)
  | ({ readonly [Name in Key & keyof Static<Schema>]: Static<Schema>[Name] } & { readonly absent: true })

function lacks(
  self: Self,
  name: string,
  { schema, contentFromFiles }: { readonly schema: TObject; readonly contentFromFiles?: true },
): never {
  const from = name === 'content' && contentFromFiles ? ', source or template' : ''
  const description: unknown = Reflect.get(schema.properties[name] ?? {}, 'description')
  invalid(self, `it has no ${name}`, `set ${name}${from}: ${String(description)}`)
}

/** Adds the composite to mistakes of its parts, of which the spec has no place. */
function within<Result>(id: ResourceId, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    throw new SpecError(
      error.problems.map(({ path: _path, line: _line, ...problem }) => ({
        ...problem,
        message: problem.message.startsWith(id) ? problem.message : `${id}: ${problem.message}`,
      })),
    )
  }
}
