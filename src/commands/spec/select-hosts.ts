import type { Cluster, Host } from '../../model/cluster.ts'
import { nearestHint } from '../../validation/nearest.ts'
import { usageError } from '../cli/usage-error.ts'

/** The hosts that a selector matches, such as `infra0,infra[0-2,5],web*,role:etcd`; a term that matches none is a mistake. */
export function selectHosts(cluster: Cluster, selector: string): readonly Host[] {
  const terms = splitTerms(selector)
  if (terms.length === 0) throw usageError('the selector is empty', 'such as infra0,role:etcd')
  const selected = new Set(terms.flatMap((term) => hostsOf(cluster, term)))
  return cluster.hosts.filter((host) => selected.has(host))
}

/** The host with this name. Throws a SpecError if there is none. */
export function onlyHost(cluster: Cluster, name: string): Host {
  const host = cluster.hosts.find((candidate) => candidate.name === name)
  if (host !== undefined) return host
  const names = cluster.hosts.map((candidate) => candidate.name)
  throw usageError(`there is no host "${name}"`, nearestHint(name, names.slice(0, 20), ''))
}

/** Commas within brackets belong to a range. */
function splitTerms(selector: string): readonly string[] {
  return (selector.match(/(?:\[[^\]]*\]|[^,[]|\[)+/g) ?? [])
    .map((term) => term.trim())
    .filter((term) => term !== '')
}

function hostsOf(cluster: Cluster, term: string): readonly Host[] {
  if (term.startsWith('role:')) return hostsOfRole(cluster, term.slice('role:'.length))
  const pattern = parsePattern(term)
  const hosts = cluster.hosts.filter((host) => pattern(host.name))
  if (hosts.length > 0) return hosts
  const names = cluster.hosts.map((host) => host.name)
  throw usageError(`no host matches "${term}"`, nearestHint(term, names.slice(0, 20), ''))
}

function hostsOfRole(cluster: Cluster, role: string): readonly Host[] {
  const hosts = cluster.hosts.filter((host) => host.roles.includes(role))
  if (hosts.length > 0) return hosts
  const roles = [...new Set(cluster.hosts.flatMap((host) => host.roles))]
  throw usageError(`no host has the role "${role}"`, nearestHint(role, roles, 'no host has a role'))
}

/** Matches by pattern instead of expanding, so that `[0-999999999]` costs nothing. */
function parsePattern(term: string): (name: string) => boolean {
  const ranges: (readonly Range[])[] = []
  const source = term.replaceAll(/\[([^\]]*)\]|[^[]+|\[/g, (piece, inner: string | undefined) => {
    if (inner === undefined) return globSource(piece)
    ranges.push(inner.split(',').map((part) => parseRange(part, term)))
    return '(\\d+)'
  })
  const matcher = new RegExp(`^${source}$`)
  return (name) => {
    const match = matcher.exec(name)
    return (
      match !== null && ranges.every((of, index) => of.some((range) => within(range, match[index + 1] ?? '')))
    )
  }
}

function globSource(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, (character) => {
    if (character === '*') return '.*'
    return character === '?' ? '.' : `\\${character}`
  })
}

interface Range {
  readonly first: string
  readonly last: string
}

function parseRange(part: string, term: string): Range {
  const [, first, last = first] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? []
  if (first !== undefined && last !== undefined) return { first, last }
  const message = `[${part}] in "${term}" is not a range of numbers`
  throw usageError(message, 'such as infra[0-2] or core-[01-05,07]')
}

/** `07` matches `[01-10]` but not `[1-10]`: padding is part of the name. */
function within({ first, last }: Range, digits: string): boolean {
  const number = Number(digits)
  if (number < Number(first) || number > Number(last)) return false
  return digits === String(number).padStart(first.length, '0')
}
