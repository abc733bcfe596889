import { Type } from 'typebox'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { counts, document, formatVersion } from './schema.ts'

export const DiagnosticsDocument = document(
  'Diagnostics',
  'Printed with --json when the spec or the command line is wrong (exit code 3), and by `converge validate --json`.',
  {
    command: text('The command that printed it.'),
    diagnostics: list(
      'Every mistake.',
      closed('One mistake.', {
        severity: Type.Enum(['error', 'warning'], { description: 'Whether it stops the command.' }),
        code: text('A stable word, such as `unknown-key`; docs/errors.md explains each.'),
        path: text('Dotted path in the spec; empty if there is none.'),
        message: text('What is wrong.'),
        hint: Type.Optional(text('What to do about it.')),
        position: Type.Optional(
          closed('Where it is written.', {
            file: text('The file.'),
            ...counts({ line: 'Line, from 1.', column: 'Column, from 1.' }),
            length: Type.Optional(Type.Integer({ minimum: 0, description: 'Length in characters.' })),
          }),
        ),
      }),
    ),
    summary: closed('Counts.', counts({ errors: 'How many errors.', warnings: 'How many warnings.' })),
  },
)
export type DiagnosticsDocument = Data<typeof DiagnosticsDocument>

export function diagnosticsDocument(
  diagnostics: readonly Diagnostic[],
  command: string,
): DiagnosticsDocument {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  return {
    formatVersion,
    command,
    diagnostics: diagnostics.map(({ isPrivate: _, ...shown }) => shown),
    summary: { errors, warnings: diagnostics.length - errors },
  }
}
