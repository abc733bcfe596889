import { type ConvergeError, type Reach, reachOf } from '../../model/errors.ts'
import type { Style } from './style.ts'

export const reachCounts = {
  unreachable: 'Hosts to which there was no connection.',
  refused: 'Hosts that did not let converge in, or are not trusted.',
  failed: 'Hosts on which something failed.',
} as const satisfies Readonly<Record<Reach, string>>

/** How many hosts are unreachable, refused converge or failed. */
export type ReachCounts = Readonly<Record<Reach, number>>

export function countReaches(errors: readonly ConvergeError[]): ReachCounts {
  const number = (reach: Reach) => errors.filter((error) => reachOf(error) === reach).length
  return { unreachable: number('unreachable'), refused: number('refused'), failed: number('failed') }
}

/** `1 unreachable`, `2 failed`: the parts of a summary line. */
export function renderReaches(counts: ReachCounts, style: Style): readonly string[] {
  const { unreachable, refused, failed } = counts
  return Object.entries({ unreachable, refused, failed })
    .filter(([, number]) => number > 0)
    .map(([reach, number]) => style.error(`${number} ${reach}`))
}
