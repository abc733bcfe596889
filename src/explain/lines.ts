import { diffArrays } from 'diff'
import type { Position } from '../model/diagnostic.ts'
import type { Output } from './outputs.ts'
import type { SourceText } from './reads.ts'

/** The lines that another outcome does not have, from 0. */
export function changedLines(lines: readonly string[], other: readonly string[]): readonly number[] {
  if (other.length === lines.length) return [...lines.keys()].filter((index) => lines[index] !== other[index])
  const same = new Set(commonLines(lines, other).map(([index]) => index))
  return [...lines.keys()].filter((index) => !same.has(index))
}

/** The place of each line that is a line of one of these texts, in their order. */
export function placesOf({ lines }: Output, texts: readonly SourceText[]): ReadonlyMap<number, Position> {
  const places = new Map<number, Position>()
  for (const text of texts) {
    for (const [index, at] of commonLines(lines, text.lines)) {
      const place = text.places[at]
      if (place !== undefined && !places.has(index)) places.set(index, place)
    }
  }
  return places
}

const maxEdits = 2000

/** The indexes of lines that two texts have in common, in order. */
function commonLines(
  lines: readonly string[],
  others: readonly string[],
): readonly (readonly [number, number])[] {
  const common: [number, number][] = []
  let [at, otherAt] = [0, 0]
  const options = { maxEditLength: maxEdits }
  for (const { value, added, removed } of diffArrays([...lines], [...others], options) ?? []) {
    if (!added && !removed) {
      for (const index of value.keys()) common.push([at + index, otherAt + index])
    }
    if (!added) at += value.length
    if (!removed) otherAt += value.length
  }
  return common
}
