import type { ObjectFact } from './cluster-object.ts'
import type { Facts, GroupFact, PackageFact, PathFact, Probe, UnitFact, UserFact } from './facts.ts'
import { emptyMap } from './value.ts'

/** An empty booted host with its units in this state. With `unknown`, a resource's steps are all that it may need. */
export function supposedFacts(probes: readonly Probe[], active: 'active' | 'inactive' | 'unknown'): Facts {
  const answers = {
    paths: emptyMap<PathFact>(),
    units: emptyMap<UnitFact>(),
    users: emptyMap<UserFact | null>(),
    groups: emptyMap<GroupFact | null>(),
    accounts: emptyMap<boolean>(),
    packages: emptyMap<PackageFact | null>(),
    tools: emptyMap<boolean>(),
    checks: emptyMap<boolean>(),
    answers: emptyMap<string | null>(),
    objects: emptyMap<ObjectFact | null>(),
  }
  for (const probe of probes) {
    switch (probe.probe) {
      case 'path':
        answers.paths[probe.path] = { type: 'absent' }
        break
      case 'unit': {
        const file = active === 'unknown' ? active : 'disabled'
        answers.units[probe.unit] = { load: 'loaded', active, file, needsReload: false }
        break
      }
      case 'account':
        answers.accounts[probe.account] = true
        break
      case 'tool':
        answers.tools[probe.tool] = true
        break
      case 'check':
        answers.checks[probe.command] = true
        break
      case 'reboot':
        break
      default:
        answers[`${probe.probe}s`][probe.name] = null
    }
  }
  const platform = { os: '', release: '', arch: '', init: 'systemd', uid: 0, rooted: false } as const
  return {
    platform,
    ...answers,
    pending: [],
    journal: '',
    ...(active === 'unknown' && { isUnknown: true }),
  }
}
