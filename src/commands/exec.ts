import type { Answer } from '../report/hosts/render-exec.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface ExecOptions extends SpecOptions, HostOptions {
  /** Joined by blanks, as ssh does: a single one is shell text. */
  readonly command: readonly string[]
  /** Seconds after which a host's command is given up. */
  readonly timeout: number
}

/** `converge exec SELECTOR -- COMMAND`: runs it on the hosts at once; same answers are shown together. */
export async function exec(options: ExecOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  const command = options.command.join(' ')
  return withHosts({ spec, options, io, view }, async ({ session }) => {
    const results = await session.exec(command, options.timeout * 1000)
    const answers = [...results].map(([host, result]): Answer => {
      if (result instanceof Error) return { host, error: result }
      const { exitCode, stdout, stderr } = result
      return { host, exitCode, stdout: Buffer.from(stdout).toString('utf8'), stderr }
    })
    view.answers(spec.cluster.name, command, answers)
    return answers.every((answer) => 'exitCode' in answer && answer.exitCode === 0) ? 0 : 1
  })
}
