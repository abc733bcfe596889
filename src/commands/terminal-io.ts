import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { createStyle, wantsColor } from '../report/style.ts'
import type { Io, Output } from './io.ts'

export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
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
    ask: (question) => readAnswer(stdin, stderr, question),
    askSecret: async (question) => {
      stderr.write(question)
      const answer = await readAnswer(stdin, silence(), '')
      stderr.write('\n')
      return answer
    },
    liveView: async () => {
      if (stderr.isTTY !== true) return undefined
      const { createLogUpdate } = await import('log-update')
      const update = createLogUpdate(stderr)
      return {
        get columns() {
          return stderr.columns
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

function output(stream: NodeJS.WriteStream, env: Terminal['env']): Output {
  const isTTY = stream.isTTY === true
  return {
    isTTY,
    style: createStyle({ color: wantsColor({ env, isTTY }) }),
    write: (text) => {
      stream.write(text)
    },
  }
}

/** Ctrl-C and Ctrl-D at the prompt are an empty answer. */
async function readAnswer(
  input: NodeJS.ReadStream,
  to: NodeJS.WritableStream,
  question: string,
): Promise<string> {
  const lines = createInterface({ input, output: to, terminal: true, historySize: 0 })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => resolve(''))
      lines.once('close', () => resolve(''))
      lines.question(question).then(resolve, reject)
    })
  } finally {
    lines.close()
  }
}

function silence(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
