import { type TSchema, Type } from 'typebox'
import { CommandError, type ConvergeError, reachOf } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { type Change, changeFields, type FileDiff, Owed, Wave } from '../../model/plan.ts'
import { Guard } from '../../model/resource.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { describeOperation } from '../plan/describe-operation.ts'
import { diffHunks, diffOfChange, unifiedDiff } from '../text/diff-hunks.ts'
import { causes } from '../text/render-error.ts'
import { OperationObject, operationObject } from './operation.ts'
import { hostName, reference } from './schema.ts'

export const owed = shared('owed', Owed)

const path = text('Absolute path on the host.')
const Diff = Type.Union(
  [
    closed('A diff.', {
      path,
      unified: text('The hunks of a unified diff; empty when the text is the same.'),
    }),
    closed('No diff.', { path, omitted: text('Why no diff is shown, in words.') }),
  ],
  { description: 'How a file changes: `unified`, or `omitted`.' },
)

const { resource, reason, cause } = changeFields
const ChangeSchema = closed('One operation, on behalf of which resource, and why.', {
  resource,
  words: text('The operation in words.'),
  reason,
  cause,
  operation: shared('operation', OperationObject),
  diff: Type.Optional(shared('diff', Diff)),
  guard: Type.Optional(shared('guard', Guard)),
  whenOwed: changeFields.whenOwed,
  owes: list('Notifications that the change earns.', owed),
  settles: list('Notifications that the change carries out.', owed),
  absorbs: changeFields.absorbs,
})
export type ChangeObject = Data<typeof ChangeSchema>

const ErrorSchema = closed('A failure of a host, of the network or of a command.', {
  code: text('A stable word, such as `connect-failed`; docs/errors.md explains each.'),
  step: text('What was being done: `connect`, `inspect`, `upload`, `apply`.'),
  message: text('What went wrong, one line.'),
  remedy: Type.Optional(text('What can be done about it.')),
  stderr: Type.Optional(text('Everything that the failed command wrote to stderr.')),
  causes: list('Messages of the causes, nearest first.', text('One message.')),
})

const ReachSchema = Type.Enum(['unreachable', 'refused', 'failed'], {
  description:
    'How far converge got with a host, the same for every command. `unreachable`: there was no connection, or it was lost. `refused`: the host answered, but did not let converge in (authentication, sudo) or is not trusted (host key). `failed`: it let converge in, and something went wrong there.',
})
export const reach = shared('reach', ReachSchema)

export const error = shared('error', ErrorSchema)

const FailedHost = closed('A host with which something went wrong.', { host: hostName, status: reach, error })
export const failedHost = shared('failedHost', FailedHost)

export const held = closed('A host that a rollback holds.', {
  host: hostName,
  status: Type.Literal('held', { description: 'Left alone until its spec changes.' }),
  held: text('Who holds it, and since when.'),
})

export const applyFailure = closed('How it failed; the changes after that were not made.', {
  at: Type.Optional(text('The change that failed, in words; absent if it was at none.')),
  problem: text('`exit` and the status, or a sentence.'),
})

const Waves = list('Which hosts are applied together, in order.', Wave)

/** What several documents share, below `$defs` of change.schema.json. */
export const sharedSchemas = {
  operation: OperationObject,
  owed: Owed,
  guard: Guard,
  diff: Diff,
  change: ChangeSchema,
  error: ErrorSchema,
  waves: Waves,
  reach: ReachSchema,
  failedHost: FailedHost,
}

export const change = shared('change', ChangeSchema)
export const waves = shared('waves', Waves)

/** Without contents, except for the diff. */
export function changeObject(planned: Change, facts?: Facts): ChangeObject {
  const diff = diffOfChange(planned)
  return { ...changeInBrief(planned, facts), ...given({ diff: diff && diffObject(diff) }) }
}

/** Without contents and diff. */
export function changeInBrief(planned: Change, facts?: Facts): ChangeObject {
  const { resource, reason, operation, cause, guard, whenOwed, owes, settles, absorbs } = planned
  return {
    resource,
    words: describeOperation(operation, facts),
    reason,
    operation: operationObject(operation),
    ...given({ cause, guard, whenOwed }),
    ...{ owes, settles },
    ...given({ absorbs }),
  }
}

function diffObject(diff: FileDiff): Data<typeof Diff> {
  const shown = diffHunks(diff)
  if ('omitted' in shown) return { path: diff.path, omitted: shown.omitted }
  return { path: diff.path, unified: unifiedDiff(shown.hunks) }
}

export function failedHostObject(host: string, failure: ConvergeError): Data<typeof FailedHost> {
  return { host, status: reachOf(failure), error: errorObject(failure) }
}

export function errorObject(failure: ConvergeError): Data<typeof ErrorSchema> {
  const { code, step, message, remedy } = failure
  const stderr = failure instanceof CommandError ? failure.stderr : undefined
  return { code, step, message, ...given({ remedy, stderr }), causes: causes(failure) }
}

function shared<Schema extends TSchema>(name: string, schema: Schema) {
  return reference(`change.schema.json#/$defs/${name}`, schema)
}
