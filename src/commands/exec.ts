import { type Answer, renderAnswers } from '../report/hosts/render-exec.ts'
import { execDocument } from '../report/json/json-hosts.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { showDiagnostics } from './io/show-diagnostics.ts'
import { writeJson } from './io/write-json.ts'
import { loadSpec, type SpecOptions } from './spec/load-spec.ts'

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
