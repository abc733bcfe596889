import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { usageError } from '../cli/usage-error.ts'
import { git, gitCommand } from './git-state.ts'
import { recipeCache } from './recipe-cache.ts'
import { leaves } from './spec-file.ts'

/** The files of a commit in a private folder of this process. */
export interface RevisionTree {
  readonly folder: string
  /** Files in Git LFS of which there is only the pointer here. */
  readonly pointers: readonly string[]
  /** Folders whose files another repository has. */
  readonly submodules: readonly string[]
  /** The paths of its regular files. */
  readonly files: readonly string[]
}

interface Entry {
  readonly path: string
  /** `120000` is a symbolic link, `160000` a submodule. */
  readonly mode: string
  readonly id: string
  readonly size: number
}

/** The commit of a revision. Throws a SpecError if there is none. */
export async function commitOf(repository: string, revision: string): Promise<string> {
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
  const commit = await git(repository, named)
  if (commit) return commit.trim()
  const isShallow = (await git(repository, ['rev-parse', '--is-shallow-repository']))?.trim() === 'true'
  throw usageError(
    `git has no revision ${revision} here`,
    isShallow
      ? 'the clone is shallow: fetch it, such as by `git fetch --unshallow origin main`'
      : 'fetch it, such as by `git fetch origin main`',
  )
}

/** Where two commits part. Throws a SpecError if that is nowhere, or is not in a shallow clone. */
export async function mergeBase(
  repository: string,
  [one, other]: readonly [string, string],
): Promise<string> {
  const commits = [await commitOf(repository, one), await commitOf(repository, other)]
  const base = await git(repository, ['merge-base', ...commits])
  if (base) return base.trim()
  const isShallow = (await git(repository, ['rev-parse', '--is-shallow-repository']))?.trim() === 'true'
  throw usageError(
    `${one} and ${other} have no commit in common${isShallow ? ' in this shallow clone' : ''}`,
    isShallow ? 'fetch more, such as by `git fetch --unshallow`' : `compare them with ${one}..${other}`,
  )
}

/** What a file is called in one commit that has another name in the other one; undefined if it was not renamed. */
export async function otherName(
  repository: string,
  [one, other]: readonly [string, string],
  path: string,
): Promise<string | undefined> {
  const argv = [
    'diff-tree',
    '-r',
    '-M',
    '-z',
    '--no-ext-diff',
    '--diff-filter=R',
    '--name-status',
    one,
    other,
  ]
  const words = (await git(repository, argv))?.split('\0') ?? []
  const at = words.findIndex((word, index) => index % 3 === 2 && word === path)
  return at === -1 ? undefined : words[at - 1]
}

/**
 * Writes the files of a commit. Filters and hooks of git have no part in it, so that nothing of the commit runs.
 * `onlySmall` leaves out symbolic links and what is too large for recipes and what they read.
 */
export async function revisionTree(
  repository: string,
  { commit, name }: { readonly commit: string; readonly name: string },
  { onlySmall = false } = {},
): Promise<RevisionTree> {
  // Sizes are not known in a partial clone.
  const listed = await git(repository, ['ls-tree', '-r', '-l', '-z', commit])
  if (listed === undefined) throw missing(name)
  const all = entriesIn(listed)
  const isWanted = ({ mode, size }: Entry): boolean =>
    mode.startsWith('100') ? !onlySmall || size <= smallBytes : mode === '120000' && !onlySmall
  const folder = await newFolder(repository)
  // So that nothing takes another folder for the root of its repository.
  writeFileSync(join(folder, '.git'), '')
  const links: (readonly [string, string])[] = []
  const pointers: string[] = []
  const folders = new Set<string>([folder])
  await eachBlob({ repository, name }, all.filter(isWanted), ({ path, mode }) => {
    const target = join(folder, path)
    if (leaves(folder, target) || existsSync(target)) return () => undefined
    if (!folders.has(dirname(target))) mkdirSync(dirname(target), { recursive: true })
    folders.add(dirname(target))
    const pieces: Buffer[] = []
    if (mode === '120000')
      return (piece) =>
        piece === undefined ? links.push([target, Buffer.concat(pieces).toString()]) : pieces.push(piece)
    const file = openSync(target, 'wx')
    let size = 0
    return (piece) => {
      if (piece !== undefined) {
        size += writeSync(file, piece)
        return
      }
      closeSync(file)
      if (size < longestPointer && pointerIn(readFileSync(target, 'utf8')) !== undefined) pointers.push(path)
    }
  })
  // Last, so that nothing is written through one.
  for (const [target, to] of links) symlinkSync(to, target)
  return {
    folder,
    pointers: await withoutFetched(repository, folder, pointers),
    submodules: all.flatMap(({ mode, path }) => (mode === '160000' ? [path] : [])),
    files: all.filter(isWanted).flatMap(({ mode, path }) => (mode.startsWith('100') ? [path] : [])),
  }
}

