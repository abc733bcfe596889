/** So many of the numbers from 1 to `count`, evenly spread, the last one among them; all of them where there are fewer. */
export function spread(count: number, size: number): readonly number[] {
  const taken = Math.min(count, size)
  return Array.from({ length: taken }, (_, index) => Math.round(((index + 1) * count) / taken))
}
