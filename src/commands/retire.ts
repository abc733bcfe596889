import { type Host, noTrace } from '../model/cluster.ts'
import { ConvergeError } from '../model/errors.ts'
import type { Member } from '../model/manifest.ts'
import { type HostPlan, hasFailed, type Plan } from '../model/plan.ts'
import { addressOf } from '../model/targets/index.ts'
import { formerName, membersOf, nameOnceDeparted } from '../plan/rollout/members.ts'
import { escapeLine } from '../report/text/escape-control.ts'
import type { View } from '../report/views/view.ts'
import { usageError } from './cli/usage-error.ts'
import { everything, type HostOptions, type OpenHosts, withHosts } from './hosts/open-hosts.ts'
import { proposePlan } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import { openingWith } from './secrets/opening.ts'
import { type LoadedSpec, loadSpec } from './spec/load-spec.ts'

export interface RetireOptions extends HostOptions {
  readonly host: string
  /** Retire without asking. */
  readonly yes?: boolean
  /** With --yes: also consents to the removal of all that converge made there. */
  readonly allowPrune?: boolean
  readonly dryRun?: boolean
  /** Exit with 2 if a dry run finds changes. */
  readonly exitCode?: boolean
  /** The host no longer exists: only make the others forget it. */
  readonly gone?: boolean
}

/** `converge retire HOST`: cleans up a host that was removed from the spec, and the other hosts forget it. */
export async function retire(options: RetireOptions, io: Io, view: View): Promise<ExitCode> {
  const { host } = options
  if (!options.dryRun && !options.yes && !io.canAsk) {
    const hint = 'pass --yes to retire without asking, or --dry-run'
    throw usageError('there is no terminal to ask for consent', hint)
  }
  const spec = await loadSpec(options, openingWith(options, io))
  if (spec.cluster.hosts.some(({ name }) => name === host)) {
    throw usageError(`${host} is still in the spec`, `remove it from ${options.file} first, then retire it`)
  }
  return withHosts({ spec, options, io, view, applies: options.dryRun !== true }, async (open) => {
    const { session } = open
    const plan = await session.plan()
    const member = plan.departed.find(({ name }) => name === options.host)
    if (options.gone !== true) {
      if (member === undefined) throw unknownHost(options.host, plan)
      const code = await prune(member, plan, spec, open, options, io, view)
      if (code !== 0 || options.dryRun) return code
    } else if (member === undefined && renamed(options.host, plan) === undefined) {
      throw unknownHost(options.host, plan)
    }
    if (options.dryRun) return 0
    const members = membersOf(spec.cluster)
    const answers = await session.forget((one) => nameOnceDeparted(one, members) === options.host)
    return reportForgotten(options.host, answers, spec, io)
  })
}

/** A host that did not answer still remembers the retired one, and will report it again. */
function reportForgotten(
  name: string,
  answers: ReadonlyMap<string, string | ConvergeError>,
  { cluster }: LoadedSpec,
  io: Io,
): ExitCode {
  const silent = [...answers].flatMap(([host, answer]) =>
    answer instanceof ConvergeError ? [`${host} still remembers ${name}: ${answer.message}`] : [],
  )
  if (silent.length === 0) {
    io.stdout.write(`${name} is retired: the other hosts of ${cluster.name} no longer know it.\n`)
    return 0
  }
  for (const line of silent) io.stderr.write(`${escapeLine(line)}\n`)
  const they = silent.length === 1 ? 'it' : 'they'
  io.stderr.write(`When ${they} can be asked again: converge retire ${name} --gone\n`)
  return 1
}

/** Prunes everything on the host; groups of which it is a member are asked first. 0: done, or nothing is in the way. */
async function prune(
  member: Member,
  { hosts: others }: Plan,
  { cluster, catalog }: LoadedSpec,
  open: OpenHosts,
  options: RetireOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  const session = await open.openWith(hostOf(member), {
    cluster: { ...cluster, hosts: [...cluster.hosts, hostOf(member)] },
    catalog: { ...catalog, hosts: [...catalog.hosts, { host: member.name, entries: [] }] },
    selected: [member.name],
  })
  try {
    // Other hosts that were removed from the spec are not retired here.
    const plan: Plan = { ...(await session.plan(everything)), departed: [] }
    refuseSameMachine(member, plan, others)
    const { code } = await proposePlan({
      command: 'apply',
      plan,
      open: { ...open, session },
      otherwise: 'put the host back into the spec',
      options,
      io,
      view,
    })
    if (hasFailed(plan)) {
      io.stderr.write(`If ${member.name} no longer exists, run: converge retire ${member.name} --gone\n`)
    }
    return code
  } finally {
    await session.close()
  }
}

/** What is on a machine that the spec has under another name, or at another address, stays there. */
function refuseSameMachine(member: Member, { hosts: [retired] }: Plan, others: Plan['hosts']): void {
  const machineOf = (plan: HostPlan | undefined): string | undefined =>
    plan !== undefined && 'facts' in plan ? plan.facts.platform.machine : undefined
  const machine = machineOf(retired)
  const same = machine === undefined ? undefined : others.find((plan) => machineOf(plan) === machine)
  if (same === undefined) return
  throw sameMachine(member.name, same.host)
}

function sameMachine(name: string, now: string): Error {
  return usageError(
    `${name} and ${now} are the same machine, and the spec has ${now}`,
    `to make the hosts forget the name: converge retire ${name} --gone`,
  )
}

function hostOf(member: Member): Host {
  return {
    ...member,
    index: 0,
    address: addressOf(member.target) ?? member.name,
    environment: undefined,
    labels: {},
    roles: [],
    attributes: {},
    runList: [],
    declarations: () => [],
    trace: noTrace,
  }
}

/** The host of the spec that had a name before. */
function renamed(name: string, { hosts }: Plan): string | undefined {
  return hosts.find((plan) => 'facts' in plan && formerName(plan.host, plan.facts) === name)?.host
}

function unknownHost(name: string, plan: Plan): Error {
  const now = renamed(name, plan)
  if (now !== undefined) return sameMachine(name, now)
  const departed = plan.departed.map((member) => member.name).join(', ')
  const hint = departed === '' ? 'no host was removed from the spec' : `removed from the spec: ${departed}`
  return usageError(`no host of the cluster knows ${name}`, hint)
}
