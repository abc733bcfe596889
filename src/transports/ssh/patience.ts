import { type After, after } from '../after.ts'

/** How long a host may take to answer after the login before it counts as hanging. */
export interface SshPatience {
  /** For a session to open: the server starts no program yet, so it answers at once or not at all. */
  readonly sessionMs: number
  /** For an upload, in addition to the time for its bytes at the slowest rate. */
  readonly uploadMs: number
  /** Between two keep-alive requests; the third one without an answer ends the connection. */
  readonly keepAliveMs: number
  /** For cleaning up: the end of a connection, the removal of a staged file. */
  readonly cleanUpMs: number
  /** The timer of all these, which tests replace. */
  readonly after: After
}

export const defaultPatience: SshPatience = {
  sessionMs: 30_000,
  uploadMs: 60_000,
  keepAliveMs: 15_000,
  cleanUpMs: 1_000,
  after,
}
