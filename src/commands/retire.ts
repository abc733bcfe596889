import type { Host } from '../model/cluster.ts'
import { ConvergeError } from '../model/errors.ts'
import type { Member } from '../model/manifest.ts'
import { hasFailed, type Plan } from '../model/plan.ts'
import { addressOf } from '../model/targets/index.ts'
import { renderReport } from '../report/apply/render-report.ts'
import { renderPlan } from '../report/plan/render-plan.ts'
import { escapeLine } from '../report/text/escape-control.ts'
import type { View } from '../report/views/view.ts'
import { usageError } from './cli/usage-error.ts'
import { applyPlan } from './hosts/apply-plan.ts'
import { everything, type HostOptions, type OpenHosts, withHosts } from './hosts/open-hosts.ts'
import { isYes } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'
import { type LoadedSpec, loadSpec } from './spec/load-spec.ts'

export interface RetireOptions extends HostOptions {
  readonly host: string
  /** Retire without asking. */
  readonly yes?: boolean
  readonly dryRun?: boolean
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
  const spec = await loadSpec(options)
  if (spec.cluster.hosts.some(({ name }) => name === host)) {
    throw usageError(`${host} is still in the spec`, `remove it from ${options.file} first, then retire it`)
  }
  return withHosts({ spec, options, io, view }, async (open) => {
    const { session } = open
    const plan = await session.plan()
    const member = plan.departed.find(({ name }) => name === options.host)
    if (member === undefined) throw unknownHost(options.host, plan)
    const code = options.gone === true ? 0 : await prune(member, spec, open, options, io, view)
    if (code !== 0 || options.dryRun) return code
    return reportForgotten(member.name, await session.forget([member.name]), spec, io)
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
  { cluster, catalog }: LoadedSpec,
  open: OpenHosts,
  options: RetireOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  const session = open.openSession({
    cluster: { ...cluster, hosts: [...cluster.hosts, hostOf(member)] },
    catalog: { ...catalog, hosts: [...catalog.hosts, { host: member.name, entries: [] }] },
    selected: [member.name],
  })
  try {
    // Other hosts that were removed from the spec are not retired here.
    const plan: Plan = { ...(await session.plan(everything)), departed: [] }
    io.stdout.write(renderPlan({ plan, style: io.stdout.style, verbose: options.verbose === true }))
    if (hasFailed(plan)) {
      io.stderr.write(`If ${member.name} no longer exists, run: converge retire ${member.name} --gone\n`)
      return 1
    }
    if (options.dryRun) return 0
    if (!options.yes && !isYes(await io.ask(`Retire ${member.name}? [y/N] `, open.stop.stopping))) {
      io.stdout.write('Nothing was retired.\n')
      return 1
    }
    const { report, code } = await applyPlan(plan, session, open, view, {})
    io.stdout.write(renderReport({ report, style: io.stdout.style, verbose: options.verbose === true }))
    return code
  } finally {
    await session.close()
  }
}

function hostOf(member: Member): Host {
  return {
    ...member,
    index: 0,
    address: addressOf(member.target) ?? member.name,
    environment: undefined,
    roles: [],
    runList: [],
    attributes: {},
    resources: [],
    origin: () => undefined,
  }
}

function unknownHost(name: string, plan: Plan): Error {
  const departed = plan.departed.map((member) => member.name).join(', ')
  const hint = departed === '' ? 'no host was removed from the spec' : `removed from the spec: ${departed}`
  return usageError(`no host of the cluster knows ${name}`, hint)
}
