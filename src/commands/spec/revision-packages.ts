import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { perText } from '../../model/memo.ts'
import { isMap, toValue, type Value, type ValueMap } from '../../model/value.ts'
import type { RevisionTree } from './revision-tree.ts'

/**
 * Lets the files of a revision import the packages that are installed in the repository, if its lock files have the
 * same versions of them and of all that they need. Nothing is downloaded. Gives for each other package what differs.
 */
export function linkPackages(
  repository: string,
  { folder: tree, files }: RevisionTree,
): ReadonlyMap<string, string> {
  const others = new Map<string, string>()
  for (const lock of files.filter((path) => basename(path) === 'package-lock.json')) {
    const [installed, own] = [join(repository, dirname(lock)), join(tree, dirname(lock))]
    const locked = mapIn(jsonIn(join(tree, lock)), 'packages')
    const installedAt = perText((key) => jsonIn(join(installed, key, 'package.json')).version)
    for (const key of Object.keys(locked)) {
      const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(key) ?? []
      if (name === undefined || existsSync(join(own, key))) continue
      const { link, resolved } = mapIn(locked, key)
      // A workspace of the repository.
      const isOwn = link === true && typeof resolved === 'string'
      const other = isOwn ? undefined : difference(key, locked, installedAt)
      if (other !== undefined) others.set(name, other)
      if (other !== undefined) continue
      mkdirSync(dirname(join(own, key)), { recursive: true })
      symlinkSync(isOwn ? join(own, resolved) : join(installed, key), join(own, key))
    }
  }
  return others
}

/** What differs between the package at a key of a lock file, with all that it needs, and what is installed. */
function difference(
  key: string,
  locked: ValueMap,
  installedAt: (key: string) => Value | undefined,
  seen = new Set<string>(),
): string | undefined {
  if (seen.has(key)) return undefined
  seen.add(key)
  const { version: wanted } = mapIn(locked, key)
  const found = installedAt(key)
  const name = key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length)
  if (wanted !== found)
    return `its lock file has ${name} ${String(wanted)}, and ${found === undefined ? 'none' : String(found)} is installed`
  const needs = Object.keys(mapIn(mapIn(locked, key), 'dependencies'))
  for (const need of needs) {
    const at = placesOf(key, need).find((place) => place in locked)
    const other =
      at === undefined ? `its lock file has no ${need}` : difference(at, locked, installedAt, seen)
    if (other !== undefined) return other
  }
  return undefined
}

/** Where a package that another one needs may be, nearest first. */
function placesOf(key: string, need: string): readonly string[] {
  const end = key.lastIndexOf('/node_modules/')
  const below = `${key}/node_modules/${need}`
  return end === -1 ? [below, `node_modules/${need}`] : [below, ...placesOf(key.slice(0, end), need)]
}

function jsonIn(file: string): ValueMap {
  try {
    const value = toValue(JSON.parse(readFileSync(file, 'utf8')))
    return isMap(value) ? value : {}
  } catch {
    // Not there or damaged: it has no version.
    return {}
  }
}

function mapIn(map: ValueMap, key: string): ValueMap {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return isMap(value) ? value : {}
}
