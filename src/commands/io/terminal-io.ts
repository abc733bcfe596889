import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { createStyle, wantsColor } from '../../report/text/style.ts'
import type { Io, Output } from './io.ts'

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }
type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface Terminal {
  readonly stdin: Input
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
  onSigint(listener: () => void): () => void
}

/** The Io of a process with its three streams. Questions go to stderr, so that stdout can be a pipe. */
export function createTerminalIo(terminal: Terminal): Io {
  const { stdin, stdout, stderr, env } = terminal
  return {
    stdout: output(stdout, env),
    stderr: output(stderr, env),
    env,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question) => readAnswer({ input: stdin, prompt: stderr, echo: stderr, question }),
    askSecret: (question) => readAnswer({ input: stdin, prompt: stderr, echo: silence(), question }),
    liveView: async () => {
      if (stderr.isTTY !== true) return undefined
      const { createLogUpdate } = await import('log-update')
      const update = createLogUpdate(stderr)
      return {
        get columns() {
          return stderr.columns || 80
        },
        draw: (text) => update(text),
        clear: () => {
          update.clear()
          update.done()
        },
      }
    },
    onInterrupt: terminal.onSigint,
  }
}

function output(stream: Stream, env: Terminal['env']): Output {
  const isTTY = stream.isTTY === true
  return {
    isTTY,
    style: createStyle({ color: wantsColor({ env, isTTY }) }),
    write: (text) => {
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
