import { openSession, type Session } from '../engine/session.ts'
import type { Cluster, Host } from '../model/cluster.ts'
import { ConvergeError } from '../model/errors.ts'
import type { Member } from '../model/manifest.ts'
import { hasFailed, type Plan } from '../model/plan.ts'
import { isWell } from '../model/report.ts'
import { renderReport } from '../report/apply/render-report.ts'
import { renderPlan } from '../report/plan/render-plan.ts'
import { escapeLine } from '../report/text/escape-control.ts'
import type { View } from '../report/views/view.ts'
import { createTransports } from '../transports/index.ts'
import { usageError } from './cli/usage-error.ts'
import { hostLibrary } from './hosts/host-library.ts'
import { findSudoPassword, type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface RetireOptions extends SpecOptions, HostOptions {
  readonly host: string
  /** Retire without asking. */
  readonly yes?: boolean
  readonly dryRun?: boolean
  /** Only forget the host: it is gone and will not come back. */
  readonly gone?: boolean
}

/**
 * `converge retire HOST`: takes a host that left the spec out of the cluster. What converge created on it goes, what it
 * adopted is restored, and the other hosts forget it.
 */
export async function retire(options: RetireOptions, io: Io, view: View): Promise<ExitCode> {
  if (!options.dryRun && !options.yes && !io.canAsk) {
    throw usageError(
      'there is no terminal to ask for consent',
      'pass --yes to retire without asking, or --dry-run',
    )
  }
  const spec = await loadSpec(options)
  if (spec.cluster.hosts.some(({ name }) => name === options.host)) {
    throw usageError(
      `${options.host} is still in the spec`,
      `remove it from ${options.file} first, then retire it`,
    )
  }
  return withHosts({ spec, options, io, view }, async (session) => {
    const plan = await session.plan()
    const member = plan.departed.find(({ name }) => name === options.host)
    if (member === undefined) throw unknownHost(options.host, plan)
    const left = options.gone === true || (await prune(member, spec, options, io))
    if (!left || options.dryRun) return left ? 0 : 1
    return tellForgotten(member.name, await session.forget([member.name]), spec, io)
  })
}

/** A host that cannot be asked now remembers, and will name the retired one again. */
function tellForgotten(
  name: string,
  answers: ReadonlyMap<string, string | ConvergeError>,
  { cluster }: LoadedSpec,
  io: Io,
): ExitCode {
  const silent = [...answers].filter(([, answer]) => answer instanceof ConvergeError)
  if (silent.length === 0) {
    io.stdout.write(`${name} is retired: the other hosts of ${cluster.name} have forgotten it.\n`)
    return 0
  }
  for (const [host, answer] of silent) {
    const why = answer instanceof ConvergeError ? answer.message : answer
    io.stderr.write(`${escapeLine(`${host} still remembers ${name}: ${why}`)}\n`)
  }
  io.stderr.write(
    `When ${silent.length === 1 ? 'it' : 'they'} can be asked again: converge retire ${name} --gone\n`,
  )
  return 1
}

/** Prunes everything from the host; whether it is clean (or, in a dry run, would be). */
async function prune(member: Member, spec: LoadedSpec, options: RetireOptions, io: Io): Promise<boolean> {
  const session = await openMember(member, spec.cluster, options, io)
  try {
    // Of the other hosts this session knows nothing, not even that they are in the spec.
    const plan: Plan = { ...(await session.plan({ prune: true, release: true })), departed: [] }
    io.stdout.write(renderPlan({ plan, style: io.stdout.style, verbose: options.verbose === true }))
    if (hasFailed(plan)) {
      io.stderr.write(
        `If ${member.name} is gone for good, converge retire ${member.name} --gone forgets it.\n`,
      )
      return false
    }
    if (options.dryRun) return true
    if (!options.yes && !/^y(es)?$/i.test((await io.ask(`Retire ${member.name}? [y/N] `))?.trim() ?? '')) {
      io.stdout.write('Nothing was retired.\n')
      return false
    }
    const report = await session.apply(plan)
    io.stdout.write(renderReport({ report, style: io.stdout.style, verbose: options.verbose === true }))
    return report.hosts.every(isWell)
  } finally {
    await session.close()
  }
}

async function openMember(
  member: Member,
  cluster: Cluster,
  options: RetireOptions,
  io: Io,
): Promise<Session> {
  const host: Host = {
    ...member,
    index: 0,
    address: member.target.transport === 'ssh' ? member.target.address : member.name,
    environment: undefined,
    roles: [],
    runList: [],
    attributes: {},
    resources: [],
    origin: () => undefined,
  }
  const sudoPassword = await findSudoPassword(options, io)
  return openSession({
    cluster: { ...cluster, hosts: [host] },
    catalog: { cluster: cluster.name, hosts: [{ host: member.name, entries: [] }] },
    transports: createTransports(),
    library: hostLibrary(),
    parallel: 1,
    ...(sudoPassword === undefined ? {} : { sudoPassword: async () => sudoPassword }),
  })
}

function unknownHost(name: string, plan: Plan): Error {
  const departed = plan.departed.map((member) => member.name)
  return usageError(
    `no host of the cluster remembers ${name}`,
    departed.length === 0 ? 'no host has left the spec' : `these have left the spec: ${departed.join(', ')}`,
  )
}
