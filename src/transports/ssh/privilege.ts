import { randomBytes } from 'node:crypto'
import { CommandError } from '../../model/errors.ts'
import { shellWord } from '../../model/shell-word.ts'
import { sudoPasswordVariable } from '../../model/targets/ssh.ts'
import type { ConnectOptions, ExecOptions, ExecResult } from '../../model/transport.ts'
import { PLAIN_COMMAND, passwordQuestion, readSudoComplaint, SUDO_COMMAND } from './bootstrap.ts'
import { earlyShell } from './early-shell.ts'
import type { SshLink } from './link.ts'
import { runShell, type ShellOutcome } from './shell.ts'

export interface PrivilegeOptions {
  readonly user: string
  readonly sudo: 'auto' | 'always' | 'never'
  readonly sudoPasswordGroup?: string
  readonly sudoPassword?: ConnectOptions['sudoPassword']
}

type Way = 'plain' | 'sudo' | 'sudo-password'

interface PrivilegedShells {
  /** Runs a program as root if the target asks for that. The way that works is remembered for the connection. */
  exec(options: ExecOptions): Promise<ExecResult>
  /** Starts the shell of the next program, unless sudo asks for a password. */
  startEarly(): void
  /** Ends a shell that was started so and is not needed. */
  endEarly(): void
}

/** Shells of root if the target asks for that. */
export function privilegedShells(
  link: SshLink,
  { user, sudo, sudoPasswordGroup, sudoPassword }: PrivilegeOptions,
): PrivilegedShells {
  let way: Way = sudo === 'never' || (sudo === 'auto' && user === 'root') ? 'plain' : 'sudo'
  let asked: Promise<string | undefined> | undefined
  const { host, keyKnown } = link
  const early = earlyShell(link)
  const passwordless = `Add \`${user} ALL=(ALL) NOPASSWD: ALL\` to the host's sudoers, pass --ask-sudo-password, or set ${sudoPasswordVariable(sudoPasswordGroup)}.`

  const withSudo = async (options: ExecOptions): Promise<ShellOutcome> => {
    if (way === 'sudo') {
      const outcome = await runShell(link, { ...options, command: SUDO_COMMAND, early })
      if (outcome.started) return outcome
      // sudo complains on stderr; other output alone comes from a shell such as nologin.
      if (outcome.stderr.trim() === '' && outcome.said.trim() !== '')
        throw loginShellFailed(host, user, outcome)
      const complaint = readSudoComplaint(outcome.stderr, user)
      if (complaint.complaint === 'refused') {
        throw sudoFailed(host, complaint.message, complaint.remedy, outcome)
      }
      way = 'sudo-password'
    }
    const without = { exitCode: undefined, stderr: '' }
    if (keyKnown !== 'before') {
      throw sudoFailed(
        host,
        `sudo requires a password for ${user}, and none is sent to a host whose key became known in this run`,
        'Compare the recorded key with the key on the host, then run converge again.',
        without,
      )
    }
    asked ??= sudoPassword?.() ?? Promise.resolve(undefined)
    const answer = await asked
    if (answer === undefined) {
      throw sudoFailed(host, `sudo requires a password for ${user}`, passwordless, without)
    }
    if (/[\r\n]/.test(answer)) {
      throw sudoFailed(
        host,
        'the sudo password contains a line break',
        'Enter only the password, on one line.',
        without,
      )
    }
    const { command, prompt } = passwordQuestion(randomBytes(16).toString('hex'))
    const outcome = await runShell(link, { ...options, command, early, password: { prompt, answer } })
    if (outcome.started) return outcome
    if (outcome.passwordRefused) {
      throw sudoFailed(
        host,
        'sudo refused the password',
        `Enter the password of ${user} on this host.`,
        outcome,
      )
    }
    const complaint = readSudoComplaint(outcome.stderr, user)
    throw complaint.complaint === 'password'
      ? sudoFailed(host, `sudo requires a password for ${user}`, passwordless, outcome)
      : sudoFailed(host, complaint.message, complaint.remedy, outcome)
  }

  return {
    async exec(options) {
      const outcome =
        way === 'plain'
          ? await runShell(link, { ...options, command: PLAIN_COMMAND, early })
          : await withSudo(options)
      if (!outcome.started) throw loginShellFailed(host, user, outcome)
      return { exitCode: outcome.exitCode, stdout: outcome.stdout, stderr: outcome.stderr }
    },
    startEarly() {
      if (way !== 'sudo-password') early.start(way === 'plain' ? PLAIN_COMMAND : SUDO_COMMAND)
    },
    endEarly: early.end,
  }
}

function sudoFailed(
  host: string,
  message: string,
  remedy: string,
  outcome: { readonly exitCode: number | undefined; readonly stderr: string },
): CommandError {
  const { exitCode, stderr } = outcome
  return new CommandError(message, { code: 'sudo-failed', host, step: 'exec', remedy, exitCode, stderr })
}

function loginShellFailed(
  host: string,
  user: string,
  outcome: { readonly said: string; readonly stderr: string; readonly exitCode: number | undefined },
): CommandError {
  const said = `${outcome.said}\n${outcome.stderr}`.trim().split('\n')[0]?.slice(0, 200) ?? ''
  return new CommandError(
    `the login shell of ${user} did not start /bin/sh: ${said === '' ? 'it printed nothing' : said}`,
    {
      code: 'unsupported',
      host,
      step: 'exec',
      remedy: `Give ${user} a shell that runs commands, such as \`chsh -s /bin/sh ${shellWord(user)}\`, and no forced command.`,
      exitCode: outcome.exitCode,
      stderr: outcome.stderr,
    },
  )
}
