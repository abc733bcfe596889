import { idleReport } from '../apply/idle-report.ts'
import { diagnosticsDocument } from '../json/diagnostics.ts'
import { diffDocument } from '../json/diff.ts'
import { driftDocument } from '../json/drift.ts'
import { etcdSnapshotDocument } from '../json/etcd-snapshot.ts'
import type { ResultLine } from '../json/events.ts'
import { execDocument } from '../json/exec.ts'
import { explainDocument } from '../json/explain.ts'
import { historyDocument } from '../json/history.ts'
import { planDocument } from '../json/plan.ts'
import { recipeTestDocument } from '../json/recipe-test.ts'
import { reportDocument } from '../json/report.ts'
import { secretDocument, secretsDocument } from '../json/secrets.ts'
import { statusDocument } from '../json/status.ts'
import { onStderr } from './on-stderr.ts'
import type { View, ViewContext } from './view.ts'

/** A view that shows each result as a document, for programs. */
export function createDocumentView(context: ViewContext, show: (result: ResultLine) => void): View {
  const report: View['report'] = (shown, plan, command) =>
    show({ event: 'report', document: reportDocument(shown, plan, command) })
  return {
    ...onStderr(context),
    canAsk: false,
    diagnostics: (diagnostics) =>
      show({ event: 'diagnostics', document: diagnosticsDocument(diagnostics, context.command) }),
    plan: (plan, command) => show({ event: 'plan', document: planDocument(plan, command) }),
    proposal: () => {},
    idle: (plan, command) => report(idleReport(plan), plan, command),
    report,
    drift: (drift) => show({ event: 'drift', document: driftDocument(drift) }),
    diff: (diff) => show({ event: 'diff', document: diffDocument(diff) }),
    status: (cluster, hosts) => show({ event: 'status', document: statusDocument(cluster, hosts) }),
    history: (cluster, hosts) => show({ event: 'history', document: historyDocument(cluster, hosts) }),
    answers: (cluster, commandLine, answers) =>
      show({ event: 'exec', document: execDocument(cluster, commandLine, answers) }),
    explanation: (cluster, explanation) =>
      show({ event: 'explain', document: explainDocument(cluster, explanation) }),
    recipeTests: (cases) => show({ event: 'recipe-test', document: recipeTestDocument(cases) }),

    etcdSnapshot: (snapshot) => show({ event: 'etcd-snapshot', document: etcdSnapshotDocument(snapshot) }),

    secrets: (listing) => show({ event: 'secrets', document: secretsDocument(listing) }),
    secret: (secret) => show({ event: 'secret', document: secretDocument(secret) }),
    remark: () => {},
  }
}
