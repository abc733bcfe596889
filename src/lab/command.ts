import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** The command is killed after this long; two minutes unless said otherwise. */
  readonly timeoutMs?: number
  readonly cwd?: string
  /** The whole environment; this process's own unless given. */
  readonly env?: NodeJS.ProcessEnv
  /** What it reads; nothing unless given. */
  readonly input?: string
}

/**
 * Runs a command of this machine without a shell, and gives its result whatever its exit code.
 * @throws when it cannot be started, takes too long or dies from a signal
 */
export function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { timeoutMs = 120_000, cwd, env = process.env, input = '' } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      // What it has started inside a host lives on until the host goes down, and would keep its output open as long.
      child.stdout.destroy()
      child.stderr.destroy()
    }, timeoutMs)
    // Who reads nothing may have ended.
    child.stdin.on('error', () => {}).end(input)
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        output[stream] += chunk
      })
    }
    child.on('error', (error) => {
      clearTimeout(limit)
      reject(error)
    })
    child.on('close', (exitCode, signal) => {
      clearTimeout(limit)
      if (exitCode !== null) resolve({ exitCode, ...output })
      else
        reject(
          new Error(
            `${command} died from ${signal} (limit ${timeoutMs} ms)\n${output.stdout}${output.stderr}`,
          ),
        )
    })
  })
}

/**
 * Runs a command that has to succeed and gives its standard output.
 * @throws with all of its output when it exits with anything but 0
 */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, args, options)
  if (exitCode !== 0)
    throw new Error(`${command} ${args.join(' ')} exited with ${exitCode}\n${stdout}${stderr}`)
  return stdout
}
