import { ResourceConflict } from '../../model/errors.ts'
import { isStarted, type UnitFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { UnitAction } from '../../model/operation.ts'
import type { ResourceId, Step } from '../../model/resource.ts'

/** The wanted state of a unit, except its files; undefined does not change it. */
export interface UnitState {
  readonly name: string
  readonly masked?: boolean
  readonly enabled?: boolean
  readonly started?: boolean
}

/** Before the unit's files are written: a mask is a link in their place. One that converge made goes with its declaration. */
export function unmaskSteps(
  state: UnitState,
  id: ResourceId,
  found: UnitFact,
  { isOurs }: { readonly isOurs: boolean },
): readonly Step[] {
  if (isOurs && state.masked === undefined && found.file === 'masked') {
    return [step(state.name, 'unmask', 'is no longer masked in the spec, will be unmasked')]
  }
  const isWanted = state.masked === false || state.enabled === true || state.started === true
  if (!isWanted) return []
  if (found.file === 'masked-runtime') throw runtimeConflict(id, state.name, 'masked', 'unmask')
  if (found.file === 'unknown') {
    return state.masked === false ? [step(state.name, 'unmask', 'will be unmasked')] : []
  }
  if (found.file !== 'masked') return []
  if (state.masked === false) return [step(state.name, 'unmask', 'is masked, will be unmasked')]
  const remedy = 'declare `masked: false` to unmask it, or remove enabled and started'
  throw new ResourceConflict(id, `${state.name} is masked`, remedy)
}

interface Linking {
  readonly isRewritten: boolean
  /** Its [Install] changes. */
  readonly isRelinked: boolean
  /** For the host to decide it: its files and the checksums of their contents. */
  readonly nextFiles: string
}

const relinks = 'its [Install] changes'

/** Before its files are written: only the old ones say which links, aliases and other units they have enabled. */
export function unlinkSteps(
  { name, enabled }: UnitState,
  found: UnitFact,
  { isRelinked, nextFiles }: Linking,
): readonly Step[] {
  const isUndecided = found.file === 'unknown' && nextFiles !== ''
  const unlink = {
    ...step(name, 'disable', relinks),
    ...(isUndecided && { guard: { reinstalls: nextFiles } }),
  }
  return [
    ...(enabled === true && (isUndecided || (isRelinked && found.file === 'enabled')) ? [unlink] : []),
    ...(isTemplate(name) && (isUndecided || isRelinked) ? [{ ...unlink, ofInstances: true } as const] : []),
  ]
}

/** After its files are written: mask, enable or disable. */
export function unitFileSteps(
  state: UnitState,
  id: ResourceId,
  found: UnitFact,
  linking: Linking,
): readonly Step[] {
  const own = ownFileSteps(state, id, found, linking)
  if (!isTemplate(state.name) || !linking.isRelinked) return own
  return [...own, { ...step(state.name, 'enable', relinks), ofInstances: true }]
}

function ownFileSteps(
  { name, masked, enabled }: UnitState,
  id: ResourceId,
  found: UnitFact,
  { isRewritten, isRelinked }: Linking,
): readonly Step[] {
  if (masked === true && found.file !== 'masked') return [step(name, 'mask', 'will be masked')]
  // A file that gains its [Install] in this run was `static` when inspected.
  const isNewlyInstalled = isRewritten && found.file === 'static'
  if (enabled === true && isRelinked && found.file === 'enabled') {
    return [step(name, 'enable', relinks)]
  }
  if (enabled === true && (isNewlyInstalled || canBeEnabled(found.file))) {
    return [step(name, 'enable', 'will be enabled')]
  }
  if (enabled === false) {
    if (found.file === 'enabled-runtime') throw runtimeConflict(id, name, 'enabled', 'disable')
    if (found.file === 'enabled' || found.file === 'unknown')
      return [step(name, 'disable', 'will be disabled')]
  }
  return []
}

/** Last of all: start or stop. */
export function activeSteps(
  { name, started }: UnitState,
  id: ResourceId,
  found: UnitFact,
  { remains, around }: { readonly remains: boolean; readonly around: string | undefined },
): readonly Step[] {
  if (started === true && found.endsByItself === true && !remains) {
    const remedy =
      'set RemainAfterExit=yes in a drop-in, or remove started and notify it with the action start'
    const message = `${name} is a oneshot service: it does not stay active, so it would be started in every run`
    throw new ResourceConflict(id, message, remedy)
  }
  // A unit that keeps exiting is `activating` in between, and does not run.
  if (started === true && (!isStarted(found) || found.isCrashing === true)) {
    const state = found.isCrashing ? 'keeps exiting' : `is ${found.active}`
    const isKnown = found.load !== 'not-found' && found.active !== 'unknown'
    const reason = isKnown ? `${state}, will be started` : 'will be started'
    return [{ operation: { op: 'unit', unit: name, action: 'start', ...given({ around }) }, reason }]
  }
  if (started === false && isStarted(found))
    return [step(name, 'stop', `is ${found.active}, will be stopped`)]
  if (started === false && found.active === 'unknown') return [step(name, 'stop', 'will be stopped')]
  return []
}

/** Whether enabling changes anything: not for a unit without [Install], an alias, and what only systemd makes. */
function canBeEnabled(unitFileState: string): boolean {
  return !['enabled', 'static', 'indirect', 'alias', 'generated', 'transient'].includes(unitFileState)
}

export function isTemplate(name: string): boolean {
  return name.includes('@.')
}

export function runtimeConflict(
  id: ResourceId,
  name: string,
  state: string,
  action: UnitAction,
): ResourceConflict {
  return new ResourceConflict(
    id,
    `${name} is ${state} until the next boot only`,
    `run \`systemctl ${action} --runtime ${name}\` on the host`,
  )
}

export function step(unit: string, action: UnitAction, reason: string): Step {
  return { operation: { op: 'unit', unit, action }, reason }
}
