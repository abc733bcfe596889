import type { Probe } from '../../model/facts.ts'
import type { AnswerReader } from '../answers/answer-reader.ts'
import type { TreeAccounts } from './tree-accounts.ts'

/** One kind of probe: its question, and the reader of the answer. */
export interface ProbeKind<P extends Probe, Fact> {
  readonly probe: P['probe']
  /** The subject of a probe, which is the key of its fact. Each subject is asked once. */
  subject(probe: P): string
  /** The lines of the inspect program; there is at least one probe. */
  ask(probes: readonly P[]): readonly string[]
  /** Reads their output. In a root tree owners are named by its own accounts. */
  read(
    reader: AnswerReader,
    probes: readonly P[],
    tree: TreeAccounts | undefined,
  ): Readonly<Record<string, Fact>>
  /** Time limit for one probe, if relevant. */
  readonly timeoutMs?: number
  /** Output limit for one probe, if more than a few lines. */
  readonly outputBytes?: number
}

/** The probes of one kind. */
export type ProbeOf<Kind extends Probe['probe']> = Extract<Probe, { readonly probe: Kind }>
