import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Interrupted } from '../../model/errors.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from './io.ts'

/**
 * Lets the user's editor (VISUAL, EDITOR, else vi) change a text, and gives what it left. The text is in a file of a
 * directory that only this user can enter, in memory if there is a place for that; both are removed whatever happens,
 * after a signal too.
 */
export async function editPrivately(text: string, io: Io): Promise<Buffer> {
  const { VISUAL: visual, EDITOR: editor = 'vi' } = io.env
  return io.stoppable(async ({ stopping }) => {
    const folder = await privateFolder(io.env)
    try {
      const file = join(folder, 'secret')
      await writeFile(file, text, { flag: 'wx', mode: 0o600 })
      await run(visual || editor, file, stopping)
      return await readFile(file)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

async function privateFolder({ XDG_RUNTIME_DIR: runtime }: Io['env']): Promise<string> {
  for (const place of [runtime, '/dev/shm'].filter(Boolean)) {
    try {
      return await mkdtemp(join(String(place), 'converge-'))
    } catch {
      // It is not there, or not ours.
    }
  }
  return mkdtemp(join(tmpdir(), 'converge-'))
}

async function run(editor: string, file: string, stopping: AbortSignal): Promise<void> {
  // As git does it: the editor may have arguments.
  const child = spawn('/bin/sh', ['-c', `exec ${editor} "$1"`, editor, file], { stdio: 'inherit' })
  const end = () => child.kill('SIGTERM')
  stopping.addEventListener('abort', end, { once: true })
  try {
    const [code]: readonly unknown[] = await once(child, 'exit')
    if (stopping.aborted) throw new Interrupted()
    if (code !== 0)
      throw usageError(
        `the editor ${editor} failed`,
        'nothing was written; VISUAL or EDITOR names another one',
      )
  } finally {
    stopping.removeEventListener('abort', end)
  }
}
