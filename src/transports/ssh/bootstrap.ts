/** The line that separates a program's output from what a login shell prints before it. */
export const STARTED = 'converge-shell'

// The user's login shell reads exec strings. Plain words and double quotes mean the same in POSIX shells, fish and csh;
// `$`, `!`, backslashes and single quotes within do not.
const SHELL = `/bin/sh -c "echo ${STARTED}; exec /bin/sh -s"`

/** Exec string that runs the program on stdin as the login user. */
export const PLAIN_COMMAND = `exec ${SHELL}`

/** Exec string that runs the program on stdin as root if sudo requires no password. */
export const SUDO_COMMAND = `exec env LC_ALL=C sudo -n -- ${SHELL}`

/** How sudo is asked to ask for a password. */
export interface PasswordQuestion {
  /** Exec string; sudo reads exactly the line of the password, and the program follows only after the line `STARTED`. */
  readonly command: string
  readonly prompt: string
}

/**
 * The prompt is new each time, so that no lecture, banner or earlier prompt is taken for it. sudo makes one `%` of two:
 * a shell that prints its commands (`set -x`) does not print the prompt.
 */
export function passwordQuestion(nonce: string): PasswordQuestion {
  const command = `exec env LC_ALL=C sudo -S -p converge%%${nonce}: -- ${SHELL}`
  return { command, prompt: `converge%${nonce}:` }
}

/** Why sudo did not start a shell, and the remedy; `password` if it only requires one. */
export type SudoComplaint =
  | { readonly complaint: 'password' }
  | { readonly complaint: 'refused'; readonly message: string; readonly remedy: string }

/** Interprets sudo's stderr. */
export function readSudoComplaint(stderr: string, user: string): SudoComplaint {
  const said = stderr.trim()
  if (/must have a tty/.test(said)) {
    return {
      complaint: 'refused',
      message: 'sudo refuses to run without a terminal (requiretty)',
      remedy: `Add \`Defaults:${user} !requiretty\` to the host's sudoers.`,
    }
  }
  if (/password is required/.test(said)) return { complaint: 'password' }
  if (/sudo['’]?: (?:[Cc]ommand )?not found|No such file or directory|Unknown command/.test(said)) {
    return {
      complaint: 'refused',
      message: 'there is no sudo on the host',
      remedy: 'Install sudo there, log in as root, or set `sudo: never` under `ssh`.',
    }
  }
  if (/not in the sudoers file|not allowed|may not run sudo|I'm sorry/.test(said)) {
    return {
      complaint: 'refused',
      message: `sudo does not allow ${user} to become root`,
      remedy: `Add \`${user} ALL=(ALL) NOPASSWD: ALL\` to the host's sudoers.`,
    }
  }
  const last = said.split('\n').at(-1) ?? ''
  return {
    complaint: 'refused',
    message: `sudo did not start a shell: ${last === '' ? 'it printed nothing' : last}`,
    remedy: `Try \`sudo -n true\` as ${user} on the host.`,
  }
}
