import { CommandError, type ConvergeError } from '../model/errors.ts'
import type { HostHistory } from '../model/manifest.ts'
import type { ExecResult } from '../model/transport.ts'
import { commandProgram } from '../shell/programs/command-program.ts'
import type { StatePlace } from '../shell/programs/inspect-program.ts'
import { rememberProgram, unlockProgram } from '../shell/programs/state-programs.ts'
import { readHistory } from './inspect/history.ts'
import type { SessionContext } from './session-context.ts'

/** What can be asked of hosts, or done to converge's own state on them, without a plan. */
export interface HostState {
  /** What each selected host remembers of the applies on it, or why it cannot be asked. */
  history(): Promise<ReadonlyMap<string, HostHistory | ConvergeError>>
  /** Runs a shell command on each selected host with root's rights; its exit code is a result. */
  exec(command: string, timeoutMs: number): Promise<ReadonlyMap<string, ExecResult | ConvergeError>>
  /** Ends an apply that holds a selected host's lock: `free`, or `ended` and whose it was. */
  unlock(): Promise<ReadonlyMap<string, string | ConvergeError>>
  /** Makes the selected hosts forget hosts that left the cluster. */
  forget(names: readonly string[]): Promise<ReadonlyMap<string, string | ConvergeError>>
}

/** More than anybody reads; a command that prints without end is stopped there. */
const maxOutputBytes = 64 * 1024 * 1024

export function hostState(context: SessionContext): HostState {
  const { connections, programs, onEach, onProgress, selected, stop } = context
  const asking = <T>(work: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T | ConvergeError>> => {
    onProgress({ event: 'phase', phase: 'ask', hosts: selected })
    return onEach((name) => work(name).finally(() => onProgress({ event: 'answered', host: name })))
  }
  return {
    history: () =>
      asking((name) =>
        connections.use(name, stop.stopping, (connection) =>
          readHistory(connection, context.host(name), 0, programs),
        ),
      ),
    exec: (command, timeoutMs) =>
      asking((name) =>
        connections.use(name, stop.stopping, (connection) => {
          const program = commandProgram(command, timeoutMs, programs.library)
          return connection.exec({ program, timeoutMs, maxOutputBytes })
        }),
      ),
    unlock: () =>
      onEach((name) => runProgram(context, name, (place) => unlockProgram(place, programs.library))),
    forget: (names) =>
      onEach(async (name) => {
        const { state } = await context.inspect(name, stop.stopping)
        const kept = (state?.members ?? []).filter((member) => !names.includes(member.name))
        return runProgram(context, name, (place) => rememberProgram(kept, place, programs.library))
      }),
  }
}

async function runProgram(
  { cluster, connections, host, stop }: SessionContext,
  name: string,
  program: (place: StatePlace) => string,
): Promise<string> {
  const { stateDir } = host(name).platform
  const { exitCode, stdout, stderr } = await connections.use(name, stop.stopping, (connection) =>
    connection.exec({ program: program({ stateDir, cluster }), timeoutMs: 60_000 }),
  )
  if (exitCode === 0) return Buffer.from(stdout).toString().trim()
  throw new CommandError(`the program ended with ${exitCode ?? 'a signal'}`, {
    host: name,
    step: 'state',
    exitCode,
    stderr,
  })
}
