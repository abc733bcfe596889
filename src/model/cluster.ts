import type { Position } from './diagnostic.ts'
import type { Value, ValueMap } from './value.ts'

/** Where a leaf of the resolved spec came from. `layer` reads as in `role fleet`, `recipe etcd (default)`, `--set`. */
export interface Origin {
  readonly layer: string
  readonly position?: Position
}

/** What must be declared of a host, because recipes never see facts. Inspect refuses a host that is otherwise. */
export interface Platform {
  /** `ID` of os-release, such as `debian`; checked when declared. */
  readonly os?: string
  /** `VERSION_ID` of os-release; checked when declared. */
  readonly release?: string
  /** Debian's name of the architecture: `amd64`, `arm64`, ...; checked when declared. */
  readonly arch?: string
  /** `systemd` unless declared otherwise; `none` where nothing may be started. */
  readonly init: 'systemd' | 'none'
  /** Where converge keeps its journal and manifest; `/var/lib/converge` unless declared otherwise. */
  readonly stateDir: string
  /** Where uploads are staged, writable for the ssh user; `/var/tmp` unless declared otherwise. */
  readonly stagingDir: string
  /** Where binaries of archives are linked; `/usr/local/bin` unless declared otherwise. */
  readonly binDir: string
  /** How many generations the host keeps for rollback; 10 unless declared otherwise. */
  readonly keepGenerations?: number
}

/** How a host is reached over SSH; what is absent comes from `~/.ssh/config`, then from OpenSSH's defaults. */
export interface SshSettings {
  readonly user?: string
  readonly port?: number
  readonly identityFile?: string
  /** `user@bastion:port`, several separated by commas, or `none`; as OpenSSH's ProxyJump. */
  readonly proxyJump?: string
  readonly knownHostsFile?: string
  /** `yes` refuses unknown keys; `accept-new` records a key seen for the first time. */
  readonly hostKeyChecking?: 'yes' | 'accept-new'
  readonly connectTimeoutSeconds?: number
  /** `auto`: sudo unless the user is root. */
  readonly sudo?: 'auto' | 'always' | 'never'
}

/** How a host is reached: over SSH, as a directory on this machine, or as a throw-away tree. */
export type Target =
  | { readonly transport: 'ssh'; readonly address: string; readonly ssh: SshSettings }
  | { readonly transport: 'directory'; readonly directory: string }
  | { readonly transport: 'memory' }

/** One entry of a host's expanded run list. */
export interface RecipeUse {
  readonly recipe: string
  /** The layer that listed it, such as `role fleet` or `host infra0`. */
  readonly layer: string
  readonly position?: Position
}

/** One entry under `resources:` of a role or host: `{ kind, desired }`, expressions already evaluated. */
export interface ResourceDeclaration {
  readonly kind: string
  readonly desired: ValueMap
  readonly layer: string
  readonly position?: Position
}

export interface Host {
  readonly name: string
  /** Position within the range that it was expanded from, from 0; 0 for a host written by itself. */
  readonly index: number
  /** Address by which peers reach it. */
  readonly address: string
  readonly target: Target
  readonly platform: Platform
  readonly environment: string | undefined
  readonly roles: readonly string[]
  readonly runList: readonly RecipeUse[]
  readonly attributes: ValueMap
  readonly resources: readonly ResourceDeclaration[]
  /** The origin of the leaf at a dotted path such as `attributes.etcd.version`, if there is such a leaf. */
  origin(path: string): Origin | undefined
  readonly position?: Position
}

/** The resolved spec: every host with its merged attributes and run list, in the order of the spec. */
export interface Cluster {
  readonly name: string
  readonly environment: string | undefined
  /** The spec's file as it was named; relative paths in the spec start at its folder. */
  readonly file: string
  readonly hosts: readonly Host[]
}

export type { Value, ValueMap }
