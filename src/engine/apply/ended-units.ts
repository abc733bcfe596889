import { ConvergeError } from '../../model/errors.ts'
import type { Change } from '../../model/plan.ts'
import type { Said } from '../../model/report.ts'
import { commandProgram } from '../../shell/programs/command-program.ts'
import { commandLine } from '../../shell/quote.ts'
import type { SessionContext } from '../session-context.ts'
import { meaningfulLine } from './meaningful-line.ts'

const timeoutMs = 10_000

/** What systemd and the journal say of units that were started and are down again; undefined if there are none. */
export async function sayingsOfUnits(
  { connections, programs, stop }: Pick<SessionContext, 'connections' | 'programs' | 'stop'>,
  host: string,
  remaining: readonly Change[],
): Promise<Said | undefined> {
  const units = remaining.flatMap(({ operation }) =>
    operation.op === 'unit' && operation.action === 'start' ? [operation.unit] : [],
  )
  if (units.length === 0) return undefined
  const command = `systemctl status --no-pager --full --lines=10 -- ${commandLine(units)} 2>&1 | tail -c 8192`
  const program = commandProgram(command, timeoutMs, programs.library)
  try {
    const { stdout } = await connections.use(host, stop.leaving, (connection) =>
      connection.exec({ program, timeoutMs }),
    )
    const output = Buffer.from(stdout).toString()
    const said = meaningfulLine(output)
    return said === undefined ? undefined : { line: said.line, output }
  } catch (error) {
    // The report stands without it.
    if (error instanceof ConvergeError) return undefined
    throw error
  }
}
