import { join, sep } from 'node:path'
import type { Position } from '../../model/diagnostic.ts'
import { packageRoot } from './read-asset.ts'

// Between what threw and the recipe that asked for it may be more than the ten frames that an error has by default.
Error.stackTraceLimit = Math.max(Error.stackTraceLimit, 50)

/** Where a recipe threw: the innermost frame that is neither converge's nor a library's. */
export function thrownAt(error: unknown): Position | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  // `dist/` if converge is bundled.
  const own = ['src', 'dist'].map((folder) => join(packageRoot(), folder) + sep)
  for (const line of error.stack.split('\n')) {
    const frame = /^\s+at (?:.* \()?(file:\/\/)?(\/.*):(\d+):(\d+)\)?$/.exec(line)
    if (frame === null) continue
    const [, scheme, path = '', row, column] = frame
    const file = scheme === undefined ? path : decodeURIComponent(path)
    if (own.some((folder) => file.startsWith(folder)) || file.includes('/node_modules/')) continue
    return { file, line: Number(row), column: Number(column) }
  }
  return undefined
}
