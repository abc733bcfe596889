/**
 * Tells what a suite has tried. `test/run.ts` gathers these lines, and with `--write` puts them into README.md: only
 * what does not depend on how fast a machine is belongs here.
 */
export function figure(what: string, count: number | string): void {
  console.log(`figure: ${what}: ${typeof count === 'number' ? count.toLocaleString('en') : count}`)
}

/** So many of so many. */
export function share(taken: number, all: number): string {
  const [some, whole] = [taken, all].map((count) => count.toLocaleString('en'))
  return taken === all ? `all ${whole}` : `${some} of ${whole}`
}
