import { styleText } from 'node:util'

type Paint = (text: string) => string

/** Colors by meaning. Renderers get one as an argument and never read the environment. */
export interface Style {
  readonly heading: Paint
  readonly quiet: Paint
  readonly error: Paint
  readonly warning: Paint
  readonly success: Paint
  readonly added: Paint
  readonly removed: Paint
  readonly addedWord: Paint
  readonly removedWord: Paint
  readonly hunk: Paint
}

type Format = Parameters<typeof styleText>[0]

/** The style with colors, or the one without. */
export function createStyle(options: { readonly color: boolean }): Style {
  const paint = (format: Format): Paint =>
    options.color ? (text) => styleText(format, text, { validateStream: false }) : (text) => text
  return {
    heading: paint('bold'),
    quiet: paint('dim'),
    error: paint(['bold', 'red']),
    warning: paint('yellow'),
    success: paint('green'),
    added: paint('green'),
    removed: paint('red'),
    addedWord: paint(['green', 'inverse']),
    removedWord: paint(['red', 'inverse']),
    hunk: paint('cyan'),
  }
}

/** Whether to use colors: by `FORCE_COLOR` if set, then `NO_COLOR`, a dumb terminal, and being a terminal. */
export function wantsColor(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isTTY: boolean
}): boolean {
  const { env, isTTY } = options
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return isTTY && env.TERM !== 'dumb'
}
