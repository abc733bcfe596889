#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' }
import { codeOf } from './model/errors.ts'
import { isSystemError, naming, systemMessage } from './model/system-error.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const outputs = { stdout: process.stdout, stderr: process.stderr }
let unwritten: string | undefined
for (const [name, stream] of Object.entries(outputs)) {
  stream.on('error', (error) => {
    // A reader such as `head` that has exited, or a closed terminal, must not end an apply halfway.
    if (['EPIPE', 'EIO'].includes(String(codeOf(error)))) return
    const named = naming(name, error)
    unwritten ??= isSystemError(named) ? systemMessage(named) : error.message
  })
}

// Imported here so that a failure to load them, such as too few file descriptors, is reported like any other.
// What this process starts, such as git, ssh or a command of ssh_config, has no use for keys and passwords.
const env = { ...process.env }
for (const name of Object.keys(env))
  if (/^CONVERGE_(?:IDENTITY|PLAN_KEY|SUDO_PASSWORD)/.test(name)) delete process.env[name]

try {
  const { keepCompiledCode } = await import('./commands/io/compiled-code.ts')
  await keepCompiledCode()
  const { createTerminalIo } = await import('./commands/io/terminal-io.ts')
  const { runCommandLine } = await import('./commands/cli/program.ts')
  const io = createTerminalIo({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    onSignal(listener) {
      for (const signal of stopSignals) process.on(signal, listener)
      return () => {
        for (const signal of stopSignals) process.off(signal, listener)
      }
    },
  })
  process.exitCode = await runCommandLine({ argv: process.argv.slice(2), io, version: manifest.version })
} catch (error) {
  if (!isSystemError(error)) throw error
  process.stderr.write(`error: ${systemMessage(error)}\n`)
  process.exitCode = 1
}
await Promise.all(
  Object.values(outputs).map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
)
if (unwritten !== undefined) {
  if (process.exitCode === 0 || process.exitCode === 2) process.exitCode = 1
  process.stderr.write(`error: the output is not complete: ${unwritten}\n`)
}
// Do not wait for what an interrupted command left behind.
if (process.exitCode === 130) process.exit()
