import { readFileSync } from 'node:fs'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { renderDiagnostics } from '../../report/text/code-frame.ts'
import type { Io } from './io.ts'

/** Prints diagnostics with code frames to stderr; nothing where there are none. */
export function showDiagnostics(diagnostics: readonly Diagnostic[], io: Io): void {
  if (diagnostics.length === 0) return
  io.stderr.write(
    renderDiagnostics({ diagnostics, sources: readSources(diagnostics), style: io.stderr.style }),
  )
}

function readSources(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, string> {
  const files = new Set(diagnostics.flatMap((diagnostic) => diagnostic.position?.file ?? []))
  const sources = new Map<string, string>()
  for (const file of files) {
    try {
      sources.set(file, readFileSync(file, 'utf8'))
    } catch (error) {
      // The frame only helps; a position such as the command line has no file.
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
  return sources
}
