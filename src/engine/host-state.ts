import { CommandError, type ConvergeError } from '../model/errors.ts'
import { given } from '../model/given.ts'
import { type HostHistory, type Identity, identityOf } from '../model/manifest.ts'
import type { ExecResult } from '../model/transport.ts'
import { identitiesAfter } from '../record/identities.ts'
import { commandProgram } from '../shell/programs/command-program.ts'
import type { StatePlace } from '../shell/programs/inspect-program.ts'
import { adoptProgram, rememberProgram, unlockProgram } from '../shell/programs/state-programs.ts'
import { readHistory } from './inspect/history.ts'
import type { SessionContext } from './session-context.ts'

/** Operations on hosts that need no plan. */
export interface HostState {
  /** The recorded applies of each selected host, or why it did not answer. */
  history(): Promise<ReadonlyMap<string, HostHistory | ConvergeError>>
  /** Runs a shell command on each selected host with root's rights, in a root tree by chroot; its exit code is a result. */
  exec(
    command: string,
    timeoutMs: number,
    options: { readonly allowLocal: boolean },
  ): Promise<ReadonlyMap<string, ExecResult | ConvergeError>>
  /** Stops the apply that holds a selected host's lock: `free`, or `ended` and its holder. */
  unlock(): Promise<ReadonlyMap<string, string | ConvergeError>>
  /** Hands over what another cluster has on the selected hosts, or only says what there is, as adoptProgram prints it. */
  adopt(
    old: string,
    options: { readonly isDry: boolean },
  ): Promise<ReadonlyMap<string, string | ConvergeError>>
  /** Makes the selected hosts forget retired machines, and the names that they had themselves. */
  forget(isRetired: (identity: Identity) => boolean): Promise<ReadonlyMap<string, string | ConvergeError>>
}

/** A command that prints endlessly is stopped there. */
const maxOutputBytes = 64 * 1024 * 1024

export function hostState(context: SessionContext): HostState {
  const { programs, onEach, onProgress, selected, stop } = context
  const asking = <T>(work: (name: string) => Promise<T>): Promise<ReadonlyMap<string, T | ConvergeError>> => {
    onProgress({ event: 'phase', phase: 'ask', hosts: selected })
    return onEach((name) => work(name).finally(() => onProgress({ event: 'answered', host: name })))
  }
  return {
    history: () =>
      asking((name) =>
        context.use(name, (connection) => readHistory(connection, context.host(name), 0, programs)),
      ),
    exec: (command, timeoutMs, { allowLocal }) =>
      asking((name) => {
        const isWithin = !allowLocal && context.host(name).target.transport !== 'ssh'
        const program = commandProgram(command, timeoutMs, programs.library, { isWithin })
        return context.use(name, (connection) => connection.exec({ program, timeoutMs, maxOutputBytes }))
      }),
    unlock: () =>
      onEach((name) => runProgram(context, name, (place) => unlockProgram(place, programs.library))),
    adopt: (old, options) =>
      onEach((name) =>
        runProgram(context, name, (place) => adoptProgram(old, options, place, programs.library)),
      ),
    forget: (isRetired) =>
      onEach(async (name) => {
        const { state } = await context.inspect(name, stop.stopping)
        const members = (state?.members ?? []).filter((member) => !isRetired(identityOf(member)))
        const identities = identitiesAfter(
          identityOf(context.host(name)),
          state?.identities?.filter((one) => !isRetired(one)),
        )
        return runProgram(context, name, (place) =>
          rememberProgram({ members, ...given({ identities }) }, place, programs.library),
        )
      }),
  }
}

async function runProgram(
  { cluster, host, use }: SessionContext,
  name: string,
  program: (place: StatePlace) => string,
): Promise<string> {
  const { stateDir } = host(name).platform
  const { exitCode, stdout, stderr } = await use(name, (connection) =>
    connection.exec({ program: program({ stateDir, cluster }), timeoutMs: 60_000 }),
  )
  if (exitCode === 0) return Buffer.from(stdout).toString().trim()
  const message = `the program ended with ${exitCode ?? 'a signal'}`
  throw new CommandError(message, { host: name, step: 'state', exitCode, stderr })
}
