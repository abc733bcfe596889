import type { Problem } from './diagnostic.ts'

/**
 * Collects mistakes. The same words at the same place are one mistake of several hosts. So are other words for another
 * host at the same place, such as `192.0.2.256` and `192.0.2.257` in a range: then the first is told. Where a place may
 * have several mistakes, as a recipe may, only words that differ by names of hosts and numbers are one.
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

export function collectProblems({
  oneMistake,
}: {
  readonly oneMistake: 'per place' | 'per words'
}): Problems {
  const groups: Group[] = []
  const byWords = new Map<string, Group>()
  const byPlace = new Map<string, Group[]>()
  /** How many groups of a place have a host: all of a recipe's mistakes may be at one. */
  const passed = new Map<string, number>()
  const add = (problem: Problem, host?: string): void => {
    const { code, path, message, hint, position } = problem
    const place = position === undefined ? path : [position.file, position.line, position.column]
    const words = JSON.stringify([code, message, hint, place])
    const known = byWords.get(words)
    if (known !== undefined) {
      if (host !== undefined) known.hosts.add(host)
      return
    }
    const here = JSON.stringify([code, place, oneMistake === 'per words' && likeness(message, host)])
    const others = byPlace.get(here) ?? []
    byPlace.set(here, others)
    if (place !== undefined && host !== undefined) {
      const own = `${here} ${host}`
      let at = passed.get(own) ?? 0
      let other = others[at]
      while (other !== undefined && !lacks(other, host)) other = others[++at]
      passed.set(own, at)
      if (other !== undefined) {
        other.hosts.add(host)
        other.isVaried = true
        return
      }
    }
    const group = { problem, hosts: new Set(host === undefined ? [] : [host]), isVaried: false }
    groups.push(group)
    byWords.set(words, group)
    others.push(group)
  }
  return { add, all: () => groups }
}

function lacks({ hosts }: Group, host: string): boolean {
  return hosts.size > 0 && !hosts.has(host)
}

/** The words without what differs between hosts. */
function likeness(message: string, host = ''): string {
  return (host === '' ? message : message.replaceAll(host, '#')).replaceAll(/\d+/g, '#')
}

const NAMED_HOSTS = 3

/** `host a`, or `5 hosts: a, b, c, …` */
export function nameHosts(hosts: readonly string[]): string {
  if (hosts.length === 1) return `host ${hosts.join()}`
  const rest = hosts.length > NAMED_HOSTS ? ', …' : ''
  return `${hosts.length} hosts: ${hosts.slice(0, NAMED_HOSTS).join(', ')}${rest}`
}
