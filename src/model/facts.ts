import type { ClusterFacts, ObjectFact } from './cluster-object.ts'
import type { EtcdRestore } from './etcd-restore.ts'
import type { ApplyFailure, Identity, ManifestEntry, Member } from './manifest.ts'

export type { Probe } from './probe.ts'

export type PathFact = Placed &
  (
    | {
        readonly type: 'absent'
        /** How many directories above it are missing too, nearest first. */
        readonly missingAbove?: number
        /** What is where one of them should be: a link that leads to no directory, or something else. */
        readonly blockedBy?: 'link' | 'other'
      }
    | ({
        readonly type: 'file'
        readonly sizeBytes: number
        readonly sha256: string
        /** A small content that differs from the wanted one; `null` if it is not text. */
        readonly content?: string | null
        /** Something is mounted on it, so that it cannot be replaced. */
        readonly isMount?: true
        /** Of the stamp of an extracted archive that will make way: what was put or changed beside it since, relative; at most 1,000. */
        readonly strangers?: readonly string[]
        /** Likewise of the tree of a checkout: what it had from the beginning, and was changed or removed since. */
        readonly edits?: readonly string[]
        /** Likewise where something is mounted in the tree; `.` is the tree itself. */
        readonly mounts?: readonly string[]
      } & Owned)
    | ({
        readonly type: 'directory'
        /** The names in it, if they were asked for. */
        readonly entries?: readonly string[]
      } & Owned)
    | ({ readonly type: 'link'; readonly target: string } & Owned)
    | ({ readonly type: 'other' } & Owned)
  )

interface Placed {
  /** Where the path is, if a directory above it is a symbolic link. */
  readonly real?: string
  /** Such a link leads out of a root tree. */
  readonly leadsOut?: true
  /** Others than root can change such a link. */
  readonly isLedByOthers?: true
}

/** Mode is four octal digits; owner and group are names, or `UNKNOWN` for an id without a name. */
export interface Owned {
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly uid: number
  readonly gid: number
}

/** The properties of `systemctl show` with their upstream values. */
export interface UnitFact {
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error` */
  readonly load: string
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`; `unknown` if only the host knows */
  readonly active: string
  /** `enabled`, `disabled`, `static`, `masked`, `linked`, ...; empty if there is no unit, `unknown` as above */
  readonly file: string
  readonly needsReload: boolean
  /** A oneshot service that does not remain active: whatever starts it, it ends. */
  readonly endsByItself?: true
  /** Its files say nothing of how it is reloaded. */
  readonly cannotReload?: true
  /** It exited and waits for systemd to restart it: `activating`, and never `failed`. */
  readonly isCrashing?: boolean
  /** Units that stop or restart with it if they run. */
  readonly dependents?: readonly string[]
  /** Units that its start stops. */
  readonly conflicts?: readonly string[]
}

/** `activating` and `reloading` lead to `active`, and count as started. */
export function isStarted(unit: Pick<UnitFact, 'active'> | undefined): boolean {
  return unit?.active === 'active' || unit?.active === 'activating' || unit?.active === 'reloading'
}

/** The number of an account that exists, if it is not known. */
export const unknownId = -1

export interface UserFact {
  /** If it was asked for by number. */
  readonly name?: string
  readonly uid: number
  readonly gid: number
  readonly comment: string
  readonly home: string
  readonly shell: string
  /** Supplementary groups by name, sorted; the primary group is not one of them. */
  readonly groups: readonly string[]
  /** Name of the primary group. */
  readonly group: string
  /** A process that runs as it: the host's tools then refuse to remove it, or to change its number or home. */
  readonly busyPid?: number
}

export interface GroupFact {
  /** If it was asked for by number. */
  readonly name?: string
  /** Users of the host's own whose primary group it is. */
  readonly primaryOf?: readonly string[]
  /** Users of which it is a supplementary group. */
  readonly members?: readonly string[]
  readonly gid: number
}

export interface PackageFact {
  readonly version: string
  /** The administrator keeps it at this version. */
  readonly held?: true
  /** Packages that its removal removes as well, if that was asked for. */
  readonly takesAlong?: readonly string[]
}

/** Whether a host says that it needs a reboot, and why it thinks so. */
export interface RebootFact {
  readonly state: 'required' | 'not-required' | 'unknown'
  /** The boot that it is in; absent in a root tree. */
  readonly boot?: string
  readonly why: string
}

