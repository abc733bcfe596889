import { realpathSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import type { Position, Problem } from '../../model/diagnostic.ts'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import { createValidator } from '../../validation/validator.ts'
import { includeSchema } from '../schema/cluster-schema.ts'
import { childOf, type Document } from '../yaml/document.ts'
import { type ParseOptions, parseSpec } from '../yaml/parse.ts'
import { findFiles, isPattern } from './find-files.ts'
import { doublyWritten, mergeDocuments } from './merge-documents.ts'
import { dataSections, readDataFiles } from './read-data-files.ts'
import { maxSpecBytes, readText } from './read-text.ts'
import { fileWithin } from './read-within.ts'

/** How many files a spec may have. */
const maxFiles = 1000

/** A file that one of its ancestors includes, and where that says so. */
interface Inclusion {
  readonly file: string
  readonly position: Position | undefined
  /** By its path, and not by a pattern. */
  readonly isNamed: boolean
  readonly from: Inclusion | undefined
}

/**
 * Reads and parses a spec with the files that it includes, and merges them. Included files are below `root`; their
 * paths are relative to the file that names them. The document is undefined if a file cannot be read or parsed.
 */
export async function readDocuments(
  file: string,
  root: string,
  secretAt: ParseOptions['secretAt'],
): Promise<{ readonly document: Document | undefined; readonly problems: readonly Problem[] }> {
  const documents: Document[] = []
  const problems: Problem[] = []
  const known = new Set<string>()
  let isWhole = true
  let bytes = 0

  const fail = (problem: Problem): void => {
    problems.push(problem)
    isWhole = false
  }

  const read = async (inclusion: Inclusion): Promise<void> => {
    const text = await textOf(inclusion, fail)
    if (text === undefined || isLeftOut(inclusion, text, fail)) return
    bytes += Buffer.byteLength(text)
    if (known.size > maxFiles || bytes > maxSpecBytes) {
      const limit = known.size > maxFiles ? `${maxFiles} files` : `${maxSpecBytes / 1024 / 1024} MiB`
      throw new SpecError([
        {
          code: 'too-large',
          message: `the spec and what it includes exceed the limit of ${limit}`,
          hint: 'split it into several clusters',
          position: inclusion.position,
        },
      ])
    }
    const what = inclusion.from === undefined ? 'spec' : 'part'
    const parsed = parseSpec({ file: inclusion.file, text, what, ...given({ secretAt }) })
    problems.push(...parsed.problems)
    if (parsed.document === undefined) {
      isWhole = false
      return
    }
    documents.push(parsed.document.without([{ path: ['include'], part: 'key' }]))
    for (const { pattern, position } of includesOf(parsed.document, fail)) {
      for (const next of filesOf(pattern, position, inclusion)) await read(next)
    }
  }

  const filesOf = (
    pattern: string,
    position: Position | undefined,
    from: Inclusion,
  ): readonly Inclusion[] => {
    const folder = dirname(from.file)
    const found = isPattern(pattern) ? findFiles(folder, pattern) : [join(folder, pattern)]
    if ('message' in found || found.length === 0) {
      const message = 'message' in found ? found.message : `no file matches ${pattern}`
      fail({ code: 'unreadable-file', message, hint: relativeHint, position })
      return []
    }
    return found.flatMap((path) => {
      const next = { file: normalize(path), position, isNamed: !isPattern(pattern), from }
      try {
        const written = isPattern(pattern) ? relative(folder, path) : pattern
        const real = fileWithin({ root, folder, path: written })
        const circle = circleOf(real, from)
        if (circle !== undefined && !isPattern(pattern)) {
          const message = `${next.file} includes itself: ${[...circle, next.file].join(' includes ')}`
          fail({ code: 'include-circle', message, hint: 'remove one of these includes', position })
        }
        if (circle !== undefined || known.has(real)) return []
        known.add(real)
        return [next]
      } catch (error) {
        if (!(error instanceof Error)) throw error
        fail({ code: 'unreadable-file', message: error.message, hint: relativeHint, position })
        return []
      }
    })
  }

  await read({ file, position: undefined, isNamed: true, from: undefined })
  const [main, ...others] = documents
  if (!isWhole || main === undefined) return { document: undefined, problems }
  problems.push(...doublyWritten(documents))
  const merged = mergeDocuments([main, ...others])
  const data = await readDataFiles(merged, root)
  problems.push(...data.problems)
  const document = mergeDocuments([
    merged.without(dataSections.map((section) => ({ path: [section], part: 'key' }))),
    ...data.documents,
  ])
  return { document, problems }
}

const relativeHint = 'the path is relative to the file that names it'

/** The text of a file; a mistake in an included one is at its `include`, if it has no place of its own. */
async function textOf(
  { file, position }: Inclusion,
  fail: (problem: Problem) => void,
): Promise<string | undefined> {
  try {
    return await readText(file)
  } catch (error) {
    if (!(error instanceof SpecError) || position === undefined) throw error
    for (const problem of error.problems) fail({ ...problem, position: problem.position ?? position })
    return undefined
  }
}

/** Whether a file has secrets, which may stand beside the parts of a spec: none of it is shown as one. */
function isLeftOut(
  { file, position, isNamed, from }: Inclusion,
  text: string,
  fail: (problem: Problem) => void,
): boolean {
  if (from === undefined || !/^salt:/m.test(text)) return false
  if (isNamed)
    fail({
      code: 'unreadable-file',
      message: `${file} has secrets, and is no part of a spec`,
      hint: 'set secrets to its path instead',
      position,
    })
  return true
}

const checkInclude = createValidator<readonly string[] | null>({ ...includeSchema }, 'include')

function includesOf(
  document: Document,
  fail: (problem: Problem) => void,
): readonly { readonly pattern: string; readonly position: Position | undefined }[] {
  const written = childOf(document.data, 'include') ?? null
  const result = checkInclude(written, (path) => document.source(['include', ...path]))
  if (!result.ok) {
    for (const mistake of result.mistakes) {
      const path = ['include', ...mistake.path]
      fail({ ...mistake, path, position: document.locate(path, mistake.part) })
    }
    return []
  }
  return (result.value ?? []).map((pattern, index) => ({
    pattern,
    position: document.locate(['include', index], 'value'),
  }))
}

/** The files from the one with this real path down to the one that includes it again. */
function circleOf(real: string, from: Inclusion): readonly string[] | undefined {
  const chain: string[] = []
  for (let at: Inclusion | undefined = from; at !== undefined; at = at.from) {
    chain.unshift(at.file)
    if (realpathSync(at.file) === real) return chain
  }
  return undefined
}
