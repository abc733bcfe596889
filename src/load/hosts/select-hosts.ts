import type { Host } from '../../model/cluster.ts'
import { SpecError } from '../../model/errors.ts'
import { globSource } from '../../model/glob.ts'
import { nearestHint } from '../../validation/nearest.ts'

/** What a selector asks of a host. */
export type Selectable = Pick<Host, 'name' | 'roles' | 'labels' | 'environment' | 'runList'>

interface Options {
  /** A name, role, recipe, label or environment that no host has is no mistake. */
  readonly mayMatchNone?: boolean
}

/**
 * The hosts that a selector matches, in their order. Terms are separated by commas: names, ranges, globs, `role:`,
 * `recipe:`, `label:key=value`, `label:key` and `env:`; `&` asks for all of its parts, and `!` for none. A term that is
 * only `!` takes away from what the others select. Throws a SpecError.
 */
export function selectHosts<T extends Selectable>(
  hosts: readonly T[],
  selector: string,
  { mayMatchNone = false }: Options = {},
): readonly T[] {
  const terms = split(selector, ',').map((text) => readTerm(text, hosts, mayMatchNone))
  if (terms.length === 0) throw mistake('the selector is empty', 'such as infra0,role:etcd')
  const [without, wanted] = [
    terms.filter(({ takesAway }) => takesAway),
    terms.filter((term) => !term.takesAway),
  ]
  const selected = hosts.filter(
    (host) =>
      (wanted.length === 0 || wanted.some(({ matches }) => matches(host))) &&
      !without.some(({ matches }) => matches(host)),
  )
  if (selected.length === 0 && !mayMatchNone) throw mistake(`"${selector}" selects no host`)
  return selected
}

type Matches = (host: Selectable) => boolean

interface Term {
  readonly takesAway: boolean
  readonly matches: Matches
}

function readTerm(text: string, hosts: readonly Selectable[], mayMatchNone: boolean): Term {
  const parts = split(text, '&')
  if (parts.length <= (text.match(/&/g)?.length ?? 0))
    throw mistake(`a part of "${text}" is missing`, 'such as role:web&label:zone=a')
  const matchers = parts.map((part) => {
    const isNegated = part.startsWith('!')
    const matches = matcherOf(part.slice(isNegated ? 1 : 0).trim(), hosts, mayMatchNone)
    return { isNegated, matches }
  })
  const [only, second] = matchers
  if (only?.isNegated === true && second === undefined) return { takesAway: true, matches: only.matches }
  return {
    takesAway: false,
    matches: (host) => matchers.every(({ isNegated, matches }) => matches(host) !== isNegated),
  }
}

/** The parts between separators that are not within the brackets of a range. */
function split(text: string, separator: ',' | '&'): readonly string[] {
  const pattern = separator === ',' ? /(?:\[[^\]]*\]|[^,[]|\[)+/g : /(?:\[[^\]]*\]|[^&[]|\[)+/g
  return (text.match(pattern) ?? []).map((part) => part.trim()).filter((part) => part !== '')
}

/** What a prefix selects by: the values of a host, in words, and what to say if no host has one. */
const prefixes: Readonly<
  Record<string, { readonly of: string; valuesOf(host: Selectable): readonly string[] }>
> = {
  role: { of: 'the role', valuesOf: ({ roles }) => roles },
  recipe: { of: 'the recipe', valuesOf: ({ runList }) => runList.map(({ recipe }) => recipe) },
  env: {
    of: 'the environment',
    valuesOf: ({ environment }) => (environment === undefined ? [] : [environment]),
  },
  label: {
    of: 'the label',
    valuesOf: ({ labels }) => Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]),
  },
}

function matcherOf(part: string, hosts: readonly Selectable[], mayMatchNone: boolean): Matches {
  const [, prefix, value = ''] = /^([A-Za-z]+):(.*)$/s.exec(part) ?? []
  const by = prefix === undefined ? undefined : prefixes[prefix]
  if (prefix !== undefined && by === undefined) {
    const likely = nearestHint(prefix, Object.keys(prefixes), '')
    throw mistake(`a selector has no ${prefix}:`, likely || 'such as role:web')
  }
  const matches = patternOf(by === undefined ? part : value, part)
  const isIn: Matches =
    by === undefined ? ({ name }) => matches(name) : (host) => by.valuesOf(host).some(matches)
  if (mayMatchNone || hosts.some(isIn)) return isIn
  if (by === undefined) {
    const names = hosts.slice(0, 20).map(({ name }) => name)
    throw mistake(`no host matches "${part}"`, nearestHint(part, names, ''))
  }
  const known = [...new Set(hosts.flatMap((host) => by.valuesOf(host)))].filter(
    (one) => prefix !== 'label' || one.includes('=') === value.includes('='),
  )
  throw mistake(
    `no host has ${by.of} "${value}"`,
    nearestHint(value, known, `no host has ${by.of.replace('the', 'a')}`),
  )
}

/** Matches by pattern instead of expanding, so that `[0-999999999]` costs nothing. */
function patternOf(text: string, part: string): (value: string) => boolean {
  if (text === '') throw mistake(`"${part}" names nothing`, 'such as role:web or !infra0')
  const ranges: (readonly Range[])[] = []
  const source = text.replaceAll(/\[([^\]]*)\]|[^[]+|\[/g, (piece, inner: string | undefined) => {
    if (inner === undefined) return globSource(piece)
    ranges.push(inner.split(',').map((range) => parseRange(range, part)))
    return '(\\d+)'
  })
  const matcher = new RegExp(`^${source}$`)
  return (value) => {
    const match = matcher.exec(value)
    return (
      match !== null && ranges.every((of, index) => of.some((range) => within(range, match[index + 1] ?? '')))
    )
  }
}

interface Range {
  readonly first: string
  readonly last: string
}

function parseRange(range: string, part: string): Range {
  const [, first, last = first] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(range) ?? []
  if (first !== undefined && last !== undefined) return { first, last }
  throw mistake(`[${range}] in "${part}" is not a range of numbers`, 'such as infra[0-2] or core-[01-05,07]')
}

/** `07` matches `[01-10]` but not `[1-10]`: padding is part of the name. */
function within({ first, last }: Range, digits: string): boolean {
  const number = Number(digits)
  if (number < Number(first) || number > Number(last)) return false
  return digits === String(number).padStart(first.length, '0')
}

function mistake(message: string, hint?: string): SpecError {
  return new SpecError([{ code: 'invalid-selector', message, hint }])
}

/** The host with this name. Throws a SpecError if there is none. */
export function onlyHost<T extends Selectable>(hosts: readonly T[], name: string): T {
  const host = hosts.find((candidate) => candidate.name === name)
  if (host !== undefined) return host
  const names = hosts.slice(0, 20).map((candidate) => candidate.name)
  throw mistake(`there is no host "${name}"`, nearestHint(name, names, ''))
}
