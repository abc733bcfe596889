import { type Facts, isStarted } from '../../model/facts.ts'
import type { Resource, ResourceId, Step } from '../../model/resource.ts'
import { removalSteps } from '../define/absent.ts'
import { pathFact, unitFact } from '../define/facts-of.ts'
import { ancestorClaims } from '../define/ownership.ts'
import { runtimeConflict, step } from './unit-state.ts'

type Behavior = Pick<Resource, 'claims' | 'probes' | 'steps' | 'ownsUnit'> & {
  readonly follows: () => Resource['claims']
}

/** A unit that is not to be there: it stops, is disabled, and loses its file and the directory of its drop-ins. */
export function absentUnit(
  name: string,
  directory: string,
  directories: readonly string[],
  id: ResourceId,
): Behavior {
  const path = `${directory}/${name}`
  const dropIns = `${path}.d`
  return {
    claims: [
      { kind: 'unit', key: name },
      { kind: 'path', key: path },
      { kind: 'path', key: dropIns },
    ],
    follows: () => ancestorClaims(path),
    ownsUnit: name,
    probes: [
      { probe: 'path', path, sha256: '' },
      { probe: 'path', path: dropIns, entries: true },
      ...directories
        .filter((other) => other !== directory)
        .map((other) => ({ probe: 'path', path: `${other}/${name}` }) as const),
      { probe: 'unit', unit: name },
    ],
    steps: (facts, trigger) =>
      trigger === undefined
        ? [
            ...endingSteps(name, id, facts),
            ...(isMask(path, facts)
              ? [step(name, 'unmask', 'will be unmasked')]
              : removalSteps(id, { path, only: 'file' }, facts)),
            ...removalSteps(id, { path: dropIns, only: 'directory' }, facts),
          ]
        : [],
  }
}

/** While it still has its files, which say what enables it. */
function endingSteps(name: string, id: ResourceId, facts: Facts): readonly Step[] {
  const { init } = facts.platform
  const found = unitFact(facts, name)
  if (init === 'none') return []
  if (found.file === 'enabled-runtime') throw runtimeConflict(id, name, 'enabled', 'disable')
  const runs = isStarted(found) || found.active === 'unknown'
  const isEnabled = found.file === 'enabled' || found.file === 'unknown'
  return [
    ...(init === 'systemd' && runs ? [step(name, 'stop', `is ${found.active}, will be stopped`)] : []),
    ...(isEnabled ? [step(name, 'disable', 'will be disabled')] : []),
  ]
}

function isMask(path: string, facts: Facts): boolean {
  const found = pathFact(facts, path)
  return found.type === 'link' && found.target === '/dev/null'
}
