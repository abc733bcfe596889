import { type TProperties, type TSchema, Type } from 'typebox'
import type { Progress } from '../../model/report.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { change, changeInBrief, error } from './change.ts'
import { DiagnosticsDocument } from './diagnostics.ts'
import { DiffDocument } from './diff.ts'
import { DriftDocument } from './drift.ts'
import { EtcdSnapshotDocument } from './etcd-snapshot.ts'
import { ExecDocument } from './exec.ts'
import { ExplainDocument } from './explain.ts'
import { HistoryDocument } from './history.ts'
import { PlanDocument } from './plan.ts'
import { RecipeTestDocument } from './recipe-test.ts'
import { hostReport, hostReportObject, ReportDocument } from './report.ts'
import { count, hostName, reference } from './schema.ts'
import { SecretDocument, SecretsDocument } from './secrets.ts'
import { StatusDocument } from './status.ts'

const hosts = list('Names of hosts.', hostName)

/** What happens while a command works. */
const ProgressLine = Type.Union([
  line('phase', 'A phase of the command begins.', {
    phase: Type.Enum(['inspect', 'apply', 'verify', 'ask'], {
      description:
        '`inspect`: read the state of the hosts. `apply`: change them. `verify`: inspect what was changed. `ask`: anything else.',
    }),
    hosts,
  }),
  line('wave', 'A wave of an apply begins.', {
    wave: count('Number of the wave, from 1.'),
    of: count('How many waves there are.'),
    hosts,
  }),
  line('pause', 'The apply waits between two waves.', { seconds: count('How long, in seconds.') }),
  line('waiting', 'A wave waits until enough members of a group are healthy.', {
    group: text('Name of the group.'),
    hosts: list('The hosts whose members are not healthy.', hostName),
    seconds: count('How long at most, in seconds.'),
  }),
  line('connecting', 'A connection to a host is opened.', { host: hostName }),
  line('inspected', 'A host was inspected.', { host: hostName }),
  line('answered', 'A host has answered in the phase `ask`, or failed to.', { host: hostName }),
  line('uploading', 'Contents are sent to a host.', {
    host: hostName,
    files: count('How many files.'),
    sizeBytes: count('Their length together, in bytes.'),
  }),
  line('change-started', 'A host starts a change. The diff is in the plan.', { host: hostName, change }),
  line('change-done', 'A host has finished a change. The diff is in the plan.', {
    host: hostName,
    change,
    outcome: Type.Enum(['applied', 'skipped'], { description: '`skipped`: its guard did not allow it.' }),
  }),
  line('host-done', 'A host has finished the apply. The diffs are in the plan.', {
    host: hostName,
    report: hostReport,
  }),
])

/** The document that the command would print with --json. */
const ResultLine = Type.Union([
  result('plan', PlanDocument, 'A plan: the result of a dry run, or what will be applied now.'),
  result('report', ReportDocument, 'The report of an apply or a rollback.'),
  result('diagnostics', DiagnosticsDocument, 'What is wrong with the spec or the command line.'),
  result('drift', DriftDocument, 'What was changed on the hosts by hand.'),
  result('diff', DiffDocument, 'How the hosts change from one revision of the spec to another.'),
  result('status', StatusDocument, 'The state of each host.'),
  result('history', HistoryDocument, 'The applies that each host remembers.'),
  result('exec', ExecDocument, 'The output of a command on each host.'),
  result('explain', ExplainDocument, 'Where a host, a value or a line comes from.'),
  result('recipe-test', RecipeTestDocument, 'How the tests of recipes went.'),
  result('etcd-snapshot', EtcdSnapshotDocument, 'A snapshot of etcd that is on this machine now.'),

  result('secrets', SecretsDocument, 'The secrets that a command is about, without their values.'),
  result('secret', SecretDocument, 'One secret.'),
])
export type ResultLine = Data<typeof ResultLine>

const FailureLine = Type.Union([
  line('failure', 'A host ended the command.', { command: text('The command.'), host: hostName, error }),
  line('failure', 'This machine, or a bug in converge, ended the command.', {
    command: text('The command.'),
    message: text('What went wrong.'),
  }),
])

export const EventLine = Type.Union([...ProgressLine.anyOf, ...ResultLine.anyOf, ...FailureLine.anyOf], {
  title: 'Event',
  description:
    'Each line that is printed with --json-lines: what happens, as it happens; the results of the command, or what ended it, come last.',
})
export type EventLine = Data<typeof ProgressLine> | ResultLine | Data<typeof FailureLine>

/** A progress event without the contents of its changes. */
export function progressLine(event: Progress): Data<typeof ProgressLine> {
  switch (event.event) {
    case 'change-started':
    case 'change-done':
      return { ...event, change: changeInBrief(event.change) }
    case 'host-done':
      return { ...event, report: hostReportObject(event.report, changeInBrief) }
    default:
      return event
  }
}

function line<Event extends string, Properties extends TProperties>(
  event: Event,
  description: string,
  properties: Properties,
) {
  const what = Type.Literal(event, { description: 'What the line is about.' })
  return closed(description, { event: what, ...properties })
}

function result<Event extends string, Schema extends TSchema>(
  event: Event,
  schema: Schema,
  description: string,
) {
  return line(event, description, { document: reference(`${event}.schema.json`, schema) })
}
