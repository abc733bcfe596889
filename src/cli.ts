#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' }
import { runCommandLine } from './commands/cli/program.ts'
import { createTerminalIo } from './commands/io/terminal-io.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// A reader such as `head` that has exited, or a closed terminal, must not end an apply halfway.
let unwritten: Error | undefined
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') unwritten ??= error
  })
}

const io = createTerminalIo({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onSignal(listener) {
    for (const signal of stopSignals) process.on(signal, listener)
    return () => {
      for (const signal of stopSignals) process.off(signal, listener)
    }
  },
})

process.exitCode = await runCommandLine({ argv: process.argv.slice(2), io, version: manifest.version })
if (unwritten !== undefined) {
  process.exitCode = process.exitCode === 0 ? 1 : process.exitCode
  process.stderr.write(`error: the output is not complete: ${unwritten.message}\n`)
}
// Do not wait for what an interrupted command left behind, but flush its output.
if (process.exitCode === 130) process.stdout.write('', () => process.exit())
