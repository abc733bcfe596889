import type { Operation } from '../../src/model/operation.ts'
import type { Change } from '../../src/model/plan.ts'

/** A change that nothing depends on. */
export function change(operation: Operation, more: Partial<Change> = {}): Change {
  return {
    resource: 'file[/etc/motd]',
    operation,
    reason: 'content will change',
    expects: [],
    owes: [],
    settles: [],
    ...more,
  }
}
