import type { Platform } from './platform.ts'

export type OsFamily = 'debian' | 'rhel' | 'suse' | 'alpine' | 'flatcar'

/** By the ID of os-release. */
const families: Readonly<Record<string, OsFamily>> = {
  debian: 'debian',
  ubuntu: 'debian',
  raspbian: 'debian',
  linuxmint: 'debian',
  fedora: 'rhel',
  rhel: 'rhel',
  centos: 'rhel',
  rocky: 'rhel',
  almalinux: 'rhel',
  ol: 'rhel',
  amzn: 'rhel',
  'opensuse-leap': 'suse',
  'opensuse-tumbleweed': 'suse',
  sles: 'suse',
  alpine: 'alpine',
  flatcar: 'flatcar',
  coreos: 'flatcar',
}

/** What is elsewhere on the systems of a family than `Platform` says by default. */
export const familyPlatforms: Readonly<Partial<Record<OsFamily, Partial<Platform>>>> = {
  // Of the read-only /usr; what is in /opt/bin is found by shells and units.
  flatcar: { binDir: '/opt/bin' },
}

/** The systems that have files and programs at the same places; undefined for others, and if none is declared. */
export function familyOf({ os }: Pick<Platform, 'os'>): OsFamily | undefined {
  return os !== undefined && Object.hasOwn(families, os) ? families[os] : undefined
}
