import type { Generation } from '../../model/manifest.ts'
import { parseStartedBy, wallTime } from '../../model/started-by.ts'

/** Who began the newest apply that is the last one of any of these hosts, and when; undefined where there is none. */
export function lastApply(newest: readonly (Generation | undefined)[]): string | undefined {
  return newest
    .flatMap((generation) => generation?.by ?? [])
    .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .at(-1)
}

/** Why a host stays as it is when the last apply is taken back: its own last one was an older one. */
export function olderApplyNote(host: string, { number, by }: Generation): string {
  const { who, at } = parseStartedBy(by)
  const when = at === undefined ? '' : ` of ${wallTime(at)}`
  return `not part of the last apply, left unchanged; converge rollback ${host} undoes its own, generation ${number}${when} by ${who}`
}

function timeOf(by: string): string {
  return parseStartedBy(by).at ?? ''
}
