import type { View, ViewContext } from './view.ts'

export interface OutputFormat {
  /** The description of the option `--NAME`, short for `--format NAME`; absent if there is none. */
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
  markdown: { load: async () => (await import('./markdown.ts')).createMarkdownView },
} as const satisfies Readonly<Record<string, OutputFormat>>

export type Format = keyof typeof formats
