import type { ResourceDeclaration } from '../model/cluster.ts'
import type { Problem } from '../model/diagnostic.ts'
import { InternalError, SpecError } from '../model/errors.ts'
import type { Resource, ResourceKind } from '../model/resource.ts'
import { isMap, type ValueMap } from '../model/value.ts'
import type { Declared } from './declared.ts'
import type { Render } from './template.ts'

/** The files next to the spec, each read once. */
export interface SpecFiles {
  readonly read: (path: string) => string
  readonly render: Render
}

/** A resource from `resources:` of a role or host; reports every mistake at the declaration. */
export function declaredResource(
  { kind, desired, layer, position }: ResourceDeclaration,
  kinds: Readonly<Record<string, ResourceKind>>,
  files: SpecFiles,
  report: (problem: Problem) => void,
): Declared | undefined {
  const resourceKind = kinds[kind]
  if (resourceKind === undefined) throw new InternalError(`there is no resource kind ${kind}`)
  try {
    const resource: Resource = resourceKind.create(withContent(kind, desired, files))
    return { resource, declaredBy: layer, position }
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    for (const problem of error.problems) report({ ...problem, position })
    return undefined
  }
}

/** Replaces `source` and `template` (with `variables`) by `content`. */
function withContent(kind: string, desired: ValueMap, files: SpecFiles): ValueMap {
  if (!['source', 'template', 'variables'].some((name) => Object.hasOwn(desired, name))) return desired
  const { source, template, variables, ...rest } = desired
  const given = ['content', 'contentBase64', 'source', 'template'].filter((name) =>
    Object.hasOwn(desired, name),
  )
  if (given.length > 1) throw mistake(`${kind}: ${given.join(' and ')} are both set`, 'set one of them')
  if (variables !== undefined && template === undefined) {
    throw mistake(`${kind}: variables need a template`, 'set template, or remove variables')
  }
  if (typeof source === 'string') return { ...rest, content: readable(source, () => files.read(source)) }
  if (typeof template !== 'string') return desired
  return { ...rest, content: files.render(template, isMap(variables) ? variables : {}) }
}

function mistake(message: string, hint: string): SpecError {
  return new SpecError([{ code: 'invalid-resource', message, hint }])
}

/** Reads a file; the error names it as written in the spec, with the reason. */
export function readable(path: string, read: () => string): string {
  try {
    return read()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const hint = "the path is relative to the spec's folder"
    throw new SpecError([{ code: 'unreadable-file', message: `cannot read ${path}: ${reason}`, hint }])
  }
}
