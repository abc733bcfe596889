import type { Position } from '../model/diagnostic.ts'

/** Where a recipe's own code was when it threw: the innermost frame that is neither converge's nor a library's. */
export function thrownAt(error: unknown): Position | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  for (const line of error.stack.split('\n')) {
    const frame = /^\s+at (?:.* \()?(file:\/\/)?(\/.*):(\d+):(\d+)\)?$/.exec(line)
    if (frame === null) continue
    const [, scheme, path = '', row, column] = frame
    const file = scheme === undefined ? path : decodeURIComponent(path)
    if (file.startsWith(OWN_CODE) || file.includes('/node_modules/')) continue
    return { file, line: Number(row), column: Number(column) }
  }
  return undefined
}

/** `src/`, or `dist/` where converge is bundled. */
const OWN_CODE = decodeURIComponent(new URL('..', import.meta.url).pathname)
