/** The host-side library as text: what every program begins with. Read from the files in library/. */
export interface HostLibrary {
  /** Settings and words, state directory, probes. */
  readonly inspect: string
  /** The operations and the steps that carry them out. */
  readonly apply: string
  /** Starts the apply program detached, and follows it. */
  readonly launch: string
  /** What only the portable program needs. */
  readonly portable: string
  /** What only the way back needs. */
  readonly revert: string
}

/** The library's files, in src/shell/library/. */
export const libraryFiles = {
  inspect: ['core.sh', 'state.sh', 'manifest.sh', 'inspect.sh'],
  apply: ['why-not.sh', 'operations.sh', 'accounts.sh', 'packages.sh', 'apply.sh'],
  launch: ['why-not.sh', 'launch.sh'],
  portable: ['portable.sh'],
  revert: ['revert.sh'],
} as const

/** Joins the library from its files. */
export function assembleLibrary(read: (file: string) => string): HostLibrary {
  const join = (files: readonly string[]): string => files.map(read).join('\n')
  return {
    inspect: join(libraryFiles.inspect),
    apply: join(libraryFiles.apply),
    launch: join(libraryFiles.launch),
    portable: join(libraryFiles.portable),
    revert: join(libraryFiles.revert),
  }
}
