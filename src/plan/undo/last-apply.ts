import type { Generation } from '../../model/manifest.ts'
import { parseStartedBy, wallTime } from '../../model/started-by.ts'

/** Who started the newest of the hosts' last applies, and when; undefined if there is none. */
export function lastApply(newest: readonly (Generation | undefined)[]): string | undefined {
  return newest
    .flatMap((generation) => generation?.by ?? [])
    .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .at(-1)
}

/** Why undoing the last apply does not change a host: its own last apply is older. */
export function olderApplyNote(host: string, { number, by }: Generation): string {
  const { who, at } = parseStartedBy(by)
  const when = at === undefined ? '' : ` of ${wallTime(at)}`
  return `not part of the last apply, left unchanged; converge rollback ${host} undoes its own, generation ${number}${when} by ${who}`
}

function timeOf(by: string): string {
  return parseStartedBy(by).at ?? ''
}
