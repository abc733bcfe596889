import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files of a tree: paths within it to texts. */
export function filesIn(tree: string): Map<string, string> {
  const found = readdirSync(tree, { recursive: true, withFileTypes: true })
  const paths = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return new Map(paths.sort().map((path) => [path.slice(tree.length + 1), readFileSync(path, 'utf8')]))
}
