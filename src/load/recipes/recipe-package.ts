import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { RecipePackage } from '../../model/recipe.ts'
import { packageRoot } from './read-asset.ts'

/** Whether what a spec says of a recipe is the name of a package, not a path. */
export function isPackageName(written: string): boolean {
  return (
    /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/.*)?$/.test(written) &&
    !/\.[cm]?[jt]sx?$/.test(written)
  )
}

/** A package of recipes, and what to import from it. */
export interface FoundPackage extends RecipePackage {
  /** Its folder. */
  readonly folder: string
}

/**
 * The package that a name such as `@acme/converge-haproxy/tls` is of: in the nearest `node_modules` at or above a folder
 * that is within `root`. Throws an Error if it is not there, or is not for this version of converge.
 */
export async function findPackage(written: string, folder: string, root: string): Promise<FoundPackage> {
  const [, name = written] = /^((?:@[^/]+\/)?[^/]+)/.exec(written) ?? []
  const place = nearest(name, folder, root)
  if (place === undefined) {
    throw new Error(
      `the package ${name} is not installed in ${root}: npm install ${name}; a path begins with ./ or ../`,
    )
  }
  const { version, peerDependencies } = manifestOf(place)
  const own = manifestOf(packageRoot())
  const range = peerDependencies[own.name]
  if (range === undefined)
    throw new Error(`${name} ${version} does not say for which ${own.name} it is, under peerDependencies`)
  const { default: semver } = await import('semver')
  if (semver.validRange(range) === null || !semver.satisfies(own.version, range, { includePrerelease: true }))
    throw new Error(`${name} ${version} is for ${own.name} ${range}, and this is ${own.version}`)
  return { name, version, folder: place }
}

function nearest(name: string, folder: string, root: string): string | undefined {
  const place = join(folder, 'node_modules', name)
  if (existsSync(join(place, 'package.json'))) return place
  const above = dirname(folder)
  const way = relative(root, above)
  return folder === root || above === folder || way.split(sep)[0] === '..'
    ? undefined
    : nearest(name, above, root)
}

function manifestOf(folder: string): {
  readonly name: string
  readonly version: string
  readonly peerDependencies: Readonly<Record<string, string>>
} {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const text = (key: string): string => {
    const value: unknown =
      typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, key) : undefined
    if (typeof value === 'string') return value
    throw new Error(`${join(folder, 'package.json')} has no ${key}`)
  }
  const peers: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'peerDependencies') : undefined
  const ranges = Object.entries(typeof peers === 'object' && peers !== null ? peers : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { name: text('name'), version: text('version'), peerDependencies: Object.fromEntries(ranges) }
}
