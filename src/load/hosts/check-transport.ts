import { targetKinds } from '../../model/targets/index.ts'
import { sentenceOf } from '../../validation/explain.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { valueAt } from '../yaml/document.ts'

/** Reports settings of transports that the entry does not use, and settings that its transport lacks. */
export function checkTransport({ key, path, spec }: HostEntry, { document, problems }: Resolution): void {
  for (const [name, { settings }] of Object.entries(targetKinds)) {
    if (settings === undefined || settings.isLayered) continue
    const isWritten = (valueAt(document.data, [...path, name]) ?? null) !== null
    if (isWritten === (spec.transport === name)) continue
    problems.error(
      isWritten
        ? {
            code: 'unused-key',
            path,
            message: `${name} requires transport: ${name}`,
            hint: `add transport: ${name}, or remove ${name}`,
            position: document.locate([...path, name], 'key'),
          }
        : {
            code: 'missing-key',
            path,
            message: `${key} has transport ${name}, but no ${name}`,
            hint: `set ${name} to ${sentenceOf(settings.schema)}`,
            position: document.locate([...path, 'transport'], 'value'),
          },
    )
  }
}
