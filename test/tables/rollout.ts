import { ConvergeError } from '../../src/model/errors.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { ManifestEntry } from '../../src/model/manifest.ts'
import type { Plan, Wave } from '../../src/model/plan.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { factsOf } from '../samples/facts.ts'
import { catalogOf, declaredContents, type Spec } from './catalogs.ts'
import { type HostLines, readHost } from './host-facts.ts'

/** How many members of a group may be down. */
export type Limit = number | 'quorum'

/** What a host has, and what was found on it; without an answer it was not selected. */
export interface ToldHost {
  readonly catalog: HostCatalog
  readonly answer: Facts | ConvergeError | undefined
}

/** Makes a host of the clauses that tell of it: `restarts etcd, changes`. */
export function tellHost(name: string, sentence: string, limits: Readonly<Record<string, Limit>>): ToldHost {
  const clauses = sentence.split(/, (?!which )/)
  const parts = clauses.map((clause) => partOf(clause, limits))
  const catalog = catalogOf(
    parts.flatMap(({ spec = [] }) => spec),
    name,
  )
  const lines: HostLines = Object.assign({}, ...parts.map(({ host }) => host))
  const manifest = parts.flatMap((part) => part.manifest ?? [])
  const facts: Facts = {
    ...factsOf(catalog, readHost(lines, declaredContents(catalog))),
    ...(manifest.length > 0 && {
      state: { manifest, manifestLines: 1, others: [], generation: 1, members: [] },
    }),
  }
  if (clauses.includes('is not selected')) return { catalog, answer: undefined }
  const silence = new ConvergeError('connect-failed', 'connection refused', { host: name, step: 'connect' })
  return { catalog, answer: clauses.includes('does not answer') ? silence : facts }
}

/** What one clause adds to a host. */
interface Part {
  readonly spec?: Spec
  readonly host?: HostLines
  /** What converge made there. */
  readonly manifest?: readonly ManifestEntry[]
}

const aside: Readonly<Record<string, Part>> = {
  'is not selected': {},
  'does not answer': {},
  changes: { spec: [{ file: { path: '/etc/motd', content: 'new' } }] },
  'is in conflict': {
    spec: [{ directory: { path: '/srv/conflict' } }],
    host: { '/srv/conflict': 'file "in the way"' },
  },
}

function partOf(clause: string, limits: Readonly<Record<string, Limit>>): Part {
  const [, verb = '', group = '', allowed] = /^(.+?) (\w+)(?:, which allows (\d+))?$/.exec(clause) ?? []
  const limit = limits[group]
  const member = verbs[verb]
  if (limit !== undefined && member !== undefined)
    return member(group, allowed === undefined ? limit : Number(allowed))
  const part = aside[clause]
  if (part === undefined) throw new Error(`not a clause about a host: ${clause}`)
  return part
}

type OfMember = (group: string, limit: Limit) => Part

/** What the unit of a member is and does. */
const verbs: Readonly<Record<string, OfMember>> = {
  'is a member of': (group, limit) => ({ spec: [unit(group, limit)], host: running(group) }),
  'is new in': (group, limit) => ({ spec: [unit(group, limit)] }),
  starts: (group, limit) => ({
    spec: [unit(group, limit)],
    host: { ...running(group), [`unit ${group}.service`]: 'inactive' },
  }),
  leaves: (group) => ({
    manifest: [
      {
        resource: `unit[${group}.service]`,
        origin: 'created',
        desired: '',
        paths: {},
        removal: [{ op: 'unit', unit: `${group}.service`, action: 'stop' }],
        group,
      },
    ],
    host: running(group),
  }),
  stops: (group, limit) => ({ spec: [unit(group, limit, false)], host: running(group) }),
  restarts: (group, limit) => ({ spec: [unit(group, limit), file(group, 'restart')], host: running(group) }),
  reloads: (group, limit) => ({ spec: [unit(group, limit), file(group, 'reload')], host: running(group) }),
  'may restart': (group, limit) => ({
    spec: [
      { file: { path: '/etc/motd', content: 'new' } },
      unit(group, limit),
      { file: { ...file(group, 'restart').file, onlyIf: 'test -e /x' } },
    ],
    host: running(group),
  }),
}

function unit(group: string, maxUnavailable: Limit, started = true) {
  return {
    unit: {
      name: `${group}.service`,
      started,
      disruption: {
        group,
        maxUnavailable,
        healthy: `check ${group}`,
        healthyTimeoutSeconds: 9,
        data: dataOf(group),
      },
    },
    // So that the data is asked for, as a recipe does.
    directory: { path: dataOf(group) },
  }
}

function file(group: string, action: string) {
  const notifies = [{ resource: `unit[${group}.service]`, action }]
  return { file: { path: `/etc/${group}.conf`, content: 'new', notifies } }
}

function running(group: string): HostLines {
  return { [dataOf(group)]: 'directory', [`unit ${group}.service`]: 'active enabled' }
}

function dataOf(group: string): string {
  return `/var/lib/${group}`
}

/** A wave as one line: its hosts, whom it asks first, who starts together. */
export function waveLine({ hosts, gates, bootstrap }: Wave): string {
  return [
    hosts.join(' '),
    ...gates.map(({ group, maxUnavailable, members }) => {
      const asked = members.length === 0 ? 'nobody' : members.map(({ host }) => host).join(' ')
      return `at most ${maxUnavailable} of ${group} down, asks ${asked}`
    }),
    ...(bootstrap.length === 0 ? [] : [`together ${bootstrap.join(' ')}`]),
  ].join('; ')
}

export function failureLines({ hosts }: Plan): readonly string[] {
  return hosts.flatMap((plan) =>
    plan.status === 'failed' ? [`${plan.host}: ${plan.error.code}: ${plan.error.message}`] : [],
  )
}
