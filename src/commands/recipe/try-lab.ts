import { spawnSync } from 'node:child_process'
import { openSession } from '../../engine/session.ts'
import { type Lab, type LabOptions, startLab } from '../../lab/lab.ts'
import type { Host } from '../../model/cluster.ts'
import type { CatalogEntry, HostCatalog } from '../../model/resource.ts'
import type { Stop } from '../../model/stop.ts'
import { createTransports } from '../../transports/index.ts'
import { hostLibrary } from '../hosts/host-library.ts'
import type { LoadedSpec } from '../spec/load-spec.ts'
import { convergeTwice, type Tried } from './converge-tried.ts'

/** Why a spec is for other hosts than those of a lab; undefined if it is not. */
export function notForLab({ cluster }: LoadedSpec): string | undefined {
  const other = cluster.hosts.find(
    ({ platform: { os = 'debian', release = '12' } }) => os !== 'debian' || release !== '12',
  )
  if (other === undefined) return undefined
  const { os, release = '' } = other.platform
  return `a lab has hosts with Debian 12, and ${other.name} has ${os} ${release}`.trimEnd()
}

/**
 * Applies a spec to hosts with systemd and sshd that boot for it, then takes all of it away again; after each nothing may
 * be left to do. Their Debian has the packages of the spec.
 */
export async function tryLab(spec: LoadedSpec, stop: Stop): Promise<Tried> {
  const { cluster } = spec
  const names = cluster.hosts.map((_, index) => `h${index}`)
  const packages = packagesOf(spec.catalog.hosts.flatMap(({ entries }) => entries))
  const lab = await startedLab({ hosts: names, packages })
  if (lab instanceof Error) return { problem: `no lab could be started: ${lab.message}`, left: [] }
  const left = new Set<string>()
  try {
    const addresses = new Map(cluster.hosts.map(({ address }, index) => [address, lab.address(`h${index}`)]))
    const all = new Set(cluster.hosts.map(({ name }) => name))
    const moved = spec.whatIf(
      { hosts: all, path: ['host', 'address'], to: (value) => addresses.get(String(value)) ?? value },
      all,
    )
    if (moved === undefined) return { problem: 'it is not valid with the addresses of a lab', left: [] }
    const catalog = spec.compile({ cluster: moved, recipes: spec.recipes })
    const hosts = catalog.hosts.map((own) => withinReach(own, new Set(packages), left))
    const ssh = { user: 'root', port: 22, identityFile: lab.identityFile, knownHostsFile: lab.knownHostsFile }
    const reached = moved.hosts.map(
      (host, index): Host => ({
        ...host,
        target: { transport: 'ssh', address: lab.address(`h${index}`), ssh },
      }),
    )
    const converge = (catalogs: readonly HostCatalog[]) =>
      convergeTwice(
        openSession({
          cluster: { ...moved, hosts: reached },
          catalog: { ...catalog, hosts: catalogs },
          transports: createTransports(process.cwd()),
          library: hostLibrary(),
          parallel: 4,
          localCommands: true,
          stop,
        }),
        'lab',
      )
    const problem = await converge(hosts)
    if (problem !== undefined) return { problem, left: [...left] }
    const stays = await converge(hosts.map((own) => ({ ...own, entries: [] })))
    return {
      ...(stays !== undefined && { problem: `what leaves the spec is not removed: ${stays}` }),
      left: [...left],
    }
  } finally {
    await lab.close()
  }
}

async function startedLab(options: LabOptions): Promise<Lab | Error> {
  try {
    return await startLab(options)
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

/** Those that are to be there, and that Debian has. */
function packagesOf(entries: readonly CatalogEntry[]): readonly string[] {
  const wanted = entries.flatMap(({ resource: { kind, desired } }) =>
    kind === 'package' && desired.absent !== true && desired.version === undefined
      ? [String(desired.name)]
      : [],
  )
  return [...new Set(wanted)].filter((name) =>
    // A name that others provide has nothing to show.
    /^Package: /m.test(
      spawnSync('apt-cache', ['show', '--no-all-versions', name], { encoding: 'utf8' }).stdout,
    ),
  )
}

/** What a host that shares its kernel and its clock with others cannot do. */
const ofOwnKernel = /^(sysctl|kernelModule|swapFile|container|quadlet)\[/
const timeServices = new Set(['systemd-timesyncd.service', 'chrony.service', 'ntpsec.service'])

/** Kinds that are nothing without what they come after, such as a service and its program. */
const needsOthers = new Set(['unit', 'command', 'link', 'etcdKey', 'etcdRole', 'etcdUser'])

/** Hosts of a lab reach each other and this machine only: what comes from elsewhere is left out, and what needs it. */
function withinReach(catalog: HostCatalog, packages: ReadonlySet<string>, left: Set<string>): HostCatalog {
  const missing = new Set<string>()
  const entries = catalog.entries.filter(({ resource, after, partOf = [] }) => {
    const { id, kind, desired, closedSecrets } = resource
    const isFar =
      ['archive', 'download', 'gitCheckout'].includes(kind) ||
      (kind !== 'file' && partOf.some((composite) => ofOwnKernel.test(composite))) ||
      (kind === 'unit' && desired.started === true && timeServices.has(String(desired.name))) ||
      (kind === 'package' && desired.absent !== true && !packages.has(String(desired.name))) ||
      closedSecrets.length > 0
    const needs = needsOthers.has(kind) && after.some((other) => missing.has(other))
    if (isFar || needs) missing.add(id)
    return !isFar && !needs
  })
  // What is there only until something has run would stay for ever.
  const lasting = entries.filter(
    ({ resource: { desired } }) => desired.until === undefined || missing.size === 0,
  )
  for (const { resource } of entries)
    if (!lasting.some((entry) => entry.resource === resource)) missing.add(resource.id)
  for (const id of missing) left.add(id)
  const kept = new Set(lasting.map(({ resource }) => resource.id))
  return {
    ...catalog,
    entries: lasting.map((entry) => ({
      ...entry,
      after: entry.after.filter((id) => kept.has(id)),
      notifies: entry.notifies.filter(({ resource }) => kept.has(resource)),
    })),
  }
}
