import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, constants, copyFile, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { ConvergeError, codeOf } from '../../model/errors.ts'
import { isSystemError, systemMessage } from '../../model/system-error.ts'
import type { Connection, ExecOptions, ExecResult, Upload } from '../../model/transport.ts'
import { type Bounds, bounded } from '../bounded.ts'
import { outputLimit } from '../output-limit.ts'
import { checkUpload } from '../staging.ts'

export interface LocalOptions {
  readonly host: string
  /** Absolute path of the root tree; the host library puts it before every path. */
  readonly root: string
}

/** A connection to a root tree on this machine: programs run here, with the tree as their root. */
export function localConnection({ host, root }: LocalOptions): Connection {
  const running = new Set<(error: unknown) => void>()
  let closed = false
  return {
    host,
    async exec(options) {
      if (closed) throw closedConnection(host)
      options.signal?.throwIfAborted()
      return runProgram(host, root, options, running)
    },
    upload: (directory, files, signal) =>
      closed ? Promise.reject(closedConnection(host)) : stage(host, root, directory, files, signal),
    download: (path, file, signal) =>
      closed ? Promise.reject(closedConnection(host)) : copyOut(host, join(root, path), file, signal),
    async close() {
      closed = true
      for (const end of running) end(closedConnection(host))
    },
  }
}

async function runProgram(
  host: string,
  root: string,
  options: ExecOptions,
  running: Set<(error: unknown) => void>,
): Promise<ExecResult> {
  // A new process group, so that a timeout kills the program's children, too. The controller's environment is not
  // passed on: nothing in it is meant for a host.
  const child = spawn('/bin/sh', ['-s'], {
    detached: true,
    env: { PATH: process.env.PATH, HOME: join(root, 'root'), LC_ALL: 'C', CONVERGE_ROOT: root },
  })
  // Without free file descriptors it has no streams.
  await once(child, 'spawn').catch((cause) => {
    throw cannotRun(host, cause)
  })
  const bounds: Bounds = {
    timeoutMs: options.timeoutMs,
    timedOut: () => timedOut(host, options.timeoutMs),
    signal: options.signal,
    listen(fail) {
      running.add(fail)
      return () => running.delete(fail)
    },
  }
  const result = bounded<ExecResult>(bounds, ({ resolve, reject, isOver }) => {
    const limit = outputLimit(host, options.maxOutputBytes)
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const collect = (chunks: Buffer[], chunk: Buffer, tell?: (chunk: Uint8Array) => void) => {
      if (isOver()) return
      if (limit.exceeds(chunk)) return reject(limit.error())
      chunks.push(chunk)
      tell?.(chunk)
    }
    child.stdout.on('data', (chunk: Buffer) => collect(stdout, chunk, options.onStdout))
    child.stderr.on('data', (chunk: Buffer) => collect(stderr, chunk))
    child.on('close', (code) =>
      resolve({
        exitCode: code ?? undefined,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      }),
    )
    // A program that exits early breaks the pipe; its exit code is enough.
    child.stdin.on('error', () => undefined)
    options.onSend?.()
    child.stdin.end(options.program)
  })
  return result.catch((error: unknown) => {
    killGroup(child.pid)
    child.stdout.destroy()
    child.stderr.destroy()
    throw error
  })
}

async function stage(
  host: string,
  root: string,
  directory: string,
  files: readonly Upload[],
  signal: AbortSignal | undefined,
): Promise<void> {
  checkUpload(directory, files)
  const path = join(root, directory)
  let created = false
  try {
    const parent = await realpath(dirname(path))
    if (`${parent}${sep}`.startsWith(`${await realpath(root)}${sep}`) === false) {
      throw new Error('it leads out of the root tree')
    }
    await mkdir(path, { mode: 0o700 })
    created = true
    for (const upload of files) {
      signal?.throwIfAborted()
      const target = join(path, upload.name)
      if ('bytes' in upload) await writeFile(target, upload.bytes, { flag: 'wx', mode: 0o600 })
      else {
        await copyFile(upload.file, target, constants.COPYFILE_EXCL)
        await chmod(target, 0o600)
      }
    }
  } catch (cause) {
    if (created) await rm(path, { recursive: true, force: true })
    signal?.throwIfAborted()
    throw new ConvergeError('upload-failed', `cannot stage in ${directory}: ${reason(cause)}`, {
      host,
      step: 'upload',
      remedy: `${codeOf(cause) === 'ENOENT' ? `Create ${dirname(path)}` : `Check ${path}`}, or set \`stagingDir\` under \`platform\` to a writable directory.`,
      cause,
    })
  }
}

async function copyOut(
  host: string,
  path: string,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  try {
    await copyFile(path, file, constants.COPYFILE_EXCL)
    await chmod(file, 0o600)
  } catch (cause) {
    throw new ConvergeError('download-failed', `cannot copy ${path} to ${file}: ${reason(cause)}`, {
      host,
      step: 'download',
      cause,
    })
  }
}

function reason(cause: unknown): string {
  const known: Readonly<Record<string, string>> = {
    EEXIST: 'it already exists',
    ENOENT: 'no such directory',
    ENOSPC: 'no space left on device',
    EACCES: 'permission denied',
    EROFS: 'the file system is read-only',
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return known[code] ?? (cause instanceof Error ? cause.message : String(cause))
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: the group has already ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function timedOut(host: string, timeoutMs: number): ConvergeError {
  return new ConvergeError('timeout', `the program was still running after ${timeoutMs / 1000} s`, {
    host,
    step: 'exec',
    remedy: 'Check what the program waits for; a longer timeout helps only if it makes progress.',
  })
}

function cannotRun(host: string, cause: Error): ConvergeError {
  const why = isSystemError(cause) ? systemMessage(cause) : cause.message
  return new ConvergeError('connect-failed', `cannot run ${why}`, {
    host,
    step: 'exec',
    cause,
  })
}

function closedConnection(host: string): ConvergeError {
  return new ConvergeError('connection-lost', `the connection to ${host} is closed`, { host, step: 'exec' })
}
