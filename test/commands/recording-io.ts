import { runCommandLine } from '../../src/commands/cli/program.ts'
import type { ExitCode, Io } from '../../src/commands/io/io.ts'
import { Interrupted } from '../../src/model/errors.ts'
import { createStop } from '../../src/model/stop.ts'
import { createStyle } from '../../src/report/text/style.ts'
import { scratchFolder } from './scratch.ts'

export interface Outcome {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
  /** What was asked. */
  readonly questions: readonly string[]
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  /** Answers to questions; without any there is no terminal. */
  readonly answers?: readonly string[]
  /** Called when the command can be stopped, with what a press of Ctrl-C does. */
  readonly onStoppable?: (press: () => void) => void
  readonly onQuestion?: (question: string) => void
  /** What is on stdin. */
  readonly input?: string | Uint8Array
}

/** Where the command keeps the key of sealed plans. */
export const stateHome = scratchFolder()

/** Runs a command line in this process and records what it prints. */
export async function converge(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { env = {}, answers, onStoppable, onQuestion, input = '' } = surroundings
  const printed = { stdout: '', stderr: '' }
  const questions: string[] = []
  const style = createStyle({ color: false })
  const answer = async (question: string) => {
    questions.push(question)
    onQuestion?.(question)
    const given = answers?.[questions.length - 1]
    // After the last answer Ctrl-C is pressed.
    if (given === undefined) throw new Interrupted()
    return given
  }
  const output = (name: 'stdout' | 'stderr') => ({
    style,
    write: (text: string) => {
      printed[name] += text
    },
  })
  const io: Io = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: { XDG_STATE_HOME: stateHome, ...env },
    canAsk: answers !== undefined,
    ask: answer,
    askSecret: answer,
    readInput: async () => Buffer.from(input),
    live: undefined,
    stoppable(work) {
      let now = 0
      const { stop, request } = createStop(() => (now += 1_000))
      onStoppable?.(request)
      return work(stop)
    },
  }
  const code = await runCommandLine({ argv, io, version: '1.2.3' })
  return { code, ...printed, questions }
}
