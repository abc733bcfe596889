import { execDocument } from '../report/json-hosts.ts'
import { type Answer, renderAnswers } from '../report/render-exec.ts'
import type { ExitCode, Io } from './io.ts'
import { loadSpec, type SpecOptions } from './load-spec.ts'
import { type HostOptions, withHosts } from './open-hosts.ts'
import { showDiagnostics } from './show-diagnostics.ts'
import { writeJson } from './write-json.ts'

export interface ExecOptions extends SpecOptions, HostOptions {
  /** Joined by blanks, as ssh does: a single one is shell text. */
  readonly command: readonly string[]
  /** Seconds after which a host's command is given up. */
  readonly timeout: number
  readonly json?: boolean
}

/** `converge exec SELECTOR -- COMMAND`: runs it on the hosts at once; same answers are shown together. */
export async function exec(options: ExecOptions, io: Io): Promise<ExitCode> {
  const spec = await loadSpec(options)
  showDiagnostics(spec.warnings, io)
  const command = options.command.join(' ')
  return withHosts(spec, options, io, async ({ session, progress }) => {
    const results = await session.exec(command, options.timeout * 1000)
    progress.pause()
    const answers = [...results].map(([host, result]): Answer => {
      if (result instanceof Error) return { host, error: result }
      const { exitCode, stdout, stderr } = result
      return { host, exitCode, stdout: Buffer.from(stdout).toString('utf8'), stderr }
    })
    if (options.json) writeJson(io, execDocument(spec.cluster.name, command, answers))
    else io.stdout.write(renderAnswers(answers, io.stdout.style))
    return answers.every((answer) => 'exitCode' in answer && answer.exitCode === 0) ? 0 : 1
  })
}