export interface PlatformFact {
  readonly os: string
  readonly release: string
  /** Debian's name of the architecture. */
  readonly arch: string
  /** `systemd`: it runs; `offline`: a root tree that is not booted; `none`: another init. */
  readonly init: 'systemd' | 'offline' | 'none'
  /** Numeric user id that the host program runs as. */
  readonly uid: number
  /** Whether paths are relative to a root tree. */
  readonly rooted: boolean
  /** Uploads would be staged there, but it is not a directory. */
  readonly missingStagingDir?: string
  /** The same for two connections if, and only if, they lead to the same running machine; absent if it is unknown. */
  readonly machine?: string
}

/** A notification that an earlier run earned and did not carry out. */
export interface PendingNotification {
  readonly resource: string
  readonly action: string
}

/** The manifests and generations of a host. */
export interface HostState {
  /** This cluster's resources by identity, as last applied. */
  readonly manifest: readonly ManifestEntry[]
  /** How many lines the manifest's log has. */
  readonly manifestLines: number
  /** It must be rewritten first: a kill or a full disk tore its last line, or it has entries of a portable program. */
  readonly manifestNeedsRewrite?: true
  /** What other clusters own on this host. */
  readonly others: readonly { readonly cluster: string; readonly manifest: readonly ManifestEntry[] }[]
  /** The directory on the host below which contents are kept; absent if nothing kept was asked for. */
  readonly keptIn?: string
  /** The newest generation, 0 if there is none. */
  readonly generation: number
  /** Under which names and where it was applied, the last one last; absent if that was not recorded. */
  readonly identities?: readonly Identity[]
  /** How the newest generation failed, who made it and since when; absent if it did not fail. */
  readonly failed?: ApplyFailure & {
    readonly by: string
    /** Its changes from that at which it failed on, in words; absent if that is not known. */
    readonly left?: readonly string[]
  }
  /** The hosts of the cluster, as this host remembers them. */
  readonly members: readonly Member[]
  /** Set after a rollback: the digest of the catalog that was rolled back, then who did it and when. */
  readonly held?: string
  /** What that rollback changed, in words. */
  readonly rolledBack?: readonly string[]
}

/** The answers to probes, keyed by their subjects. */
export interface Answers {
  readonly paths: Readonly<Record<string, PathFact>>
  /** Also those that were not asked for and stop or restart with one that was. */
  readonly units: Readonly<Record<string, UnitFact>>
  /** `null`: it does not exist. */
  readonly users: Readonly<Record<string, UserFact | null>>
  readonly groups: Readonly<Record<string, GroupFact | null>>
  /** Whether it exists, by `user web` or `group web`. */
  readonly accounts: Readonly<Record<string, boolean>>
  readonly packages: Readonly<Record<string, PackageFact | null>>
  /** Of packages that are not installed: the versions in the package lists, or `null` if they have no such name; nothing of lists that are old. */
  readonly offers?: Readonly<Record<string, readonly string[] | null>>
  readonly tools: Readonly<Record<string, boolean>>
  readonly checks: Readonly<Record<string, boolean>>
  /** What an API of the cluster says, by what is asked; `null`: the host has no answer. */
  readonly answers: Readonly<Record<string, string | null>>
  /** Objects of such an API by the resources that they are; `null`: the host has no answer. */
  readonly objects: Readonly<Record<string, ObjectFact | null>>
  /** If it was asked for. */
  readonly reboot?: RebootFact
}

/** What an API of the cluster says, the same for all hosts of a plan. */
export interface SharedAnswer {
  readonly text: string
  /** The host whose answer it is. */
  readonly from: string
  /** Hosts whose answers begin with another line: they are not of the same API. */
  readonly others: readonly string[]
  /** This host makes the changes that belong to no single host. */
  readonly isVantage: boolean
  /** What the spec does not have is removed. */
  readonly prunes: boolean
}

/** The result of inspecting a host. */
export interface Facts extends Answers {
  readonly platform: PlatformFact
  readonly pending: readonly PendingNotification[]
  /** The journal's text without trailing newlines; empty if nothing is pending. */
  readonly journal: string
  /** What converge keeps on the host; absent if it has never applied anything. */
  readonly state?: HostState
  /** Of a host of which nothing is known: the steps are all that may be needed. */
  readonly isUnknown?: true
  /** Of the planner: the answer of the first host that has one, by what is asked. */
  readonly shared?: Readonly<Record<string, SharedAnswer>>
  /** Of the planner: what all hosts have together. */
  readonly ofCluster?: ClusterFacts
  /** Of the planner: the restore that this host takes part in. */
  readonly restore?: EtcdRestore
  /** Of the planner: the paths that resources of the spec no longer make, and that the plan removes. */
  readonly leaving?: readonly string[]
}

/** Why a host has no facts: an apply is running, or has changed it during the inspection. */
export type Busy = { readonly busy: 'applying'; readonly holder: string } | { readonly busy: 'applied' }
