import { compactHosts } from './compact-hosts.ts'
import { escapeLine } from './escape-control.ts'
import type { Style } from './style.ts'

/** Groups hosts with the same lines, in order: their names as ranges, the first line next to them, the others below. */
export function renderGroups<T extends { readonly host: string }>(
  hosts: readonly T[],
  linesOf: (host: T) => readonly string[],
  style: Style,
): readonly string[] {
  const shown = hosts.map((host) => ({ host: host.host, lines: linesOf(host) }))
  return groupBy(shown, ({ lines }) => JSON.stringify(lines)).map((group) => {
    const names = style.heading(escapeLine(compactHosts(group.map(({ host }) => host))))
    const [first = '', ...rest] = group[0].lines
    return [first === '' ? names : `${names} ${first}`, ...rest.map((line) => `  ${line}`)].join('\n')
  })
}

/** Groups items by key, in order of first appearance. */
export function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}
