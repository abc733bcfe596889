import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { createStyle, wantsColor } from '../../report/text/style.ts'
import type { LiveLines, Output } from '../../report/views/view.ts'
import type { Io } from './io.ts'
import { createLiveLines, type Later, type TerminalStream } from './live-lines.ts'

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }
type Stream = TerminalStream & { readonly isTTY?: boolean }

export interface Terminal {
  readonly stdin: Input
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
  onSigint(listener: () => void): () => void
  readonly later?: Later
}

/**
 * The Io of a process with its three streams. Questions go to stderr, so that stdout can be a pipe. Whatever is printed on
 * a terminal takes the place of the live lines.
 */
export function createTerminalIo(terminal: Terminal): Io {
  const { stdin, stdout, stderr, env } = terminal
  const live = stderr.isTTY === true ? createLiveLines(stderr, terminal.later) : undefined
  const ask = (question: string, echo: NodeJS.WritableStream) => {
    live?.erase()
    return readAnswer({ input: stdin, prompt: stderr, echo, question })
  }
  return {
    stdout: output(stdout, env, live),
    stderr: output(stderr, env, live),
    env,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question) => ask(question, stderr),
    askSecret: (question) => ask(question, silence()),
    live,
    onInterrupt: terminal.onSigint,
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

interface Prompt {
  readonly input: Input
  readonly prompt: Stream
  /** Where what is typed is shown. */
  readonly echo: NodeJS.WritableStream
  readonly question: string
}

/** Undefined for Ctrl-C and Ctrl-D at the prompt. */
async function readAnswer({ input, prompt, echo, question }: Prompt): Promise<string | undefined> {
  // Before the question is seen the terminal must have ceased to echo by itself.
  const lines = createInterface({ input, output: echo, terminal: true, historySize: 0 })
  try {
    const answer = await new Promise<string | undefined>((resolve, reject) => {
      const end = () => resolve(undefined)
      lines.once('SIGINT', end)
      lines.once('close', end)
      if (echo !== prompt) prompt.write(question)
      lines.question(echo === prompt ? question : '').then(resolve, reject)
    })
    // Enter has ended the line on the terminal only where it was shown.
    if (answer === undefined || echo !== prompt) prompt.write('\n')
    return answer
  } finally {
    lines.close()
  }
}

function silence(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
