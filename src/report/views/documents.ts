import { idleReport } from '../apply/idle-report.ts'
import { diagnosticsDocument, planDocument, reportDocument } from '../json/json.ts'
import { driftDocument, execDocument, historyDocument, statusDocument } from '../json/json-hosts.ts'
import { onStderr } from './on-stderr.ts'
import type { View, ViewContext } from './view.ts'

/** A view that shows each result as a document, for programs. */
export function createDocumentView(context: ViewContext, show: (document: object) => void): View {
  return {
    ...onStderr(context),
    canAsk: false,
    diagnostics: (diagnostics) => show(diagnosticsDocument(diagnostics, context.command)),
    plan: (plan, command) => show(planDocument(plan, command)),
    proposal: () => {},
    idle: (plan, command) => show(reportDocument(idleReport(plan), plan, command)),
    report: (report, plan, command) => show(reportDocument(report, plan, command)),
    drift: (drift) => show(driftDocument(drift)),
    status: (cluster, hosts) => show(statusDocument(cluster, hosts)),
    history: (cluster, hosts) => show(historyDocument(cluster, hosts)),
    answers: (cluster, commandLine, answers) => show(execDocument(cluster, commandLine, answers)),
    remark: () => {},
  }
}
