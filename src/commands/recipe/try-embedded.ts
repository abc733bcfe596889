import { lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type EmbeddedHost, startEmbeddedHosts } from '../../embedded/hosts.ts'
import { openSession } from '../../engine/session.ts'
import type { Host } from '../../model/cluster.ts'
import { type CatalogEntry, type HostCatalog, pathIn, type Resource } from '../../model/resource.ts'
import type { Stop } from '../../model/stop.ts'
import { createTransports } from '../../transports/index.ts'
import { hostLibrary } from '../hosts/host-library.ts'
import { removeTree } from '../render/output-folder.ts'
import type { LoadedSpec } from '../spec/load-spec.ts'
import { convergeTwice, type Tried } from './converge-tried.ts'

/**
 * Applies specs to embedded hosts, one after the other; after each nothing may be left to do. Then all of it leaves the
 * spec, and nothing of it may be left on the hosts.
 */
export async function tryEmbedded(specs: readonly LoadedSpec[], stop: Stop): Promise<Tried> {
  const directory = mkdtempSync(join(tmpdir(), 'converge-recipe-'))
  const names = new Set(specs.flatMap(({ cluster }) => cluster.hosts.map(({ name }) => name)))
  const embedded = await startEmbeddedHosts({ names: [...names], directory })
  const left = new Set<string>()
  try {
    const converged = async (spec: LoadedSpec, hosts: readonly HostCatalog[]) => {
      const session = openSession({
        cluster: { ...spec.cluster, hosts: spec.cluster.hosts.map((host) => onEmbedded(host, embedded)) },
        catalog: { ...spec.catalog, hosts },
        transports: createTransports(directory),
        library: hostLibrary(),
        parallel: 4,
        localCommands: true,
        stop,
      })
      return convergeTwice(session, 'embedded')
    }
    const before = pathsThere(directory, specs.at(-1)?.catalog.hosts ?? [])
    for (const spec of specs) {
      const hosts = spec.catalog.hosts.map((catalog) => withoutMachine(catalog, left))
      for (const { host, entries } of hosts) plantFolders(join(directory, host), entries)
      const isLast = spec === specs.at(-1)
      const problem =
        (await converged(spec, hosts)) ??
        (isLast ? await removed(spec, hosts, converged, { directory, before }) : undefined)
      if (problem !== undefined) return { problem, left: [...left] }
    }
    return { left: [...left] }
  } finally {
    await embedded.close()
    await removeTree(directory)
  }
}

/** Why something of a spec stays on the hosts when all of it leaves. */
async function removed(
  spec: LoadedSpec,
  hosts: readonly HostCatalog[],
  converged: (spec: LoadedSpec, hosts: readonly HostCatalog[]) => Promise<string | undefined>,
  { directory, before }: { readonly directory: string; readonly before: readonly string[] },
): Promise<string | undefined> {
  const none = hosts.map((catalog) => ({ ...catalog, entries: [] }))
  const problem = await converged(spec, none)
  if (problem !== undefined) return `what leaves the spec is not removed: ${problem}`
  const stayed = pathsThere(directory, hosts).filter((path) => !before.includes(path))
  return stayed.length === 0 ? undefined : ['what left the spec stays:', ...stayed].join('\n')
}

/** The declared paths that are on the hosts: `web0: /etc/app`. */
function pathsThere(directory: string, hosts: readonly HostCatalog[]): readonly string[] {
  return hosts.flatMap(({ host, entries }) =>
    declaredPaths(entries).flatMap((path) =>
      lstatSync(join(directory, host, path), { throwIfNoEntry: false }) ? [`${host}: ${path}`] : [],
    ),
  )
}

function onEmbedded(
  host: Host,
  {
    hosts,
    identityFile,
    knownHostsFile,
  }: {
    readonly hosts: readonly EmbeddedHost[]
    readonly identityFile: string
    readonly knownHostsFile: string
  },
): Host {
  const { address = '', port = 0 } = hosts.find(({ name }) => name === host.name) ?? {}
  const { os: _os, release: _release, arch: _arch, ...platform } = host.platform
  const ssh = { user: 'root', port, identityFile, knownHostsFile }
  return { ...host, platform, target: { transport: 'ssh', address, ssh } }
}

const kinds: ReadonlySet<string> = new Set(['file', 'directory', 'link', 'unit', 'user', 'group'])

/**
 * What an embedded host can do: no commands, which would run on this machine, no packages, downloads and mounts, nothing
 * of what packages bring or services make, and no health checks.
 */
function withoutMachine({ entries, ...catalog }: HostCatalog, left: Set<string>): HostCatalog {
  let kept = entries.filter(({ resource }) => isEmbeddable(resource))
  for (let before = -1; before !== kept.length; ) {
    before = kept.length
    const accounts = new Set(
      kept.flatMap(({ resource: { kind, name } }) =>
        kind === 'user' || kind === 'group' ? [`${kind} ${name}`] : [],
      ),
    )
    kept = kept.filter(({ resource }) => accountsOf(resource).every((account) => accounts.has(account)))
  }
  const ids = new Set(kept.map(({ resource }) => resource.id))
  for (const { resource } of entries) if (!ids.has(resource.id)) left.add(resource.id)
  return {
    ...catalog,
    entries: kept.map((entry) => {
      const { disruption: _, ...relations } = entry.resource.relations
      return {
        ...entry,
        resource: { ...entry.resource, relations },
        after: entry.after.filter((id) => ids.has(id)),
        notifies: entry.notifies.filter(({ resource }) => ids.has(resource)),
      }
    }),
  }
}

function isEmbeddable({ kind, desired, relations, mountsOn, closedSecrets }: Resource): boolean {
  const { onlyIf, unless } = relations
  const isOwn = kind !== 'unit' || desired.content !== undefined
  const needsMachine = [mountsOn, onlyIf, unless, desired.validate, desired.until].some(
    (one) => one !== undefined,
  )
  return kinds.has(kind) && isOwn && !needsMachine && closedSecrets.length === 0
}

/** The accounts that a resource needs, other than those of root: `user app`. */
function accountsOf({ kind, desired }: Resource): readonly string[] {
  const users = kind === 'user' ? [] : [desired.owner]
  const groups = [desired.group, ...(Array.isArray(desired.groups) ? desired.groups : [])]
  const named = (what: string, names: readonly unknown[]) =>
    names.flatMap((name) => (typeof name === 'string' && name !== 'root' ? [`${what} ${name}`] : []))
  return [...named('user', users), ...named('group', groups)]
}

/** Makes the folders in which something is declared, and that are not declared: a distribution and packages have them. */
function plantFolders(root: string, entries: readonly CatalogEntry[]): void {
  const paths = declaredPaths(entries)
  for (const path of paths) {
    const folder = dirname(path)
    if (!paths.some((one) => folder === one || folder.startsWith(`${one}/`)))
      mkdirSync(join(root, folder), { recursive: true })
  }
}

function declaredPaths(entries: readonly CatalogEntry[]): readonly string[] {
  return entries.flatMap(({ resource: { claims } }) => claims.flatMap((claim) => pathIn(claim) ?? []))
}
