import type { Facts, GroupFact, PackageFact, PathFact, Probe, UnitFact, UserFact } from './facts.ts'
import { assertNever, emptyMap } from './value.ts'

/**
 * The facts of an empty booted host with its units in the given state. With `unknown`, the steps of a resource are all
 * that it may ever need.
 */
export function supposedFacts(probes: readonly Probe[], active: 'active' | 'inactive' | 'unknown'): Facts {
  const paths = emptyMap<PathFact>()
  const units = emptyMap<UnitFact>()
  const users = emptyMap<UserFact | null>()
  const groups = emptyMap<GroupFact | null>()
  const packages = emptyMap<PackageFact | null>()
  const checks = emptyMap<boolean>()
  for (const probe of probes) {
    switch (probe.probe) {
      case 'path':
        paths[probe.path] = { type: 'absent' }
        break
      case 'unit':
        units[probe.unit] = {
          load: 'loaded',
          active,
          file: active === 'unknown' ? active : 'disabled',
          needsReload: false,
        }
        break
      case 'user':
        users[probe.name] = null
        break
      case 'group':
        groups[probe.name] = null
        break
      case 'package':
        packages[probe.name] = null
        break
      case 'check':
        checks[probe.command] = true
        break
      default:
        assertNever(probe)
    }
  }
  return {
    platform: { os: '', release: '', arch: '', init: 'systemd', uid: 0, rooted: false },
    paths,
    units,
    users,
    groups,
    packages,
    checks,
    pending: [],
    journal: '',
  }
}
