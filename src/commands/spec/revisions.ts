import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Diagnostic, Problem } from '../../model/diagnostic.ts'
import { SpecError } from '../../model/errors.ts'
import { usageError } from '../cli/usage-error.ts'
import { git, repositoryOf } from './git-state.ts'
import { type LoadedSpec, loadSpec, type SpecNeeds, type SpecOptions } from './load-spec.ts'
import { linkPackages } from './revision-packages.ts'
import {
  commitOf,
  mergeBase,
  otherName,
  type RevisionTree,
  removeTrees,
  revisionTree,
} from './revision-tree.ts'

/** A side of a comparison; without a commit it is the working tree. */
interface Side {
  readonly commit?: string
  /** As git knows it. */
  readonly name: string
  /** The spec's path in the repository; absent if it is not there. */
  readonly path?: string
}

export interface LoadedSide extends Side {
  readonly spec?: LoadedSpec
}

interface LoadedSides {
  readonly from: LoadedSide
  readonly to: LoadedSide
  readonly warnings: readonly Diagnostic[]
}

/**
 * Loads the spec of both sides of `REV`, `REV..REV` or `REV...REV`, each from its own files. Throws a SpecError with what
 * is wrong on either side.
 */
export async function loadSides(
  text: string,
  options: SpecOptions,
  signal: AbortSignal,
  needs: SpecNeeds = {},
): Promise<LoadedSides> {
  try {
    const repository = repositoryOf(resolve(dirname(options.file)))
    if (repository === undefined)
      throw usageError(`${options.file} is in no git repository`, 'compare where the spec has a history')
    const [from, to] = await withPaths(repository, await sidesOf(repository, text), options.file)
    const loaded: LoadedSide[] = []
    const errors: SpecError[] = []
    const warnings: Diagnostic[] = []
    for (const side of [from, to]) {
      signal.throwIfAborted()
      try {
        loaded.push(await loadSide(repository, side, options, needs, warnings))
      } catch (error) {
        if (!(error instanceof SpecError)) throw error
        errors.push(error)
      }
    }
    const [first, second] = loaded
    if (first === undefined || second === undefined || errors.length > 0) throw together(errors)
    return { from: first, to: second, warnings }
  } finally {
    removeTrees()
  }
}

async function sidesOf(repository: string, text: string): Promise<readonly [Side, Side]> {
  const [, one = '', dots, other = ''] = /^(.*?)(?:(\.{2,3})(.*))?$/s.exec(text) ?? []
  const names = [one || 'HEAD', other || 'HEAD'] as const
  const dashed = names.find((name) => name.startsWith('-'))
  if (text === '' || dashed !== undefined)
    throw usageError(`"${dashed ?? text}" is not a revision`, 'such as main, main..HEAD or main...HEAD')
  const of = async (name: string): Promise<Side> => ({ name, commit: await commitOf(repository, name) })
  if (dots === undefined) return [await of(names[0]), { name: 'the working tree' }]
  if (dots === '..') return [await of(names[0]), await of(names[1])]
  const base = await mergeBase(repository, names)
  return [{ name: base.slice(0, 12), commit: base }, await of(names[1])]
}

/** Where each side has the spec, which may have been renamed. */
async function withPaths(
  repository: string,
  [from, to]: readonly [Side, Side],
  file: string,
): Promise<readonly [Side, Side]> {
  const path = relative(repository, resolve(file))
  const [before, after] = [await hasFile(repository, from, path), await hasFile(repository, to, path)]
  if (before && after)
    return [
      { ...from, path },
      { ...to, path },
    ]
  if (!before && !after)
    throw usageError(`neither ${from.name} nor ${to.name} has ${path}`, 'name the spec with -f')
  const [having, lacking] = before ? [from, to] : [to, from]
  const renamed = await otherName(repository, [lacking.commit ?? 'HEAD', having.commit ?? 'HEAD'], path)
  const isThere = renamed !== undefined && (await hasFile(repository, lacking, renamed))
  const other = isThere ? { ...lacking, path: renamed } : lacking
  return before ? [{ ...from, path }, other] : [other, { ...to, path }]
}

