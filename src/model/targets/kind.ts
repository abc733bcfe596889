import type { TSchema } from 'typebox'

/** Which machine it is: two hosts with the same place are the same machine. */
export interface Place {
  /** The key of a host that says it. */
  readonly key: string
  readonly words: string
}

/** One way to reach hosts: what the spec, plans and manifests know of it. How it connects is in `src/transports`. */
export interface TargetKind<Target, Settings> {
  /** In the words of a list: `a root tree on this machine`. */
  readonly meaning: string
  /** Of the target as plans and manifests hold it. */
  readonly schema: TSchema
  /**
   * Of what a spec says under the transport's own name: at the host or, if it is layered, at the cluster, environments
   * and roles too. Absent: there is nothing to say.
   */
  readonly settings?: {
    readonly schema: TSchema & { readonly description?: string }
    readonly isLayered: boolean
  }
  /** The settings with absolute paths; relative ones start at the spec's folder. */
  located(settings: Settings, folder: string): Settings
  target(address: string, settings: Settings): Target
  /** What tells machines apart; undefined if every host is a machine of its own. */
  place(target: Target): Place | undefined
  /** The address by which peers reach the host, if the target says so. */
  address(target: Target): string | undefined
  /**
   * What to believe of the target of a host that left the spec, as another host reports it. `reporter` is that host's
   * own target if it has the same transport. Undefined: nothing.
   */
  believed(reported: Target, reporter: Target | undefined): Target | undefined
}
