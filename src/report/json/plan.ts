import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { type HostPlan, LeftOut, Only, type Plan } from '../../model/plan.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { assertNever } from '../../model/value.ts'
import { PlanSummary, summarisePlan } from '../plan/summarise-plan.ts'
import { change, changeObject, failedHost, failedHostObject, held, waves } from './change.ts'
import { command, document, formatVersion, hostName } from './schema.ts'

const HostPlanSchema = Type.Union([
  closed('A host that answered.', {
    host: hostName,
    status: Type.Literal('planned', { description: 'The host answered.' }),
    changes: list('In the order in which they are applied; empty when the host is as it should be.', change),
    disrupts: list('Groups that the changes disrupt.', text('Name of the group.')),
    notes: list('Things to know that change nothing.', text('One note.')),
    leftOut: Type.Optional(LeftOut),
  }),
  held,
  failedHost,
])

/** What every document of a plan has. */
export const planMembers = {
  cluster: text('Name of the cluster.'),
  hosts: list('The hosts in the order of the spec.', HostPlanSchema),
  waves,
  departed: list(
    'Hosts that the cluster had and that were removed from the spec; `converge retire` cleans them up.',
    hostName,
  ),
  consents: list('What in the plan needs more than --yes: --allow-prune.', text('One sentence.')),
  summary: PlanSummary,
}

export const PlanDocument = document(
  'Plan',
  'Printed by `converge plan --json`, `converge --dry-run --json` and `converge rollback --dry-run --json`.',
  {
    command: command('plan', 'apply', 'rollback', 'etcd restore'),
    only: Type.Optional(Only),
    ...planMembers,
  },
)
export type PlanDocument = Data<typeof PlanDocument>
export type PlanCommand = PlanDocument['command']

/** Has no content of sensitive files, and no checksum of it. */
export function planDocument(plan: Plan, by: PlanCommand): PlanDocument {
  return {
    formatVersion,
    command: by,
    cluster: plan.cluster,
    ...given({ only: onlyOf(plan) }),
    hosts: plan.hosts.map(hostPlan),
    waves: plan.waves,
    departed: plan.departed.map(({ name }) => name),
    consents: plan.consents.map(({ what }) => what),
    summary: summarisePlan(plan),
  }
}

function hostPlan(host: HostPlan): PlanDocument['hosts'][number] {
  switch (host.status) {
    case 'planned':
      return {
        host: host.host,
        status: host.status,
        changes: host.changes.map((planned) => changeObject(planned, host.facts)),
        disrupts: host.disrupts,
        notes: host.notes,
        ...given({ leftOut: host.leftOut }),
      }
    case 'held':
      return { host: host.host, status: host.status, held: host.held }
    case 'failed':
      return failedHostObject(host.host, host.error)
    default:
      return assertNever(host)
  }
}

/** What the plan was narrowed to. */
export function onlyOf({ intent }: Plan): Only | undefined {
  return intent.kind === 'apply' ? intent.only : undefined
}
