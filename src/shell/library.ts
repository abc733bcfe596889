/** The host-side library as text, with which every program starts. Read from the files in library/. */
export interface HostLibrary {
  /** Settings, state directory, probes. */
  readonly inspect: string
  /** The package managers, for programs that ask about packages or change some. */
  readonly packages: string
  /** etcd, for programs that ask about its objects or change it. */
  readonly etcd: string
  /** The operations and the steps that carry them out. */
  readonly apply: string
  /** Starts the apply program detached, and follows it. */
  readonly launch: string
  /** What only the portable program needs. */
  readonly portable: string
  /** What only the undo of an unconfirmed apply needs. */
  readonly revert: string
  /** For a program that only runs a command of the user. */
  readonly command: string
  /** What only a first boot needs. */
  readonly firstBoot: string
  /** For a first boot that fetches its program. */
  readonly fetch: string
}

/** The library's files, in src/shell/library/. */
export const libraryFiles = {
  inspect: [
    'core.sh',
    'user-command.sh',
    'ways.sh',
    'state.sh',
    'manifest.sh',
    'probes/platform.sh',
    'probes/paths.sh',
    'probes/units.sh',
    'probes/accounts.sh',
    'probes/tools.sh',
    'probes/checks.sh',
    'probes/answers.sh',
    'probes/reboot.sh',
    'probes/state.sh',
  ],
  packages: [
    'probes/packages.sh',
    'packages/apt.sh',
    'packages/rpm.sh',
    'packages/dnf.sh',
    'packages/zypper.sh',
    'packages/apk.sh',
  ],
  etcd: ['etcdctl.sh', 'probes/objects.sh', 'etcd-members.sh', 'etcd-objects.sh', 'etcd-restore.sh'],
  apply: [
    'why-not.sh',
    'places.sh',
    'write-queue.sh',
    'paths.sh',
    'edits.sh',
    'owners.sh',
    'units.sh',
    'commands.sh',
    'reboot.sh',
    'accounts.sh',
    'packages.sh',
    'archives.sh',
    'downloads.sh',
    'download.sh',
    'apply.sh',
  ],
  launch: ['why-not.sh', 'launch.sh'],
  portable: ['portable.sh'],
  revert: ['revert.sh'],
  command: ['user-command.sh'],
  firstBoot: ['first-boot.sh'],
  fetch: ['download.sh', 'fetch.sh'],
} as const

/** Joins the library's files without comments: bash reads its stdin byte by byte. */
export function assembleLibrary(read: (file: string) => string): HostLibrary {
  const join = (files: readonly string[]): string =>
    files.map((file) => read(file).replaceAll(/^\s*#.*\n/gm, '')).join('\n')
  return {
    inspect: join(libraryFiles.inspect),
    packages: join(libraryFiles.packages),
    etcd: join(libraryFiles.etcd),
    apply: join(libraryFiles.apply),
    launch: join(libraryFiles.launch),
    portable: join(libraryFiles.portable),
    revert: join(libraryFiles.revert),
    command: join(libraryFiles.command),
    firstBoot: join(libraryFiles.firstBoot),
    fetch: join(libraryFiles.fetch),
  }
}
