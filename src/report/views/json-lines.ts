import { errorObject } from '../json/change.ts'
import { type EventLine, progressLine } from '../json/events.ts'
import { jsonLine } from '../json/json-text.ts'
import { createDocumentView } from './documents.ts'
import type { View, ViewContext } from './view.ts'

/** A JSON object per line: progress as it happens, then the documents. */
export function createJsonLinesView(context: ViewContext): View {
  const { command, stdout } = context
  const print = (line: EventLine) => stdout.write(jsonLine(line))
  const view = createDocumentView(context, print)
  return {
    ...view,
    progress(event) {
      print(progressLine(event))
      view.progress(event)
    },
    proposal: view.plan,
    failure(failure) {
      if (failure.kind === 'host') {
        const { error } = failure
        print({ event: 'failure', command, host: error.host, error: errorObject(error) })
      } else {
        print({ event: 'failure', command, message: failure.message })
      }
      view.failure(failure)
    },
  }
}
