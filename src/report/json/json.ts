import type { Diagnostic } from '../../model/diagnostic.ts'
import { CommandError, type ConvergeError, reachOf } from '../../model/errors.ts'
import type { Facts } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Operation } from '../../model/operation.ts'
import type { Change, FileDiff, HostPlan, Owed, Plan } from '../../model/plan.ts'
import type { HostReport, Report } from '../../model/report.ts'
import { assertNever } from '../../model/value.ts'
import { summariseReport } from '../apply/summarise-report.ts'
import { describeOperation } from '../plan/describe-operation.ts'
import { summarisePlan } from '../plan/summarise-plan.ts'
import { diffHunks, diffOfChange, unifiedDiff } from '../text/diff-hunks.ts'
import { causes } from '../text/render-error.ts'

/** Raised when a document changes in a way that a reader of the old one would misread. */
export const formatVersion = 1

/** The plan as in schemas/plan.schema.json. Holds no content of sensitive files, not even its checksum. */
export function planDocument(plan: Plan, command: 'plan' | 'apply' | 'rollback') {
  return {
    formatVersion,
    command,
    cluster: plan.cluster,
    hosts: plan.hosts.map(hostPlan),
    waves: plan.waves,
    departed: plan.departed.map(({ name }) => name),
    consents: plan.consents,
    summary: summarisePlan(plan),
  }
}

/** The outcome of an apply or a rollback as in schemas/report.schema.json. */
export function reportDocument(report: Report, plan: Plan, command: 'apply' | 'rollback') {
  return {
    formatVersion,
    command,
    cluster: report.cluster,
    hosts: report.hosts.map(hostReport),
    waves: plan.waves,
    summary: summariseReport(report),
  }
}

/** What is wrong with the spec, or with the command line, as in schemas/diagnostics.schema.json. */
export function diagnosticsDocument(diagnostics: readonly Diagnostic[], command: string) {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  return {
    formatVersion,
    command,
    diagnostics,
    summary: { errors, warnings: diagnostics.length - errors },
  }
}

function hostPlan(host: HostPlan) {
  const head = { host: host.host, status: host.status }
  switch (host.status) {
    case 'planned':
      return {
        ...head,
        changes: host.changes.map((change) => changeObject(change, host.facts)),
        disrupts: host.disrupts.map((disruption) => disruption.group),
        notes: host.notes,
      }
    case 'held':
      return { ...head, held: host.held }
    case 'failed':
      return failedHost(host.host, host.error)
    default:
      return assertNever(host)
  }
}

function hostReport(host: HostReport) {
  const head = { host: host.host, status: host.status }
  switch (host.status) {
    case 'unchanged':
      return head
    case 'held':
      return { ...head, held: host.held }
    case 'changed':
      return { ...head, results: resultObjects(host) }
    case 'unsettled':
      return { ...head, results: resultObjects(host), remaining: changeObjects(host.remaining) }
    case 'unreachable':
    case 'refused':
    case 'failed':
      return {
        ...head,
        error: errorObject(host.error),
        results: resultObjects(host),
        ...(host.failed === undefined ? {} : { failed: changeObject(host.failed) }),
        notReached: changeObjects(host.notReached),
        pending: host.pending.map(owedObject),
      }
    case 'not-started':
      return { ...head, reason: host.reason }
    default:
      return assertNever(host)
  }
}

function resultObjects(host: Extract<HostReport, { results: unknown }>) {
  return host.results.map(({ change, outcome }) => ({ outcome, change: changeObject(change) }))
}

function changeObjects(changes: readonly Change[]) {
  return changes.map((change) => changeObject(change))
}

/** A change as in schemas/change.schema.json, without any content but its diff. */
export function changeObject(change: Change, facts?: Facts) {
  const diff = diffOfChange(change)
  return {
    resource: change.resource,
    words: describeOperation(change.operation, facts),
    reason: change.reason,
    ...given({ cause: change.cause }),
    operation: operationObject(change.operation),
    ...(diff === undefined ? {} : { diff: diffObject(diff) }),
    ...given({ guard: change.guard }),
    owes: change.owes.map(owedObject),
    settles: change.settles.map(owedObject),
  }
}

/** The content stays out: the diff carries what may be seen of it. */
function operationObject(operation: Operation) {
  if (operation.op === 'restore' && operation.sensitive === true) {
    const { sha256: _, ...rest } = operation
    return rest
  }
  if (operation.op !== 'write') return operation
  const { content, ...rest } = operation
  if (operation.sensitive === true) return rest
  return { ...rest, content: { sha256: content.sha256, sizeBytes: content.sizeBytes } }
}

function diffObject(diff: FileDiff) {
  const shown = diffHunks(diff)
  if ('omitted' in shown) return { path: diff.path, omitted: shown.omitted }
  return { path: diff.path, unified: unifiedDiff(shown.hunks) }
}

function owedObject(owed: Owed) {
  return { resource: owed.resource, action: owed.action }
}

/** A host with which something went wrong, as in schemas/change.schema.json. */
export function failedHost(host: string, error: ConvergeError) {
  return { host, status: reachOf(error), error: errorObject(error) }
}

/** A failure of the world as in schemas/change.schema.json. */
export function errorObject(error: ConvergeError) {
  return {
    code: error.code,
    step: error.step,
    message: error.message,
    ...given({ remedy: error.remedy }),
    ...(error instanceof CommandError ? { stderr: error.stderr } : {}),
    causes: causes(error),
  }
}
