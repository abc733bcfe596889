import type { Bookkeeping } from '../../../src/model/plan.ts'

/** The resources of the manifest that a rollback leaves; undefined if it leaves none of its own. */
export function outcomeOf({ outcome }: Partial<Bookkeeping> = {}): readonly string[] | undefined {
  return outcome === undefined
    ? undefined
    : [...outcome.matchAll(/^set \{"resource":"([^"]+)/gm)].map(([, resource = '']) => resource)
}
