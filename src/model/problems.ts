import type { Problem } from './diagnostic.ts'

/**
 * Collects mistakes. A mistake that several hosts share is one: the same words at the same place, or other words at the
 * same place for another host, such as `192.0.2.256` for the next host of a range. Then the first is told, with the hosts.
 */
export interface Problems {
  add(problem: Problem, host?: string): void
  all(): readonly GroupedProblem[]
}

export interface GroupedProblem {
  readonly problem: Problem
  readonly hosts: ReadonlySet<string>
  /** Whether the hosts have it in different words. */
  readonly isVaried: boolean
}

interface Group {
  readonly problem: Problem
  readonly hosts: Set<string>
  isVaried: boolean
}

export function collectProblems(): Problems {
  const groups: Group[] = []
  const byWords = new Map<string, Group>()
  const byPlace = new Map<string, Group[]>()
  const add = (problem: Problem, host?: string): void => {
    const { code, path, message, hint, position } = problem
    const place = position === undefined ? path : [position.file, position.line, position.column]
    const words = JSON.stringify([code, message, hint, place])
    const known = byWords.get(words)
    if (known !== undefined) {
      if (host !== undefined) known.hosts.add(host)
      return
    }
    const here = JSON.stringify([code, place])
    const others = place === undefined || host === undefined ? [] : (byPlace.get(here) ?? [])
    const other = others.find(({ hosts }) => hosts.size > 0 && host !== undefined && !hosts.has(host))
    if (other !== undefined && host !== undefined) {
      other.hosts.add(host)
      other.isVaried = true
      return
    }
    const group = { problem, hosts: new Set(host === undefined ? [] : [host]), isVaried: false }
    groups.push(group)
    byWords.set(words, group)
    byPlace.set(here, [...others, group])
  }
  return { add, all: () => groups }
}

const NAMED_HOSTS = 3

/** `host a`, or `5 hosts: a, b, c, …` */
export function nameHosts(hosts: readonly string[]): string {
  if (hosts.length === 1) return `host ${hosts.join()}`
  const rest = hosts.length > NAMED_HOSTS ? ', …' : ''
  return `${hosts.length} hosts: ${hosts.slice(0, NAMED_HOSTS).join(', ')}${rest}`
}
