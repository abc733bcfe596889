import { createStyle } from '../../../src/report/text/style.ts'
import type { View, ViewContext } from '../../../src/report/views/view.ts'

export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** What a view prints while `use` works with it; without colours or a terminal. */
export function recordView(
  createView: (context: ViewContext) => View,
  use: (view: View) => void,
  options: { readonly verbose?: boolean; readonly command?: string } = {},
): Printed {
  const printed = { stdout: '', stderr: '' }
  const output = (name: keyof Printed) => ({
    style: createStyle({ color: false }),
    write: (text: string) => {
      printed[name] += text
    },
  })
  use(
    createView({
      command: options.command ?? 'apply',
      stdout: output('stdout'),
      stderr: output('stderr'),
      live: undefined,
      verbose: options.verbose ?? false,
      readSources: () => new Map([['cluster.yaml', 'roles: [wbe]\n']]),
    }),
  )
  return printed
}
