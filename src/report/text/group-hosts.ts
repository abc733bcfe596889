import { compactHosts } from './compact-hosts.ts'
import { escapeLine } from './escape-control.ts'

/** Hosts of which the same lines are shown. */
export interface SameLines {
  /** Safe to print, neighbours as ranges. */
  readonly names: string
  readonly lines: readonly string[]
}

/** Groups hosts by what is shown of them, in the order in which the groups begin. */
export function groupHosts<T extends { readonly host: string }>(
  hosts: readonly T[],
  linesOf: (host: T) => readonly string[],
): readonly SameLines[] {
  const groups = new Map<string, { readonly hosts: string[]; readonly lines: readonly string[] }>()
  for (const host of hosts) {
    const lines = linesOf(host)
    const key = JSON.stringify(lines)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { hosts: [host.host], lines })
    else group.hosts.push(host.host)
  }
  return [...groups.values()].map((group) => ({
    names: escapeLine(compactHosts(group.hosts)),
    lines: group.lines,
  }))
}
