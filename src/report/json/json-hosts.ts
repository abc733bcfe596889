import { given } from '../../model/given.ts'
import { parseStartedBy } from '../../model/started-by.ts'
import { type Drift, driftedResources } from '../hosts/drift.ts'
import type { HostStatus } from '../hosts/host-status.ts'
import { type Answer, summariseAnswers } from '../hosts/render-exec.ts'
import type { RecordedHost } from '../hosts/render-history.ts'
import { summariseStatus } from '../hosts/render-status.ts'
import { changeObject, errorObject, failedHost, formatVersion } from './json.ts'

/** Generations as in schemas/history.schema.json. */
export function historyDocument(cluster: string, hosts: readonly RecordedHost[]) {
  return {
    formatVersion,
    command: 'history',
    cluster,
    hosts: hosts.map((host) => {
      if ('error' in host) return failedHost(host.host, host.error)
      const generations = host.generations.map(({ number, run, by, changes }) => {
        const { who, at } = parseStartedBy(by)
        return { number, run, by: who, ...given({ at }), changes }
      })
      return { host: host.host, generations, ...given({ held: host.held }) }
    }),
  }
}

/** Hand edits as in schemas/drift.schema.json. */
export function driftDocument({ plan, summary }: Drift) {
  return {
    formatVersion,
    command: 'drift',
    cluster: plan.cluster,
    hosts: plan.hosts.map((host) =>
      host.status === 'failed'
        ? failedHost(host.host, host.error)
        : {
            host: host.host,
            drifted: driftedResources(host),
            changes:
              host.status === 'held' ? [] : host.changes.map((change) => changeObject(change, host.facts)),
          },
    ),
    summary,
  }
}

/** How the hosts are, as in schemas/status.schema.json. */
export function statusDocument(cluster: string, hosts: readonly HostStatus[]) {
  return {
    formatVersion,
    command: 'status',
    cluster,
    hosts: hosts.map((host) =>
      host.status === 'reachable' ? host : { ...host, error: errorObject(host.error) },
    ),
    summary: summariseStatus(hosts),
  }
}

/** What a command said, as in schemas/exec.schema.json. */
export function execDocument(cluster: string, commandLine: string, answers: readonly Answer[]) {
  return {
    formatVersion,
    command: 'exec',
    cluster,
    commandLine,
    hosts: answers.map((answer) => {
      if ('error' in answer) return failedHost(answer.host, answer.error)
      const { host, exitCode, stdout, stderr } = answer
      return { host, ...given({ exitCode }), stdout, stderr }
    }),
    summary: summariseAnswers(answers),
  }
}
