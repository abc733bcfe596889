/** The least release of a minor version from which the next one may be begun (upgrade guides of etcd 3.6 and 3.7). */
const floors: Readonly<Record<string, { readonly patch: number; readonly next: string }>> = {
  '3.5': { patch: 32, next: '3.6' },
  '3.6': { patch: 11, next: '3.7' },
}

interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

/** Why a cluster whose members have these releases may not go to another one, and what to do; undefined if it may. */
export function upgradeRefusal(
  running: readonly string[],
  wanted: string,
): { readonly why: string; readonly remedy: string } | undefined {
  const lowest = running.toSorted((a, b) => compare(versionOf(a), versionOf(b)))[0]
  if (lowest === undefined) return undefined
  const [from, to] = [versionOf(lowest), versionOf(wanted)]
  const steps = to.major === from.major ? to.minor - from.minor : Number.NaN
  if (steps === 0) return undefined
  const next = `${from.major}.${from.minor + 1}`
  if (steps < 0)
    return {
      why: `all members run etcd ${lowest} or later, and ${wanted} cannot read what they have written`,
      remedy: `set the version to ${from.major}.${from.minor}.x`,
    }
  if (steps !== 1)
    return {
      why: `a member runs etcd ${lowest}, and etcd is upgraded by one minor version at a time`,
      remedy: `upgrade to ${next}.x first`,
    }
  const floor = floors[`${from.major}.${from.minor}`]
  if (floor === undefined || from.patch >= floor.patch) return undefined
  return {
    why: `a member runs etcd ${lowest}, and ${floor.next} wants at least ${from.major}.${from.minor}.${floor.patch} on all of them`,
    remedy: `upgrade to ${from.major}.${from.minor}.${floor.patch} or a later patch first`,
  }
}

export function minorOf(version: string): string {
  const { major, minor } = versionOf(version)
  return `${major}.${minor}`
}

function versionOf(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return { major, minor, patch }
}

function compare(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch
}
