import type { View, ViewContext } from './view.ts'

export interface OutputFormat {
  /** The description of the option that chooses it, `--NAME`; absent for the format that needs none. */
  readonly option?: string
  load(): Promise<(context: ViewContext) => View>
}

/** The output formats. A new one is a file next to this one, and a line here. */
export const formats = {
  text: { load: async () => (await import('./text.ts')).createTextView },
  json: {
    option: 'Print one JSON document to stdout (documented in schemas/).',
    load: async () => (await import('./json.ts')).createJsonView,
  },
  'json-lines': {
    option:
      'Print progress, then the results to stdout, as one JSON object per line (documented in schemas/).',
    load: async () => (await import('./json-lines.ts')).createJsonLinesView,
  },
} as const satisfies Readonly<Record<string, OutputFormat>>

export type Format = keyof typeof formats
