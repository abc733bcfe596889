import type { Problem } from '../model/diagnostic.ts'

/** Collects mistakes per host; the same mistake on many hosts is one problem that names them. */
export interface Problems {
  add(host: string, problem: Problem): void
  all(): readonly Problem[]
}

export function collectProblems(): Problems {
  const found = new Map<string, { readonly problem: Problem; readonly hosts: Set<string> }>()
  return {
    add(host, problem) {
      const key = JSON.stringify([problem.code, problem.message, problem.hint, problem.position])
      const same = found.get(key)
      if (same === undefined) found.set(key, { problem, hosts: new Set([host]) })
      else same.hosts.add(host)
    },
    all: () =>
      [...found.values()].map(({ problem, hosts }) => ({
        ...problem,
        message: `${problem.message} (${nameHosts([...hosts])})`,
      })),
  }
}

const NAMED_HOSTS = 3

function nameHosts(hosts: readonly string[]): string {
  if (hosts.length === 1) return `host ${hosts.join()}`
  const rest = hosts.length > NAMED_HOSTS ? ', …' : ''
  return `${hosts.length} hosts: ${hosts.slice(0, NAMED_HOSTS).join(', ')}${rest}`
}