async function hasFile(repository: string, { commit }: Side, path: string): Promise<boolean> {
  if (commit === undefined) return existsSync(join(repository, path))
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}:${path}`]
  return (await git(repository, named)) !== undefined
}

async function loadSide(
  repository: string,
  side: Side,
  options: SpecOptions,
  needs: SpecNeeds,
  warnings: Diagnostic[],
): Promise<LoadedSide> {
  const { commit, name, path } = side
  if (path === undefined) return side
  if (commit === undefined) {
    const isSame = resolve(options.file) === join(repository, path)
    const spec = await loadSpec({ ...options, file: isSame ? options.file : join(repository, path) }, needs)
    warnings.push(...spec.warnings)
    return { ...side, spec }
  }
  const tree = await revisionTree(repository, { commit, name })
  const others = options.trustOnly === undefined ? linkPackages(repository, tree) : undefined
  try {
    const spec = await loadSpec({ ...options, file: join(tree.folder, path), trustedIn: repository }, needs)
    warnings.push(...unfetched(tree, name, spec))
    return { ...side, spec }
  } catch (error) {
    if (error instanceof SpecError) throw told(error, tree, name, others)
    throw error
  }
}

/** The files of which only pointers can be compared, as Git LFS has not fetched their contents. */
function unfetched(tree: RevisionTree, name: string, { catalog }: LoadedSpec): readonly Diagnostic[] {
  if (tree.pointers.length === 0) return []
  const contents = new Set(
    catalog.hosts.flatMap(({ entries }) => entries.map(({ resource }) => resource.desired.content)),
  )
  return tree.pointers
    .filter((path) => contents.has(readFileSync(join(tree.folder, path), 'utf8')))
    .map((path): Diagnostic => {
      const message = `${name}:${path} is a pointer here: Git LFS has not fetched its content`
      const hint = `fetch it, such as by \`git lfs fetch origin ${name}\``
      return { severity: 'warning', code: 'not-found', path: '', message, hint }
    })
}

/** The mistakes of a revision, at the places that git knows; its files are gone when they are shown. */
function told(
  { problems }: SpecError,
  { folder, submodules }: RevisionTree,
  name: string,
  others: ReadonlyMap<string, string> | undefined,
): SpecError {
  const renamed = (text: string): string => text.replaceAll(`${folder}/`, `${name}:`).replaceAll(folder, name)
  const sources = new Map<string, string>()
  const inRevision = (problem: Problem): Problem => {
    const { position, message, hint, code } = problem
    const file = position?.file
    if (file?.startsWith(`${folder}/`) === true && !sources.has(renamed(file)))
      sources.set(renamed(file), readFileSync(file, 'utf8'))
    const text = renamed(message)
    const within = submodules.find((path) => text.includes(`${name}:${path}/`))
    return {
      ...problem,
      message: position === undefined && code !== 'usage' ? `${name}: ${text}` : text,
      hint:
        (others && packageHint(message, name, others)) ??
        (within === undefined ? hint && renamed(hint) : `${within} is a submodule, whose files are not read`),
      position: position && { ...position, file: renamed(position.file) },
    }
  }
  return new SpecError(problems.map(inRevision), sources)
}

/** Why a package is not found, if that is so. */
function packageHint(message: string, name: string, others: ReadonlyMap<string, string>): string | undefined {
  const [, wanted] =
    /(?:Cannot find (?:module|package) '|the package )((?:@[^/']+\/)?[^./' ][^/' ]*)/.exec(message) ?? []
  if (wanted === undefined) return undefined
  const why = others.get(wanted) ?? `no package-lock.json there says which version of ${wanted} it has`
  return `${name}: ${why}; install the packages of that revision to compare with it`
}

/** The mistakes of both sides; what is wrong with the command line is told once. */
function together(errors: readonly SpecError[]): SpecError {
  const problems = new Map(
    errors.flatMap((error) => error.problems.map((one) => [JSON.stringify(one), one] as const)),
  )
  return new SpecError([...problems.values()], new Map(errors.flatMap(({ sources }) => [...sources])))
}
