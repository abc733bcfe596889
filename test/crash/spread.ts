import { createHash } from 'node:crypto'

/** So many of the numbers from 1 to `count`, evenly spread, the last one among them; all of them where there are fewer. */
export function spread(count: number, size: number): readonly number[] {
  const taken = Math.min(count, size)
  return Array.from({ length: taken }, (_, index) => Math.round(((index + 1) * count) / taken))
}

/** The same, but with each text other ones: a sample that changes with what is tested, and only with that. */
export function spreadFor(text: string, count: number, size: number): readonly number[] {
  const taken = spread(count, size)
  const earlier = createHash('sha256').update(text).digest().readUInt32BE() % Math.floor(count / taken.length)
  return taken.map((number) => number - earlier)
}