export function removeTrees(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
  made.clear()
}

const made = new Set<string>()

/**
 * As deep as the repository, so that an import that leaves it finds nothing of others. Node looks for what a CommonJS module
 * requires in all folders above: others could put it into /tmp.
 */
async function newFolder(repository: string): Promise<string> {
  const cache = await recipeCache()
  if (cache === undefined)
    throw usageError(
      'there is no folder that only you can change for the files of a revision',
      'set XDG_CACHE_HOME to such a folder',
    )
  const folder = mkdtempSync(join(realpathSync(cache), 'converge-revision-'))
  if (!process.listeners('exit').includes(removeTrees)) process.once('exit', removeTrees)
  made.add(folder)
  const deep = join(folder, repository)
  mkdirSync(deep, { recursive: true })
  return deep
}

/** Recipes and what they read are small. */
const smallBytes = 1024 * 1024

function entriesIn(listed: string): readonly Entry[] {
  return listed.split('\0').flatMap((line) => {
    const [, mode = '', id = '', size = '', path = ''] = /^(\d+) \w+ (\w+) +(\d+|-)\t(.*)$/s.exec(line) ?? []
    return path === '' ? [] : [{ mode, id, path, size: Number(size) }]
  })
}

/** Gives each piece of a content, then undefined. */
type Taker = (piece: Buffer | undefined) => unknown

/** Reads contents one after the other, which may be larger than the memory. */
async function eachBlob(
  { repository, name }: { readonly repository: string; readonly name: string },
  entries: readonly Entry[],
  take: (entry: Entry) => Taker,
): Promise<void> {
  const { argv, env } = gitCommand(repository, ['cat-file', '--batch'])
  const child = spawn('git', argv, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = once(child, 'close')
  // Git need not read it; what it answers is enough.
  child.stdin.on('error', () => undefined)
  child.stdin.end(entries.map(({ id }) => `${id}\n`).join(''))
  const [...waiting] = entries.toReversed()
  let head: Buffer = Buffer.alloc(0)
  let left = -1
  let taker: Taker = () => undefined
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    let rest = head.length === 0 ? chunk : Buffer.concat([head, chunk])
    head = Buffer.alloc(0)
    while (rest.length > 0) {
      if (left < 0) {
        const end = rest.indexOf('\n')
        if (end === -1) break
        const entry = waiting.pop()
        const [, size] = /^\w+ blob (\d+)$/.exec(rest.subarray(0, end).toString()) ?? []
        if (entry === undefined || size === undefined) throw missing(name)
        left = Number(size)
        taker = take(entry)
        rest = rest.subarray(end + 1)
      }
      const piece = rest.subarray(0, left)
      if (piece.length > 0) taker(piece)
      left -= piece.length
      rest = rest.subarray(piece.length)
      // A line break follows each content.
      if (left > 0 || rest.length === 0) break
      taker(undefined)
      left = -1
      rest = rest.subarray(1)
    }
    head = rest
  }
  await ended
  if (waiting.length > 0) throw missing(name)
}

function missing(name: string): Error {
  return usageError(
    `git has not all files of ${name} here`,
    'fetch them, such as by `git fetch --refetch --no-filter`: a partial clone has only some of them',
  )
}

const longestPointer = 1024

/** The checksum of the content for which a file of Git LFS stands. */
function pointerIn(text: string): string | undefined {
  return /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n[\s\S]*?^oid sha256:([0-9a-f]{64})$/m.exec(
    text,
  )?.[1]
}

/** Puts what Git LFS has fetched already in the place of its pointers, and gives the others. */
async function withoutFetched(
  repository: string,
  folder: string,
  pointers: readonly string[],
): Promise<readonly string[]> {
  const common = pointers.length === 0 ? undefined : await git(repository, ['rev-parse', '--git-common-dir'])
  if (common === undefined) return pointers
  return pointers.filter((path) => {
    const target = join(folder, path)
    const id = pointerIn(readFileSync(target, 'utf8')) ?? ''
    const content = join(
      resolve(repository, common.trim()),
      'lfs/objects',
      id.slice(0, 2),
      id.slice(2, 4),
      id,
    )
    if (!existsSync(content)) return true
    copyFileSync(content, target)
    return false
  })
}
