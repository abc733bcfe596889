import { SealedPlan } from '../../model/sealed-plan.ts'
import { sharedSchemas } from './change.ts'
import { DiagnosticsDocument } from './diagnostics.ts'
import { DiffDocument } from './diff.ts'
import { DriftDocument } from './drift.ts'
import { EtcdSnapshotDocument } from './etcd-snapshot.ts'
import { EventLine } from './events.ts'
import { ExecDocument } from './exec.ts'
import { ExplainDocument } from './explain.ts'
import { HistoryDocument } from './history.ts'
import { jsonText } from './json-text.ts'
import { PlanDocument } from './plan.ts'
import { RecipeTestDocument } from './recipe-test.ts'
import { ReportDocument } from './report.ts'
import { SecretDocument, SecretsDocument } from './secrets.ts'
import { StatusDocument } from './status.ts'

/** The schemas of everything that converge prints or seals as JSON, by the name of their file in schemas/. */
export const documentSchemas = {
  change: {
    title: "Parts of converge's JSON output",
    description: 'What the documents share.',
    $defs: sharedSchemas,
  },
  plan: PlanDocument,
  report: ReportDocument,
  diagnostics: DiagnosticsDocument,
  history: HistoryDocument,
  drift: DriftDocument,
  diff: DiffDocument,
  status: StatusDocument,
  exec: ExecDocument,
  explain: ExplainDocument,
  'recipe-test': RecipeTestDocument,
  'etcd-snapshot': EtcdSnapshotDocument,

  secrets: SecretsDocument,
  secret: SecretDocument,
  events: EventLine,
  'sealed-plan': SealedPlan,
}

/** A schema as the text of its file. */
export function schemaText(name: string, schema: object): string {
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${name}.schema.json`,
    // Sets the order of keys.
    title: '',
    description: '',
  }
  return jsonText({ ...head, ...schema })
}
