import { isStarted, type UnitFact } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { Operation, UnitAction } from '../model/operation.ts'
import { assertNever } from '../model/value.ts'
import { details, hasNoPath, type RulesByOperation, runsOnly } from './operation-rules.ts'

export const unitRules: Pick<RulesByOperation, 'unit' | 'daemon-reload'> = {
  unit: {
    ...hasNoPath,
    subject: ({ unit, action }) => `unit ${unit} ${stateSetBy[action]}`,
    after: ({ unit, action }, { units }) => ({
      units: {
        [unit]: {
          file: 'disabled',
          active: 'inactive',
          needsReload: false,
          ...units?.[unit],
          ...left(action),
        },
      },
    }),
    probes: ({ unit }) => [{ probe: 'unit', unit }],
    isNeeded: ({ unit, action }, { units }) => isActionNeeded(action, units[unit]),
    inverse: ({ unit, action, around }, { units }) =>
      inverseActions(action, units[unit]).map((back): Operation => {
        const starts = back === 'start' || back === 'restart'
        return { op: 'unit', unit, action: back, ...given({ around: starts ? around : undefined }) }
      }),
    undoRank: ({ action }) => {
      if (action === 'stop' || action === 'disable') return 0
      // A mask is where the unit's file returns.
      return action === 'unmask' ? 2 : 5
    },
    leavesUnsynced: true,
    timeoutSeconds: () => 300,
    words: ({ unit, action, around, noBlock }) =>
      `${action} ${unit}${noBlock ? ' without waiting for it' : ''}${details(
        around !== undefined && `${around} stops before and starts after it`,
      )}`,
    shell: ({ unit, action, around, noBlock, noReload }) => [
      'unit',
      unit,
      action,
      ...(around === undefined ? [] : [`--around=${around}`]),
      ...(noBlock === true ? ['--no-block'] : []),
      ...(noReload === true ? ['--no-reload'] : []),
    ],
  },
  'daemon-reload': {
    ...hasNoPath,
    ...runsOnly,
    subject: () => 'daemon-reload',
    leavesUnsynced: false,
    timeoutSeconds: () => 90,
    words: () => 'reload the unit files (systemctl daemon-reload)',
    shell: () => ['daemon_reload'],
  },
}

const stateSetBy: { readonly [Action in UnitAction]: 'active' | 'enabled' | 'masked' } = {
  start: 'active',
  stop: 'active',
  restart: 'active',
  reload: 'active',
  enable: 'enabled',
  disable: 'enabled',
  mask: 'masked',
  unmask: 'masked',
}

/** How an action leaves a unit. */
function left(action: UnitAction) {
  const states: { readonly [Action in UnitAction]: Partial<UnitFact> } = {
    start: { active: 'active' },
    stop: { active: 'inactive' },
    restart: { active: 'active' },
    reload: {},
    enable: { file: 'enabled' },
    disable: { file: 'disabled' },
    mask: { file: 'masked' },
    unmask: { file: 'disabled' },
  }
  return { load: 'loaded', ...states[action] }
}

/** Whether an action changes a unit's state, and not only its processes. */
export function setsUnitState(action: UnitAction): boolean {
  return action !== 'restart' && action !== 'reload'
}

function exists(unit: UnitFact | undefined): unit is UnitFact {
  return unit !== undefined && unit.load !== 'not-found'
}

function isActionNeeded(action: UnitAction, unit: UnitFact | undefined): boolean {
  switch (action) {
    case 'stop':
      return exists(unit) && unit.active !== 'inactive' && unit.active !== 'failed'
    case 'disable':
      return exists(unit) && unit.file === 'enabled'
    case 'start':
      return !exists(unit) || unit.active !== 'active'
    case 'enable':
      return !exists(unit) || unit.file !== 'enabled'
    case 'mask':
      return unit?.file !== 'masked'
    case 'unmask':
      return unit?.file === 'masked'
    case 'restart':
    case 'reload':
      return true
    default:
      return assertNever(action)
  }
}

function inverseActions(
  action: UnitAction,
  before: Pick<UnitFact, 'active' | 'file'> | undefined,
): readonly UnitAction[] {
  const isEnabled = before?.file === 'enabled'
  const isMasked = before?.file === 'masked'
  const isRunning = isStarted(before)
  switch (action) {
    case 'enable':
      return isEnabled ? [] : ['disable']
    case 'disable':
      return isEnabled ? ['enable'] : []
    case 'mask':
      return isMasked ? [] : ['unmask']
    case 'unmask':
      return isMasked ? ['mask'] : []
    case 'start':
      return isRunning ? [] : ['stop']
    case 'stop':
      return isRunning ? ['start'] : []
    case 'restart':
      // A restart starts a stopped unit.
      return [isRunning ? 'restart' : 'stop']
    case 'reload':
      return ['reload']
    default:
      return assertNever(action)
  }
}
