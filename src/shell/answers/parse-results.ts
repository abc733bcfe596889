/** The results of an apply program, in order. Numbers are indices of the plan's changes. */
export type ApplyEvent =
  | { readonly event: 'started' }
  | { readonly event: 'change-started'; readonly change: number }
  | { readonly event: 'change-done'; readonly change: number }
  | { readonly event: 'change-same'; readonly change: number }
  | { readonly event: 'change-skipped'; readonly change: number }
  | { readonly event: 'change-failed'; readonly change: number; readonly problem: string }
  /** A quoted line of the failure before it, or of the refusal after it. */
  | { readonly event: 'output'; readonly line: string }
  | { readonly event: 'locked'; readonly holder: string }
  | { readonly event: 'end'; readonly outcome: 'ok' | 'failed' | 'refused' | 'locked' }

/** The last result line of a run in which all succeeded. */
export const endedWell = 'end ok'

/** Reads one result line; undefined for an unknown one. */
export function parseResultLine(line: string): ApplyEvent | undefined {
  if (line.startsWith('| ')) return { event: 'output', line: line.slice(2) }
  const [word = '', argument = '', ...rest] = line.split(' ')
  const change = Number(argument)
  switch (word) {
    case 'started':
      return { event: 'started' }
    case 'start':
      return { event: 'change-started', change }
    case 'done':
      return { event: 'change-done', change }
    case 'same':
      return { event: 'change-same', change }
    case 'skip':
      return { event: 'change-skipped', change }
    case 'fail':
      return { event: 'change-failed', change, problem: rest.join(' ') }
    case 'locked':
      return { event: 'locked', holder: [argument, ...rest].join(' ').trim() }
    case 'end':
      return isOutcome(argument) ? { event: 'end', outcome: argument } : undefined
    default:
      return undefined
  }
}

function isOutcome(word: string): word is 'ok' | 'failed' | 'refused' | 'locked' {
  return word === 'ok' || word === 'failed' || word === 'refused' || word === 'locked'
}

/** Splits a stream of bytes into lines; the rest after the last newline waits for more. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
