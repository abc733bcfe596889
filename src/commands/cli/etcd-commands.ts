import { type Command, Option } from 'commander'
import type { EtcdRestoreOptions } from '../etcd/restore.ts'
import type { EtcdSnapshotOptions } from '../etcd/snapshot.ts'
import type { Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import {
  addOptions,
  exitCodeOption,
  formatOptions,
  hostOptions,
  limitOption,
  proposeOptions,
  type Run,
  specOptions,
  statOption,
} from './options.ts'
import { uses } from './program-help.ts'

/** `converge etcd` and its subcommands. */
export function addEtcdCommands(program: Command, io: Io, run: Run): void {
  const etcd = program
    .command('etcd')
    .helpGroup(uses.repair)
    .description('Back up and restore clusters of etcd.')
    .helpCommand(false)
  const groupOption = () =>
    new Option('--group <name>', 'The group: the name of the recipe, or of its instance.').default('etcd')

  const snapshot = etcd
    .command('snapshot')
    .description('Bring a snapshot of the first healthy member to this machine, and check it.')
    .option('-o, --output <file>', 'Where to put it (default: GROUP-TIME.db).')
    .action((options: EtcdSnapshotOptions & ViewOptions) =>
      run('etcd snapshot', options, async (view) =>
        (await import('../etcd/snapshot.ts')).etcdSnapshot(options, io, view),
      ),
    )
  addOptions(snapshot, [groupOption(), limitOption()], specOptions(), hostOptions(), formatOptions())

  const restore = etcd
    .command('restore')
    .description('Let all members begin anew from a snapshot; their old data is set aside.')
    .option('--from <file>', 'A snapshot on this machine.')
    .option('--from-member <host>', 'The data of the member on this host, after the quorum was lost.')
    .option('--even-with-quorum', 'Replace a cluster that works.')
    .option('--allow-restore', 'With --yes: allow the restore.')
    .action((options: EtcdRestoreOptions) =>
      run('etcd restore', options, async (view) =>
        (await import('../etcd/restore.ts')).etcdRestore(options, io, view),
      ),
    )
  addOptions(
    restore,
    [groupOption()],
    proposeOptions().filter(({ long }) => !isOfRollouts(long)),
    [limitOption()],
    specOptions(),
    hostOptions(),
    [...formatOptions(), statOption(), exitCodeOption('Exit with 2 if a dry run finds changes.')],
  )
}

/** All members are restored at once, and a host does not take that back by itself. */
function isOfRollouts(option: string | undefined): boolean {
  return ['--max-failures', '--pause', '--confirm-within'].includes(option ?? '')
}
