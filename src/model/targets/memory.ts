import { Type } from 'typebox'
import type { Data } from '../schema.ts'
import type { TargetKind } from './kind.ts'

export const MemoryTarget = Type.Object({ transport: Type.Literal('memory') })

export type MemoryTarget = Data<typeof MemoryTarget>

/** A root tree that is discarded after the run. */
export const memory: TargetKind<MemoryTarget, undefined> = {
  meaning: 'a root tree that is thrown away after the run',
  schema: MemoryTarget,
  located: () => undefined,
  target: () => ({ transport: 'memory' }),
  place: () => undefined,
  address: () => undefined,
  believed: (reported, reporter) => reporter && reported,
}
