import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Interrupted } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import { createStop } from '../../model/stop.ts'
import { createStyle, wantsColor } from '../../report/text/style.ts'
import type { LiveLines, Output } from '../../report/views/view.ts'
import type { Io } from './io.ts'
import { createLiveLines, type Later, type TerminalStream } from './live-lines.ts'
import { createPager } from './pager.ts'

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }
type Stream = TerminalStream & { readonly isTTY?: boolean }

export interface Terminal {
  readonly stdin: Input
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Handles the signals that ask to stop. Returns the function that ends the handling. */
  onSignal(listener: () => void): () => void
  readonly later?: Later
}

/** The Io of a process. Questions go to stderr, so that stdout can be a pipe. Output replaces the live lines. */
export function createTerminalIo(terminal: Terminal): Io {
  const { stdin, stdout, stderr, env } = terminal
  const live = stderr.isTTY === true ? createLiveLines(stderr, terminal.later) : undefined
  const ask = (question: string, signal: AbortSignal, echo: NodeJS.WritableStream) => {
    live?.erase()
    return readAnswer({ input: stdin, prompt: stderr, echo, question, signal })
  }
  return {
    stdout: { ...output(stdout, env, live), ...given({ page: pageAfter(live, createPager(terminal)) }) },
    stderr: output(stderr, env, live),
    env,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question, signal) => ask(question, signal, stderr),
    askSecret: (question, signal) => ask(question, signal, silence()),
    readInput: () => buffer(stdin),
    live,
    async stoppable(work) {
      const { stop, request } = createStop(() => performance.now())
      const ignoreSignals = terminal.onSignal(request)
      try {
        return await work(stop)
      } finally {
        // A stopped command must end with its own exit code: another signal must not end the process first.
        if (!stop.stopping.aborted) ignoreSignals()
      }
    },
  }
}

function output(stream: Stream, env: Terminal['env'], live: LiveLines | undefined): Output {
  const isTTY = stream.isTTY === true
  return {
    style: createStyle({ color: wantsColor({ env, isTTY }) }),
    write: (text) => {
      if (isTTY) live?.erase()
      stream.write(text)
    },
  }
}

function pageAfter(live: LiveLines | undefined, page: Output['page']): Output['page'] {
  if (page === undefined) return undefined
  return (text) => {
    live?.erase()
    page(text)
  }
}

interface Prompt {
  readonly input: Input
  readonly prompt: Stream
  readonly echo: NodeJS.WritableStream
  readonly question: string
  readonly signal: AbortSignal
}

async function readAnswer({ input, prompt, echo, question, signal }: Prompt): Promise<string> {
  // This stops the terminal's own echo, and so comes before the question.
  const lines = createInterface({ input, output: echo, terminal: true, historySize: 0 })
  const isShown = echo === prompt
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  lines.once('SIGINT', interrupt)
  lines.once('close', interrupt)
  // The terminal was closed.
  lines.on('error', interrupt)
  try {
    if (!isShown) prompt.write(question)
    const answer = await lines
      .question(isShown ? question : '', { signal: AbortSignal.any([interrupted.signal, signal]) })
      .catch(() => undefined)
    // Enter ended the line on the terminal only if input is echoed.
    if (answer === undefined || !isShown) prompt.write('\n')
    if (answer === undefined) throw new Interrupted()
    return answer
  } finally {
    lines.close()
  }
}

function silence(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
