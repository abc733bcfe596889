import { readFileSync } from 'node:fs'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import { type Format, formats } from '../../report/views/index.ts'
import type { View } from '../../report/views/view.ts'
import type { Io } from './io.ts'

/** How a command shows things; text unless another format is chosen. */
export interface ViewOptions {
  readonly format?: Format
  readonly verbose?: boolean
  /** Show one line per change of a plan. */
  readonly stat?: boolean
  /** Where to cut Markdown, and where the whole of it is. */
  readonly maxBytes?: number
  readonly wholeAt?: string
  /** Show long results page by page on a terminal; true by default. */
  readonly pager?: boolean
}

/** The view of a command in the format that the options choose. */
export async function openView(command: string, options: ViewOptions, io: Io): Promise<View> {
  const { format = 'text', verbose = false, stat = false, pager = true, maxBytes, wholeAt } = options
  const { stderr, live } = io
  const { style, write } = io.stdout
  const stdout = pager ? io.stdout : { style, write }
  const createView = await formats[format].load()
  const limits = given({ maxBytes, wholeAt })
  return createView({ command, stdout, stderr, live, verbose, stat, ...limits, readSources })
}

function readSources(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, string> {
  const files = new Set(diagnostics.flatMap((diagnostic) => diagnostic.position?.file ?? []))
  const sources = new Map<string, string>()
  for (const file of files) {
    try {
      sources.set(file, readFileSync(file, 'utf8'))
    } catch (error) {
      // A code frame is optional, and a position such as `--set` has no file.
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
  return sources
}
