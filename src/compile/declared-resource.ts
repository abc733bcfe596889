import { hintOf } from '../load/files/read-within.ts'
import { placeWords } from '../load/yaml/place-words.ts'
import type { ResourceDeclaration } from '../model/cluster.ts'
import type { Position, Problem, TextLine } from '../model/diagnostic.ts'
import { InternalError, SpecError } from '../model/errors.ts'
import type { Path } from '../model/path.ts'
import type { LargeFile, ResourceKind } from '../model/resource.ts'
import { isMap, type ValueMap } from '../model/value.ts'
import type { Declarable } from './declared.ts'
import type { Render } from './template.ts'

/** The files next to one of the spec's, each read once. */
export interface SpecFiles {
  /** Its path as messages show it. */
  readonly pathOf: (path: string) => string
  readonly read: (path: string) => string | Uint8Array
  readonly render: Render
  /** A file that is too large to be read. */
  readonly large: (path: string) => LargeFile | undefined
}

/** A resource from `resources:` of a role or host; reports every mistake where it was written, as far as that is known. */
export function declaredResource(
  declaration: ResourceDeclaration,
  kinds: Readonly<Record<string, ResourceKind>>,
  files: SpecFiles,
  report: (problem: Problem) => void,
): Declarable | undefined {
  const { kind, desired, layer, position } = declaration
  const resourceKind = kinds[kind]
  if (resourceKind === undefined) throw new InternalError(`there is no resource kind ${kind}`)
  try {
    const resource = resourceKind.create(withContent(kind, desired, files))
    return { resource, declaredBy: layer, from: declaration, position }
  } catch (error) {
    reportAt(declaration, error, files, report)
    return undefined
  }
}

/** Reports the mistakes of a resource of the spec where they were written. Throws all but a SpecError. */
export function reportAt(
  declaration: ResourceDeclaration,
  error: unknown,
  files: SpecFiles,
  report: (problem: Problem) => void,
): void {
  if (!(error instanceof SpecError)) throw error
  for (const { path = [], line, ...problem } of error.problems) {
    const found = problem.position ?? locate(declaration, path, line, files) ?? declaration.position
    const message = problem.message + forItem(declaration)
    report({ ...problem, message, path: [...(declaration.path ?? []), ...path], position: found })
  }
}

function forItem({ item, position }: ResourceDeclaration): string {
  if (item === undefined) return ''
  return `, for the item ${item.key}${item.position ? ` ${placeWords(item.position, position?.file)}` : ''}`
}

/** A line of a file next to the spec if the content is from there, else the place within the spec. */
function locate(
  { desired, locate: locateInSpec }: ResourceDeclaration,
  path: Path,
  line: TextLine | undefined,
  files: SpecFiles,
): Position | undefined {
  const [name] = path
  const { source, template } = desired
  const file = name === 'content' && line !== undefined ? (source ?? template) : undefined
  if (typeof file !== 'string' || line === undefined)
    return path.length === 0 ? undefined : locateInSpec?.(path, line)
  const lines = String(files.read(file)).split('\n')
  // What a template writes has lines of its own.
  const index = source === undefined ? lines.findIndex((text) => text.includes(line.text)) : line.number - 1
  const text = lines[index]
  if (text === undefined) return locateInSpec?.(['template'], undefined)
  const column = text.length - text.trimStart().length + 1
  return { file: files.pathOf(file), line: index + 1, column, length: Math.max(text.trim().length, 1) }
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
  if (typeof source === 'string') {
    const large = kind === 'file' ? readable(source, 'source', files.large) : undefined
    if (large !== undefined)
      return { ...rest, largeFile: { sha256: large.sha256, sizeBytes: large.sizeBytes } }
    const content = readable(source, 'source', files.read)
    if (typeof content === 'string') return { ...rest, content }
    if (kind === 'file') return { ...rest, contentBase64: Buffer.from(content).toString('base64') }
    return { ...rest, content: readableText(source, 'source', files.read) }
  }
  if (typeof template !== 'string') return desired
  return { ...rest, content: files.render(template, isMap(variables) ? variables : {}) }
}

function mistake(message: string, hint: string): SpecError {
  return new SpecError([{ code: 'invalid-resource', message, hint }])
}

/** Reads a file; its error is located at the key that names it. */
function readable<T>(path: string, key: string, read: (path: string) => T): T {
  try {
    return read(path)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const hint = hintOf(error) ?? 'the path is relative to the file that names it'
    throw new SpecError([{ code: 'unreadable-file', message, hint, path: [key] }])
  }
}

/** Reads a file that must be text. */
export function readableText(path: string, key: string, read: SpecFiles['read']): string {
  const content = readable(path, key, read)
  if (typeof content === 'string') return content
  const hint = 'save it as UTF-8; only the source of a file may have any bytes'
  throw new SpecError([{ code: 'not-utf8', message: `${path} is not UTF-8 text`, hint, path: [key] }])
}
