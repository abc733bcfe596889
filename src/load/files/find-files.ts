import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Mistake } from '../../model/diagnostic.ts'
import { globSource } from '../../model/glob.ts'
import { isSystemError } from '../../model/system-error.ts'

/** Whether a text is a pattern: `*` and `?` stand for characters of a name, `**` for any folders. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text)
}

/** The files that a pattern finds below a folder, by name; not hidden ones, and none in folders of packages. */
export function findFiles(folder: string, pattern: string): readonly string[] | Mistake {
  try {
    return expand(folder, pattern.split('/'))
  } catch (error) {
    if (!isSystemError(error)) throw error
    const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    return { message: `${error.path ?? folder} ${isMissing ? 'does not exist' : 'cannot be read'}` }
  }
}

function expand(folder: string, [segment, ...rest]: readonly string[]): readonly string[] {
  if (segment === undefined) return []
  if (!isPattern(segment))
    return rest.length === 0 ? fileNamed(folder, segment) : expand(join(folder, segment), rest)
  const entries = shownIn(folder)
  if (segment === '**') {
    const below = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    return [
      ...expand(folder, rest),
      ...below.flatMap(({ name }) => expand(join(folder, name), ['**', ...rest])),
    ]
  }
  const matcher = matcherOf(segment)
  const matching = entries.filter(({ name }) => matcher.test(name))
  if (rest.length === 0)
    return matching.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name))
  return matching
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => expand(join(folder, name), rest))
}

/** After a pattern, as in `*` + `/roles.yaml`, a folder need not have the file. */
function fileNamed(folder: string, name: string): readonly string[] {
  return shownIn(folder).some((entry) => entry.name === name && !entry.isDirectory())
    ? [join(folder, name)]
    : []
}

function shownIn(folder: string): readonly Dirent[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

function matcherOf(segment: string): RegExp {
  return new RegExp(`^${globSource(segment)}$`, 'u')
}
