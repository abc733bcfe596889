import { type After, after } from '../after.ts'

/** How long a host that has let us in may take to answer before it counts as hanging. */
export interface SshPatience {
  /** For a session to open: nothing of the host's own is started yet, so that a server answers at once or not at all. */
  readonly sessionMs: number
  /** For an upload, besides what its bytes take at the slowest rate. */
  readonly uploadMs: number
  /** Between two signs of life that are asked for where nothing else is heard; the third that is missed ends it. */
  readonly keepAliveMs: number
  /** For cleaning up: the end of a connection, the removal of a staged file. */
  readonly cleanUpMs: number
  /** The time by which all of this is meant. */
  readonly after: After
}

export const defaultPatience: SshPatience = {
  sessionMs: 30_000,
  uploadMs: 60_000,
  keepAliveMs: 15_000,
  cleanUpMs: 1_000,
  after,
}
