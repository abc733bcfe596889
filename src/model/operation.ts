/** Bytes to be put on a host, in a form that JSON can carry. `sha256` is lower-case hex over the bytes. */
export interface Content {
  readonly encoding: 'utf8' | 'base64'
  readonly data: string
  readonly sha256: string
  readonly sizeBytes: number
}

/** What systemd is asked to do with a unit. */
export type UnitAction = 'enable' | 'disable' | 'mask' | 'unmask' | 'start' | 'stop' | 'restart' | 'reload'

/** Owner, group (names or decimal ids) and mode (four octal digits, such as `0644`). */
export interface Ownership {
  readonly owner: string
  readonly group: string
  readonly mode: string
}

export interface UserProperties {
  readonly uid?: number
  /** Primary group, by name. */
  readonly group?: string
  /** Supplementary groups, by name; the list is complete. */
  readonly groups?: readonly string[]
  readonly home?: string
  readonly shell?: string
  readonly comment?: string
}

/** The closed set of things that converge does to a host. Each is idempotent and reads as a sentence in the plan. */
export type Operation =
  | ({
      readonly op: 'write'
      readonly path: string
      readonly content: Content
      /** Shell command run on the staged file before it goes live; `{}` stands for its path. Exit 0 accepts. */
      readonly validate?: string
      /** Its content is neither shown in diffs nor in messages. */
      readonly sensitive?: boolean
    } & Ownership)
  | ({ readonly op: 'mkdir'; readonly path: string } & Ownership)
  | ({ readonly op: 'attributes'; readonly path: string } & Ownership)
  | { readonly op: 'link'; readonly path: string; readonly target: string }
  /**
   * Removes a file, a link, or a directory: with what is in it (recursive), or only where it is empty. Nothing there is
   * fine.
   */
  | {
      readonly op: 'remove'
      readonly path: string
      readonly recursive: boolean
      /** The content of the file that goes is not shown. */
      readonly sensitive?: boolean
    }
  /** Puts a content back that converge kept; `kept` is a file below the cluster's state directory on the host. */
  | ({
      readonly op: 'restore'
      readonly path: string
      readonly kept: string
      readonly sha256: string
      /** As for a write. */
      readonly sensitive?: boolean
    } & Ownership)
  | {
      readonly op: 'group'
      readonly name: string
      readonly gid?: number
      readonly system: boolean
      /** Taken back by a removal where it was created; accounts stay otherwise. */
      readonly prune?: boolean
    }
  | ({
      readonly op: 'user'
      readonly name: string
      readonly system: boolean
      readonly createHome: boolean
      /** As for a group. */
      readonly prune?: boolean
    } & UserProperties)
  | { readonly op: 'remove-user'; readonly name: string }
  | { readonly op: 'remove-group'; readonly name: string }
  | {
      readonly op: 'package'
      /** `name` or `name=version`, apt's spelling. */
      readonly packages: readonly string[]
      /** Whether daemons may be started by the package's own scripts. */
      readonly autostart: boolean
      /** Refresh the package lists first where they are older than a day. */
      readonly update: boolean
    }
  | { readonly op: 'remove-package'; readonly packages: readonly string[] }
  | {
      readonly op: 'archive'
      readonly url: string
      readonly sha256: string
      /** Directory that will hold the extracted tree, replaced as a whole. */
      readonly path: string
      /** Leading path components to drop, as tar's --strip-components. */
      readonly strip: number
    }
  | {
      readonly op: 'unit'
      readonly unit: string
      readonly action: UnitAction
      /** Return before the job is finished (a member that waits for its peers). */
      readonly noBlock?: boolean
      /** Leaves it to a later enabling or masking that systemd reads its unit files anew. */
      readonly noReload?: boolean
    }
  | { readonly op: 'daemon-reload' }
  | {
      readonly op: 'run'
      readonly command: string
      readonly cwd?: string
      readonly user?: string
      readonly environment?: Readonly<Record<string, string>>
      readonly timeoutSeconds: number
    }
  /** Repeats a command once a second until it exits 0; fails after the timeout. */
  | { readonly op: 'await'; readonly command: string; readonly timeoutSeconds: number }
