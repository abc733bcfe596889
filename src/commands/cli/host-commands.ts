import { type Command, Option } from 'commander'
import type { View } from '../../report/views/view.ts'
import type { AdoptClusterOptions } from '../adopt-cluster.ts'
import type { ExecOptions } from '../exec.ts'
import type { HostOptions } from '../hosts/open-hosts.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import type { RetireOptions } from '../retire.ts'
import type { RollbackOptions } from '../rollback.ts'
import type { UnlockOptions } from '../unlock.ts'
import {
  addOptions,
  exitCodeOption,
  formatOptions,
  hostOptions,
  limitedTo,
  limitOption,
  lockWaitOption,
  parseGeneration,
  parseTime,
  proposeOptions,
  type Run,
  specOptions,
  statOption,
} from './options.ts'
import { uses } from './program-help.ts'

export const selector =
  'Only these hosts: names, infra[0-2], web*, role:etcd, recipe:etcd, label:zone=a, env:live, !web3; a,b for either, a&b for both (default: all).'

/** The commands that query hosts, undo what was done to them, or run commands on them. */
export function addHostCommands(program: Command, io: Io, run: Run): void {
  type OfHosts = HostOptions & ViewOptions
  const query = (
    name: string,
    description: string,
    act: (options: OfHosts, view: View) => Promise<ExitCode>,
  ): Command => {
    const command = program
      .command(name)
      .helpGroup(uses.look)
      .description(description)
      .argument('[selector]', selector)
      .action((limit: string | undefined, options: OfHosts) =>
        run(name, options, async (view) => act(await limitedTo(limit, options), view)),
      )
    addOptions(command, [limitOption()], specOptions(), hostOptions(), formatOptions())
    return command
  }
  query(
    'status',
    'Show how each host is: reachability, last apply, hold, drift, pending notifications, failed units.',
    async (options, view) => (await import('../status.ts')).status(options, io, view),
  )
  query(
    'drift',
    'Show only what was changed on the hosts by hand since the last apply.',
    async (options, view) => (await import('../drift.ts')).drift(options, io, view),
  ).addOption(exitCodeOption('Exit with 2 if there is drift: for a nightly job.'))
  query(
    'history',
    'List the applies recorded on each host, newest first, and whether a rollback holds it.',
    async (options, view) => (await import('../history.ts')).history(options, io, view),
  )

  const rollback = program
    .command('rollback')
    .helpGroup(uses.repair)
    .description('Undo the last apply, with its notifications; then hold the host until its spec changes.')
    .argument('[selector]', selector)
    .action((limit: string | undefined, options: RollbackOptions) =>
      run('rollback', options, async (view) =>
        (await import('../rollback.ts')).rollback(await limitedTo(limit, options), io, view),
      ),
    )
  addOptions(
    rollback,
    [
      new Option(
        '--to <generation>',
        'Return to the state after this generation of the host; 0: before the first.',
      ).argParser(parseGeneration),
    ],
    proposeOptions(),
    [limitOption()],
    specOptions(),
    hostOptions(),
    [...formatOptions(), statOption(), exitCodeOption('Exit with 2 if a dry run finds changes.')],
  )

  const retire = program
    .command('retire')
    .helpGroup(uses.repair)
    .description('Clean up a host that was removed from the spec, and make the other hosts forget it.')
    .argument('<host>', 'A host that was removed from the spec.')
    .option('-n, --dry-run', 'Show what would be removed.')
    .option('-y, --yes', 'Retire without asking.')
    .option('--allow-prune', 'With --yes: remove all that converge made there.')
    .option('--gone', 'Do not connect to it: the host no longer exists.')
    .action((host: string, options: Omit<RetireOptions, 'host'>) =>
      run('retire', options, async (view) =>
        (await import('../retire.ts')).retire({ ...options, host }, io, view),
      ),
    )
  addOptions(retire, [lockWaitOption()], specOptions(), hostOptions(), [
    statOption(),
    exitCodeOption('Exit with 2 if a dry run finds changes.'),
  ])

  const adopt = program
    .command('adopt-cluster')
    .helpGroup(uses.repair)
    .description(
      'After the cluster was renamed in the spec: take over what the hosts have under its old name.',
    )
    .argument('<old>', 'The name that the cluster had.')
    .option('-n, --dry-run', 'Show which hosts have resources of it.')
    .option('-y, --yes', 'Adopt without asking.')
    .action((old: string, options: Omit<AdoptClusterOptions, 'old'>) =>
      run('adopt-cluster', options, async (view) =>
        (await import('../adopt-cluster.ts')).adoptCluster({ ...options, old }, io, view),
      ),
    )
  addOptions(adopt, [lockWaitOption(), limitOption()], specOptions(), hostOptions())

  const unlock = program
    .command('unlock')
    .helpGroup(uses.repair)
    .description('Stop the apply that holds the lock of a host; the next converge continues from there.')
    .argument('<host>', 'The host.')
    .action((host: string, options: Omit<UnlockOptions, 'host'>) =>
      run('unlock', options, async (view) =>
        (await import('../unlock.ts')).unlock({ ...options, host }, io, view),
      ),
    )
  addOptions(unlock, specOptions(), hostOptions())

  const exec = program
    .command('exec')
    .helpGroup(uses.apply)
    .description('Run a command as root on many hosts at once; hosts with the same output are grouped.')
    .argument(
      '<selector>',
      'These hosts: names, infra[0-2], web*, role:etcd, recipe:etcd, label:zone=a, env:live, !web3; a,b for either, a&b for both.',
    )
    .argument(
      '<command...>',
      'After `--`. Words are joined with spaces and read by /bin/sh on the host, as with ssh: quote twice, or pass one text, as in -- \'ls "/srv/a b"\'.',
    )
    .action((limit: string, command: readonly string[], options: Omit<ExecOptions, 'command' | 'limit'>) =>
      run('exec', options, async (view) =>
        (await import('../exec.ts')).exec({ ...options, limit, command }, io, view),
      ),
    )
  addOptions(
    exec,
    [
      new Option('--timeout <time>', 'Give up on a host after this long: 90, 120s, 2m.')
        .default(300, '300 s')
        .argParser((text: string) => parseTime(text, 1)),
    ],
    specOptions(),
    hostOptions(),
    formatOptions(),
  )
}
