import type { Facts, PathFact } from '../../src/model/facts.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { textContent } from '../../src/resources/define/content.ts'

/** The facts of a booted host as root, without any answers. */
export const blankFacts: Facts = {
  platform: { os: 'debian', release: '12', arch: 'amd64', init: 'systemd', uid: 0, rooted: false },
  paths: {},
  units: {},
  users: {},
  groups: {},
  packages: {},
  accounts: {},
  tools: {},
  checks: {},
  answers: {},
  objects: {},
  pending: [],
  journal: '',
}

/** The same host, asked what a catalog wants to know: there is nothing of it but what is given. */
export function factsOf({ entries }: HostCatalog, found: Partial<Facts> = {}): Facts {
  const nothing = supposedFacts(
    entries.flatMap(({ resource }) => resource.probes),
    'inactive',
  )
  return {
    ...nothing,
    ...found,
    platform: found.platform ?? blankFacts.platform,
    paths: { ...nothing.paths, ...found.paths },
    units: { ...nothing.units, ...found.units },
    users: { ...nothing.users, ...found.users },
    groups: { ...nothing.groups, ...found.groups },
    packages: { ...nothing.packages, ...found.packages },
    accounts: { ...nothing.accounts, ...found.accounts },
    tools: { ...nothing.tools, ...found.tools },
    checks: { ...nothing.checks, ...found.checks },
  }
}

export const byRoot = { owner: 'root', group: 'root', uid: 0, gid: 0 } as const

/** A file as the host answers: with its text if that is not the one that is wanted. */
export function fileFact(text: string, wanted?: string): Extract<PathFact, { type: 'file' }> {
  const { sha256, sizeBytes } = textContent(text)
  const shown = wanted !== undefined && wanted !== sha256 ? { content: text } : {}
  return { type: 'file', sizeBytes, sha256, mode: '0644', ...byRoot, ...shown }
}

export function directoryFact(mode = '0755'): Extract<PathFact, { type: 'directory' }> {
  return { type: 'directory', mode, ...byRoot }
}
