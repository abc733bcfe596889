import type { Probe } from '../../model/facts.ts'
import type { AnswerReader } from '../answers/answer-reader.ts'
import type { TreeAccounts } from './tree-accounts.ts'

/** The question of one kind of probe and the reader of its answer. */
export interface ProbeKind<P extends Probe, Fact> {
  readonly probe: P['probe']
  /** What a probe asks about, which is the key of its fact. Probes that ask about the same are asked once. */
  subject(probe: P): string
  /** The lines of the inspect program that ask; there is at least one probe. */
  ask(probes: readonly P[]): readonly string[]
  /** Reads what those lines print. The owners in a root tree are named by its own accounts. */
  read(
    reader: AnswerReader,
    probes: readonly P[],
    tree: TreeAccounts | undefined,
  ): Readonly<Record<string, Fact>>
  /** How long the host may take for one probe, if more than next to nothing. */
  readonly timeoutMs?: number
  /** How much the host may print for one probe, if more than a few lines. */
  readonly outputBytes?: number
}

/** The probes of one kind. */
export type ProbeOf<Kind extends Probe['probe']> = Extract<Probe, { readonly probe: Kind }>
