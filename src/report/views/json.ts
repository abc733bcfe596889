import { jsonText } from '../json/json-text.ts'
import { createDocumentView } from './documents.ts'
import type { View, ViewContext } from './view.ts'

/** One JSON document. */
export function createJsonView(context: ViewContext): View {
  return createDocumentView(context, ({ document }) => context.stdout.write(jsonText(document)))
}
