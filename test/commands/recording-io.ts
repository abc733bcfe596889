import { runCommandLine } from '../../src/commands/cli/program.ts'
import type { ExitCode, Io } from '../../src/commands/io/io.ts'
import { createStyle } from '../../src/report/text/style.ts'

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
  /** Ctrl-C comes as soon as somebody listens. */
  readonly interrupt?: boolean
}

/** Runs a command line in this process and records what it prints. */
export async function converge(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { env = {}, answers, interrupt = false } = surroundings
  const printed = { stdout: '', stderr: '' }
  const questions: string[] = []
  const style = createStyle({ color: false })
  const answer = async (question: string) => {
    questions.push(question)
    // Behind the last answer somebody presses Ctrl-C.
    return answers?.[questions.length - 1]
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
    env,
    canAsk: answers !== undefined,
    ask: answer,
    askSecret: answer,
    live: undefined,
    onInterrupt: (listener) => {
      if (interrupt) listener()
      return () => {}
    },
  }
  const code = await runCommandLine({ argv, io, version: '1.2.3' })
  return { code, ...printed, questions }
}
