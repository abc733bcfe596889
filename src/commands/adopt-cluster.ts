import { clusterNamePattern } from '../model/cluster.ts'
import { ConvergeError } from '../model/errors.ts'
import { compactHosts } from '../report/text/compact-hosts.ts'
import { escapeLine } from '../report/text/escape-control.ts'
import { renderError } from '../report/text/render-error.ts'
import type { View } from '../report/views/view.ts'
import { usageError } from './cli/usage-error.ts'
import { type HostOptions, hostCommand } from './hosts/open-hosts.ts'
import { isYes } from './hosts/propose-plan.ts'
import type { ExitCode, Io } from './io/io.ts'

export interface AdoptClusterOptions extends HostOptions {
  /** The name that the cluster had. */
  readonly old: string
  /** Adopt without asking. */
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/**
 * `converge adopt-cluster OLD`: a cluster was renamed, or is handed over: what OLD has on the hosts belongs to the cluster
 * of the spec from now on. Nothing else changes on them.
 */
export function adoptCluster(options: AdoptClusterOptions, io: Io, view: View): Promise<ExitCode> {
  const { old } = options
  if (!new RegExp(clusterNamePattern).test(old)) {
    throw usageError(`${old || 'an empty text'} is not the name of a cluster`, 'such as production')
  }
  if (!options.dryRun && !options.yes && !io.canAsk) {
    throw usageError(
      'there is no terminal to ask for consent',
      'pass --yes to adopt without asking, or --dry-run',
    )
  }
  return hostCommand(
    options,
    io,
    view,
    async ({ session, stop }, { cluster }) => {
      if (cluster.name === old) {
        throw usageError(
          `the cluster of the spec is called ${old} already`,
          'name the cluster that it was before',
        )
      }
      const found = await session.adopt(old, { isDry: true })
      const code = tell(found, old, cluster.name, io)
      const holders = [...found.values()].filter((answer) => answer === 'found')
      if (options.dryRun || holders.length === 0) return code
      const question = `Hand over what ${old} has there to ${cluster.name}? [y/N] `
      if (!options.yes && !isYes(await io.ask(question, stop.stopping))) {
        io.stdout.write('Nothing was adopted.\n')
        return 1
      }
      return tell(await session.adopt(old, { isDry: false }), old, cluster.name, io)
    },
    { needsSecrets: false },
  )
}

/** One line for all hosts with the same answer. */
function tell(
  answers: ReadonlyMap<string, string | ConvergeError>,
  old: string,
  now: string,
  io: Io,
): ExitCode {
  const words: Readonly<Record<string, string>> = {
    found: `${old} has resources that ${now} can adopt`,
    adopted: `what ${old} had belongs to ${now} now`,
    none: `${old} has nothing here`,
    both: `${old} and ${now} both have resources: remove those of one of them first`,
    held: 'an apply is running; try again when it has ended',
  }
  for (const [word, sentence] of Object.entries(words)) {
    const hosts = [...answers].flatMap(([host, answer]) => (answer === word ? [host] : []))
    if (hosts.length > 0) io.stdout.write(`${escapeLine(compactHosts(hosts))}: ${sentence}\n`)
  }
  const errors = [...answers.values()].filter((answer) => answer instanceof ConvergeError)
  for (const error of errors) io.stderr.write(`${renderError(error, io.stderr.style).join('\n')}\n`)
  const isRefused = [...answers.values()].some((answer) => answer === 'both' || answer === 'held')
  return errors.length > 0 || isRefused ? 1 : 0
}
