import { CommandError, ConvergeError } from '../../model/errors.ts'
import type { ExecOptions } from '../../model/transport.ts'
import { type Bounds, bounded } from '../bounded.ts'
import { outputLimit } from '../output-limit.ts'
import { STARTED } from './bootstrap.ts'
import type { EarlyShell } from './early-shell.ts'
import { type CommandChannel, connectionLost, type SshLink } from './link.ts'
import { openSession } from './session.ts'

/** How one attempt to run a program ended. */
export type ShellOutcome =
  | {
      readonly started: true
      readonly exitCode: number | undefined
      readonly stdout: Uint8Array
      readonly stderr: string
    }
  /** The line before the program's output never came, because of the login shell or sudo. */
  | {
      readonly started: false
      readonly exitCode: number | undefined
      readonly said: string
      readonly stderr: string
      readonly passwordRefused: boolean
    }

export interface ShellOptions extends ExecOptions {
  /** The exec string, one of bootstrap.ts. */
  readonly command: string
  /** What sudo asks and the answer; with it, the program is sent only once the shell has started. */
  readonly password?: { readonly prompt: string; readonly answer: string }
  readonly early: EarlyShell
}

/** What a login shell may print before the program's own output. */
const MAX_BANNER_BYTES = 64 * 1024
const STARTED_LINE = Buffer.from(`${STARTED}\n`)

/** Runs one program through one exec channel. */
export async function runShell(link: SshLink, options: ShellOptions): Promise<ShellOutcome> {
  const { password } = options
  const channel = await openChannel(link, options)
  let sent = false
  const lost = (cause: Error | undefined) =>
    connectionLost(link.host, 'exec', cause, sent ? 'sent' : 'nothing sent')
  const bounds: Bounds = {
    timeoutMs: options.timeoutMs,
    timedOut: () => timedOut(link.host, options.timeoutMs),
    after: link.patience.after,
    signal: options.signal,
    listen: (fail) => link.onLost((cause) => fail(lost(cause))),
  }
  const outcome = bounded<ShellOutcome>(bounds, ({ resolve, reject, isOver }) => {
    const limit = outputLimit(link.host, options.maxOutputBytes)
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let before: Buffer = Buffer.alloc(0)
    let complainedBytes = 0
    let started = false
    let prompts = 0

    const send = () => {
      sent = true
      options.onSend?.()
      channel.end(options.program)
    }
    const deliver = (chunk: Buffer) => {
      if (chunk.length === 0) return
      stdout.push(chunk)
      options.onStdout?.(chunk)
    }
    const awaitStart = (chunk: Buffer) => {
      before = Buffer.concat([before, chunk])
      const at = before.indexOf(STARTED_LINE)
      if (at < 0 && before.length > MAX_BANNER_BYTES) reject(endlessBanner(link.host))
      if (at < 0) return
      started = true
      if (password !== undefined) send()
      deliver(before.subarray(at + STARTED_LINE.length))
    }
    const answerPrompts = () => {
      if (password === undefined || started) return
      const seen = Buffer.concat(stderr).toString().split(password.prompt).length - 1
      if (seen === prompts) return
      prompts = seen
      // A second prompt means a wrong password; sending it again could lock the account.
      if (prompts === 1) channel.write(`${password.answer}\n`)
      else channel.end()
    }

    channel.listen({
      stdout(chunk) {
        if (isOver()) return
        if (limit.exceeds(chunk)) return reject(limit.error())
        if (started) deliver(chunk)
        else awaitStart(chunk)
      },
      stderr(chunk) {
        if (isOver()) return
        if (limit.exceeds(chunk)) return reject(limit.error())
        stderr.push(chunk)
        complainedBytes += chunk.length
        if (!started && complainedBytes > MAX_BANNER_BYTES) return reject(endlessBanner(link.host))
        answerPrompts()
      },
      closed(exitCode) {
        const said = Buffer.concat(stderr).toString()
        const errors = password === undefined ? said : said.replaceAll(password.prompt, '')
        if (started) return resolve({ started, exitCode, stdout: Buffer.concat(stdout), stderr: errors })
        resolve({ started, exitCode, said: before.toString(), stderr: errors, passwordRefused: prompts > 1 })
      },
      // A channel that the server closed takes no input; its exit shows why.
      failed: (cause) => reject(lost(cause)),
    })
    if (password === undefined) send()
  })
  return outcome.finally(() => channel.close())
}

async function openChannel(link: SshLink, { command, signal, early }: ShellOptions): Promise<CommandChannel> {
  try {
    const open = async () => (await early.take(command)) ?? link.exec(command)
    return await openSession<CommandChannel>(link, 'exec', signal, open)
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof ConvergeError) throw cause
    throw new CommandError('the SSH server does not run commands', {
      code: 'unsupported',
      host: link.host,
      step: 'exec',
      remedy: 'Remove the restriction (ForceCommand, a `restrict` key, an SFTP-only account) for this user.',
      exitCode: undefined,
      stderr: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}

function endlessBanner(host: string): ConvergeError {
  return new ConvergeError('answer-unreadable', 'the login shell prints endlessly before it starts /bin/sh', {
    host,
    step: 'exec',
    remedy: "Check the start-up files of the user's shell on the host.",
  })
}

function timedOut(host: string, timeoutMs: number): ConvergeError {
  return new ConvergeError('timeout', `the program was still running after ${timeoutMs / 1000} s`, {
    host,
    step: 'exec',
    remedy: 'Check on the host what it waits for; a longer timeout helps only if it makes progress.',
  })
}
