import { selectHosts } from '../load/hosts/select-hosts.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import { hasFailed } from '../model/plan.ts'
import { diffOfSpecs } from '../plan/revisions/plan-diff.ts'
import { isDifferent } from '../report/plan/revision-diff.ts'
import type { View } from '../report/views/view.ts'
import type { ExitCode, Io } from './io/io.ts'
import type { SpecOptions } from './spec/load-spec.ts'
import { type LoadedSide, loadSides } from './spec/revisions.ts'

export interface DiffOptions extends SpecOptions {
  /** `REV`, `REV..REV` or `REV...REV`. */
  readonly revisions: string
  readonly limit?: string
  /** Exit with 2 if there are differences. */
  readonly exitCode?: boolean
}

/** `converge diff REV..REV`: what a dry run with one revision says of hosts that are as another one leaves them. */
export function diff(options: DiffOptions, io: Io, view: View): Promise<ExitCode> {
  return io.stoppable(async ({ stopping }) => {
    const { from, to, warnings } = await loadSides(options.revisions, options, stopping)
    view.warnings([...warnings, ...renamedCluster(from, to)])
    stopping.throwIfAborted()
    const { plan, added } = diffOfSpecs(from.spec, to.spec, selection(options, from, to))
    const found = { from, to, plan, added, secrets: renewedSecrets(from, to) }
    view.diff(found)
    if (hasFailed(plan)) return 1
    return options.exitCode === true && isDifferent(found) ? 2 : 0
  })
}

/** The secrets in use whose encrypted values differ. */
function renewedSecrets({ spec: before }: LoadedSide, { spec: after }: LoadedSide): readonly string[] {
  const valueIn = (side: LoadedSide['spec'], key: string) => side?.secrets.file?.secrets.get(key)?.value
  const used = new Set(after?.secrets.uses.map(({ key }) => key))
  return [...used].filter((key) => {
    const [was, is] = [valueIn(before, key), valueIn(after, key)]
    return was !== undefined && is !== undefined && was !== is
  })
}

function renamedCluster(
  { spec: before, name }: LoadedSide,
  { spec: after }: LoadedSide,
): readonly Diagnostic[] {
  const [was, is] = [before?.cluster.name, after?.cluster.name]
  if (was === undefined || is === undefined || was === is) return []
  const message = `the cluster is called ${was} in ${name}, and ${is} now`
  const hint = `the hosts keep what they have only after \`converge adopt-cluster ${was}\``
  return [{ severity: 'warning', code: 'usage', path: 'cluster', message, hint }]
}

/** Hosts of either side; a host that both have is selected as the later one declares it. */
function selection(
  { limit }: DiffOptions,
  { spec: before }: LoadedSide,
  { spec: after }: LoadedSide,
): ((host: string) => boolean) | undefined {
  if (limit === undefined) return undefined
  const hosts = after?.cluster.hosts ?? []
  const names = new Set(hosts.map(({ name }) => name))
  const gone = before?.cluster.hosts.filter(({ name }) => !names.has(name)) ?? []
  const selected = new Set(selectHosts([...hosts, ...gone], limit).map(({ name }) => name))
  return (host) => selected.has(host)
}
