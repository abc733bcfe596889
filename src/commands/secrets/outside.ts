import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { codeOf, messageOf } from '../../model/errors.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'
import { secretText } from './secret-text.ts'

/** Where a value outside of secrets.yaml is. */
export interface Outside {
  readonly source: 'environment' | 'file' | 'command'
  readonly at: string
}

/** Reads a value from the environment, a file or a command that `file`, a secrets.yaml, names. Throws a SpecError. */
export function readOutside(key: string, { source, at }: Outside, file: string, env: Io['env']): string {
  const folder = dirname(resolve(file))
  switch (source) {
    case 'environment': {
      const value = env[at]
      if (value === undefined || value === '')
        throw usageError(`${key}: the variable ${at} is not set`, `${file} takes its value from there`)
      return secretText(Buffer.from(value), `the variable ${at}`)
    }
    case 'file':
      return secretText(readFile(key, resolve(folder, at), file), at)
    case 'command':
      return secretText(output(key, at, folder), `the output of \`${at}\``)
  }
}

function readFile(key: string, path: string, file: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`
    throw usageError(`${key}: ${path} ${why}`, `${file} takes its value from there`)
  }
}

/** It may ask for a passphrase on the terminal; its stderr goes there, too. */
function output(key: string, command: string, folder: string): Uint8Array {
  const { status, signal, stdout, error } = spawnSync('/bin/sh', ['-c', command], {
    cwd: folder,
    stdio: ['inherit', 'pipe', 'inherit'],
    maxBuffer: 1024 * 1024,
  })
  if (error === undefined && status === 0) return stdout
  const ended = status === null ? `ended by ${signal ?? messageOf(error)}` : `exited with ${status}`
  throw usageError(`${key}: \`${command}\` ${ended}`, 'run it by itself to see why')
}
