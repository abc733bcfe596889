import { openSession, type Session } from '../../engine/session.ts'
import type { SessionInput } from '../../engine/session-context.ts'
import { selectHosts } from '../../load/hosts/select-hosts.ts'
import type { Cluster, Host } from '../../model/cluster.ts'
import { given } from '../../model/given.ts'
import type { Pace, Plan } from '../../model/plan.ts'
import type { Stop } from '../../model/stop.ts'
import type { View } from '../../report/views/view.ts'
import { createTransports } from '../../transports/index.ts'
import { usageError } from '../cli/usage-error.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { IdentityOptions } from '../secrets/identity.ts'
import { openingWith, requireOpen } from '../secrets/opening.ts'
import { keepSelected, type LoadedSpec, loadSpec, type SpecOptions } from '../spec/load-spec.ts'
import { hostLibrary } from './host-library.ts'
import { readOnly, requireMakers, requireMatches } from './only.ts'
import { type SudoPasswords, sudoPasswordFor, sudoPasswords } from './sudo-passwords.ts'

/** Which hosts to work on, and how. */
export interface HostOptions extends SpecOptions, IdentityOptions {
  /** A selector, from --limit or as an argument. */
  readonly limit?: string
  readonly parallel: number
  readonly askSudoPassword?: boolean
  /** Commands may run on this machine for hosts that are root trees here, also where nothing is applied. */
  readonly allowLocal?: boolean
  readonly verbose?: boolean
  /** Seconds to wait for another apply on a host. */
  readonly lockWait?: number
}

export interface PlanningOptions {
  /** Prune what was removed from the spec; true by default. */
  readonly prune?: boolean
  /** Also plan for hosts held by a rollback. */
  readonly release?: boolean
  /** Patterns of the resources to plan; all by default. */
  readonly only?: readonly string[]
  /** A selector of hosts that go first. */
  readonly canary?: string
  /** How many of the others go at once: `1,5%,25%`. */
  readonly batch?: Pace['batch']
}

/** Plans all that differs, on held hosts, too. */
export const everything = { prune: true, release: true } as const

/** The plan that the options ask for. Throws a SpecError for a pattern of `--only` that matches nothing. */
export async function planWith(
  { prune = true, release = false, only: patterns, canary, batch }: PlanningOptions,
  session: Session,
  { catalog, cluster }: LoadedSpec,
): Promise<Plan> {
  const only = readOnly(patterns)
  const hosts = catalog.hosts.filter(({ host }) => session.selected.includes(host))
  requireMakers(only, { ...catalog, hosts })
  const canaries = canary === undefined ? undefined : canariesOf(canary, cluster, session)
  const pace = canaries === undefined && batch === undefined ? undefined : given({ canary: canaries, batch })
  const plan = await session.plan({ prune, release, ...given({ only, pace }) })
  requireMatches(only, catalog, plan.hosts)
  return plan
}

function canariesOf(selector: string, { hosts }: Cluster, { selected }: Session): readonly string[] {
  const found = selectHosts(hosts, selector).map(({ name }) => name)
  const missing = found.filter((name) => !selected.includes(name))
  if (missing.length > 0)
    throw usageError(`--canary chooses ${missing.join(', ')}, which --limit does not`, 'choose it with both')
  return found
}

/** A command on the selected hosts of a spec, whose warnings are shown first. */
export async function hostCommand(
  options: HostOptions,
  io: Io,
  view: View,
  work: (open: OpenHosts, spec: LoadedSpec) => Promise<ExitCode>,
  { applies = false, needsSecrets = true }: Pick<HostsInput, 'applies' | 'needsSecrets'> = {},
): Promise<ExitCode> {
  const spec = await loadSpec(options, {
    ...(needsSecrets && openingWith(options, io)),
    keepOf: keepSelected(options.limit),
  })
  view.warnings(spec.warnings)
  return withHosts({ spec, options, io, view, applies, needsSecrets }, (open) => work(open, spec))
}

/** The hosts of a session. */
type SessionHosts = Pick<SessionInput, 'cluster' | 'catalog' | 'selected'>

export interface OpenHosts {
  readonly session: Session
  /** Aborted when the user stops the command. */
  readonly stop: Stop
  /** Opens another session, also with a host whose address only other hosts report; the caller closes it. */
  openWith(reported: Host, hosts: SessionHosts): Promise<Session>
}

export interface HostsInput {
  readonly spec: LoadedSpec
  readonly options: HostOptions
  readonly io: Io
  readonly view: View
  /** Whether it is to change hosts. */
  readonly applies?: boolean
  /** Whether it compares or changes contents of hosts; true by default. */
  readonly needsSecrets?: boolean
}

/** Runs `work` with a session of the selected hosts. Throws `Interrupted` if the user stops it. */
export async function withHosts<Result>(
  { spec: { cluster, catalog }, options, io, view, applies = false, needsSecrets = true }: HostsInput,
  work: (open: OpenHosts) => Promise<Result>,
): Promise<Result> {
  const selected =
    options.limit === undefined
      ? undefined
      : selectHosts(cluster.hosts, options.limit).map((host) => host.name)
  if (needsSecrets)
    requireOpen(
      catalog.hosts.filter(({ host }) => selected?.includes(host) ?? true),
      options,
      io,
    )
  return io.stoppable(async (stop) => {
    const sudoPassword = await sudoPasswords(cluster.hosts, selected, options, io, stop)
    const open = (hosts: SessionHosts, sudoPassword: SudoPasswords): Session =>
      openSession({
        ...hosts,
        sudoPassword,
        transports: createTransports(cluster.root),
        library: hostLibrary(),
        parallel: options.parallel,
        localCommands: applies || options.allowLocal === true,
        stop,
        ...given({ lockWaitSeconds: options.lockWait }),
        onProgress: view.progress,
      })
    const session = open({ cluster, catalog, ...given({ selected }) }, sudoPassword)
    try {
      return await work({
        session,
        stop,
        async openWith(reported, hosts) {
          const typed = await sudoPasswordFor(reported, options, io, stop)
          return open(hosts, (name) => (name === reported.name ? typed() : sudoPassword(name)))
        },
      })
    } finally {
      await session.close()
    }
  })
}
