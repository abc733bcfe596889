#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' }
import { runCommandLine } from './commands/cli/program.ts'
import { createTerminalIo } from './commands/io/terminal-io.ts'

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const io = createTerminalIo({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onSigint(listener) {
    process.once('SIGINT', listener)
    return () => process.off('SIGINT', listener)
  },
})

process.exitCode = await runCommandLine({ argv: process.argv.slice(2), io, version: manifest.version })
// What an interrupted apply still waits for must not keep the process.
if (process.exitCode === 130) process.exit()
