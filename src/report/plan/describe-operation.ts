import type { Facts } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import { rulesOf } from '../../operations/index.ts'
import { escapeLine } from '../text/escape-control.ts'

/** `write /etc/motd (0644 root:root, 12 bytes)`: on one line that is safe to print. Facts tell `create` from `change`. */
export function describeOperation(operation: Operation, facts?: Facts): string {
  return escapeLine(rulesOf(operation).words(operation, facts))
}
