import { SpecError } from '../model/errors.ts'
import { type CatalogEntry, pathIn } from '../model/resource.ts'
import { nearestHint } from '../validation/nearest.ts'
import type { Wanted } from './explain-outputs.ts'
import { type Output, outputsOf } from './outputs.ts'

/** What is to be explained, as it is written after `converge explain`. */
export type Subject =
  | { readonly of: 'host'; readonly host: string }
  | { readonly of: 'value'; readonly host: string; readonly path: string }
  | { readonly of: 'output'; readonly host: string; readonly name: string; readonly line?: number }

/** Reads `HOST`, `HOST:etcd.version`, `HOST:/etc/motd`, `HOST:/etc/motd:7` and `HOST:unit[app.service]`. */
export function parseSubject(text: string): Subject {
  const [, host = '', rest] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? []
  if (host === '' || rest === '')
    throw mistake(`"${text}" names nothing to explain`, 'such as web0, web0:app.port or web0:/etc/motd:7')
  if (rest === undefined) return { of: 'host', host }
  if (!/^\/|^[a-zA-Z]+\[/.test(rest)) return { of: 'value', host, path: rest }
  const [, name = rest, line] = /^(.*?)(?::(\d{1,9}))?$/s.exec(rest) ?? []
  return { of: 'output', host, name, ...(line !== undefined && { line: Number(line) }) }
}

/** What a subject names of the things that a host gets. Throws a SpecError with what is like it. */
export function findOutputs(
  entries: readonly CatalogEntry[],
  { host, name, line }: Subject & { readonly of: 'output' },
): Wanted {
  const all = [...outputsOf(entries).values()]
  const isPath = name.startsWith('/')
  const outputs = isPath ? outputsAt(all, name) : all.filter(({ entry }) => namesOf(entry).includes(name))
  if (outputs.length === 0) {
    const known = isPath ? all.flatMap(pathsOf) : all.flatMap(({ entry }) => namesOf(entry))
    const hint = nearestHint(name, [...new Set(known)].slice(0, 40), 'the host gets nothing')
    throw mistake(isPath ? `${host} gets nothing at ${name}` : `${host} has no ${name}`, hint)
  }
  if (line === undefined) return { outputs }
  const [file] = outputs.filter(({ path }) => path !== undefined || !isPath)
  if (file === undefined || outputs.length > 1 || line < 1 || line > file.lines.length) {
    const has =
      file === undefined || outputs.length > 1 ? 'is no file with lines' : `has ${file.lines.length} lines`
    throw mistake(`there is no line ${line}: ${name} of ${host} ${has}`, 'leave the line out for all')
  }
  return { outputs: [file], line }
}

/** The file at a path, or else the properties of what is there. */
function outputsAt(all: readonly Output[], path: string): readonly Output[] {
  const files = all.filter((output) => output.path === path)
  return files.length > 0
    ? files
    : all.filter((output) => output.path === undefined && pathsOf(output).includes(path))
}

/** Its own identity, and those of the composites that it is a part of. */
function namesOf({ resource: { id }, partOf = [] }: CatalogEntry): readonly string[] {
  return [id, ...partOf]
}

function pathsOf({ entry, path }: Output): readonly string[] {
  const claimed = entry.resource.claims.flatMap((claim) => pathIn(claim) ?? [])
  return path === undefined ? claimed : [path]
}

function mistake(message: string, hint: string): SpecError {
  return new SpecError([{ code: 'not-found', message, hint }])
}
