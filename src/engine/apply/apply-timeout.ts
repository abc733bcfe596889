import type { Operation } from '../../model/operation.ts'
import type { Change } from '../../model/plan.ts'
import { assertNever } from '../../model/value.ts'

const baseSeconds = 120

/** How long a host's apply may take before the controller stops waiting for it; the host itself goes on. */
export function applyTimeoutMs(changes: readonly Change[]): number {
  const seconds = changes.reduce((sum, { operation }) => sum + operationSeconds(operation), baseSeconds)
  return seconds * 1000
}

/** Generous bounds: a limit that is hit means that something hangs. */
function operationSeconds(operation: Operation): number {
  switch (operation.op) {
    case 'run':
    case 'await':
      return operation.timeoutSeconds + 10
    case 'package':
    case 'remove-package':
      return 1800
    case 'archive':
      return 900
    case 'unit':
      return 300
    case 'daemon-reload':
      return 90
    case 'write':
    case 'mkdir':
    case 'attributes':
    case 'link':
    case 'remove':
    case 'restore':
    case 'group':
    case 'user':
    case 'remove-user':
    case 'remove-group':
      return 10
    default:
      return assertNever(operation)
  }
}
