import type { Answer } from '../report/hosts/render-exec.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, hostCommand } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'

export interface ExecOptions extends HostOptions {
  /** Joined with spaces and run by the shell, as with ssh. */
  readonly command: readonly string[]
  /** Time limit in seconds per host. */
  readonly timeout: number
}

/** `converge exec SELECTOR -- COMMAND`: runs it on the hosts at once; hosts with the same output are grouped. */
export function exec(options: ExecOptions, io: Io, view: View): Promise<ExitCode> {
  const command = options.command.join(' ')
  return hostCommand(
    options,
    io,
    view,
    async ({ session }, spec) => {
      const results = await session.exec(command, options.timeout * 1000, {
        allowLocal: options.allowLocal === true,
      })
      const answers = [...results].map(([host, result]): Answer => {
        if (result instanceof Error) return { host, error: result }
        const { exitCode, stdout, stderr } = result
        return { host, exitCode, stdout: Buffer.from(stdout).toString('utf8'), stderr }
      })
      view.answers(spec.cluster.name, command, answers)
      return answers.every((answer) => 'exitCode' in answer && answer.exitCode === 0) ? 0 : 1
    },
    { needsSecrets: false },
  )
}
