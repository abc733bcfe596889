import type { Facts } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import { rulesOf } from '../../operations/index.ts'
import { escapeLine } from '../text/escape-control.ts'

/**
 * An operation in words, on one line that is safe to print: `write /etc/motd (0644 root:root, 12 bytes)`. With the
 * host's facts, users and groups are `create`d or `change`d; without, they are `set`.
 */
export function describeOperation(operation: Operation, facts?: Facts): string {
  return escapeLine(rulesOf(operation).words(operation, facts))
}
