import type { Position } from '../../model/diagnostic.ts'

/** A place as a message in a file names it: `on line 4`, or `in roles/web.yaml:4`. */
export function placeWords(position: Position | undefined, file: string | undefined): string {
  if (position === undefined) return 'elsewhere'
  return position.file === file ? `on line ${position.line}` : `in ${position.file}:${position.line}`
}
