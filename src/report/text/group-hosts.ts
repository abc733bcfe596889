import { compactHosts } from './compact-hosts.ts'
import { escapeLine } from './escape-control.ts'
import { outputLabel } from './render-error.ts'
import type { Style } from './style.ts'

/**
 * Groups hosts with the same lines, but for names and addresses in them, in order: the hosts as ranges, the first line
 * next to them, the others below.
 */
export function renderGroups<T extends { readonly host: string }>(
  hosts: readonly T[],
  linesOf: (host: T) => readonly string[],
  style: Style,
): readonly string[] {
  const shown = hosts.map((host) => ({ host: host.host, lines: linesOf(host) }))
  return groupBy(shown, ({ host, lines }) => likeness(host, lines)).map((group) => {
    const names = style.heading(escapeLine(compactHosts(group.map(({ host }) => host))))
    const [first = '', ...rest] = asOnFirst(group, style)
    return [first === '' ? names : `${names} ${first}`, ...rest.map((line) => `  ${line}`)].join('\n')
  })
}

interface HostLines {
  readonly host: string
  readonly lines: readonly string[]
}

/** The same for hosts whose lines differ only in what is the host's own: its name, addresses, temporary names, keys. */
export function likeness(host: string, lines: readonly string[]): string {
  const name = ownName(host)
  const masked = lines.map((line) => {
    const common = ownPatterns.reduce((text, pattern) => text.replaceAll(pattern, '*'), line)
    const text = common.replaceAll(name, '*')
    // Times and process ids.
    return text.trimStart().startsWith(outputLabel) ? text.replaceAll(/\d+/g, '*') : text
  })
  return JSON.stringify(masked)
}

/** A host's name as a word of its own. */
export function ownName(host: string): RegExp {
  return new RegExp(`(?<![\\w-])${host.replaceAll(/[^\w-]/g, '\\$&')}(?![\\w-])`, 'g')
}

/** A host's address, also before a port. */
export function ownAddress(address: string): RegExp {
  const text = address.replaceAll(/[^\w-]/g, '\\$&')
  return address.includes(':')
    ? new RegExp(`(?<![\\w:])${text}(?![\\w:])`, 'g')
    : new RegExp(`(?<![\\w.-])${text}(?![\\w-]|\\.\\w)`, 'g')
}

const ownPatterns = [
  /converge-[0-9a-z]+-[0-9a-f]{8}(-\d+)?/g,
  /SHA256:[\w+/=]{20,}/g,
  /\[?[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*\]?(:\d+)?/gi,
  /\b\d{1,3}(\.\d{1,3}){3}\b(:\d+)?/g,
  // A name with a port.
  /(?<![\w/.-])[\w.-]*[a-z][\w.-]*:\d{1,5}\b/gi,
]

/** The lines of the first host of a group, and a note if those of the others are only like them. */
export function asOnFirst(group: readonly [HostLines, ...HostLines[]], style: Style): readonly string[] {
  const [{ host, lines }, ...others] = group
  const text = JSON.stringify(lines)
  if (others.every((other) => JSON.stringify(other.lines) === text)) return lines
  return [
    ...lines,
    style.quiet(`shown as on ${escapeLine(host)}; names, addresses or times differ on the others`),
  ]
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
