import type { TSchema } from 'typebox'

/** Identifies a machine: hosts with the same place are the same machine. */
export interface Place {
  /** The spec key that sets it. */
  readonly key: string
  readonly words: string
}

/** A kind of target, for specs, plans and manifests. `src/transports` connects to it. */
export interface TargetKind<Target, Settings> {
  /** For a list: `a root tree on this machine`. */
  readonly meaning: string
  /** Schema of the target in plans and manifests. */
  readonly schema: TSchema
  /** Schema of the settings under the transport's name, if any; layered ones may stand in every layer. */
  readonly settings?: {
    readonly schema: TSchema & { readonly description?: string }
    readonly isLayered: boolean
  }
  /** The settings with absolute paths; relative ones start at the folder of the file that sets them. */
  located(settings: Settings, folderOf: (key: string) => string): Settings
  target(address: string, settings: Settings): Target
  /** What identifies the machine; undefined if every host has its own. */
  place(target: Target): Place | undefined
  /** The address at which peers reach the host, if the target has one. */
  address(target: Target): string | undefined
  /** What to trust of a removed host's target, if anything. `reporter` is the reporting host's own, if of this kind. */
  believed(reported: Target, reporter: Target | undefined): Target | undefined
}
