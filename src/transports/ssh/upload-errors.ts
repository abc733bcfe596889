import { posix } from 'node:path'
import type { SFTPWrapper } from 'ssh2'
import { ConvergeError } from '../../model/errors.ts'

export function uploadFailed(
  host: string,
  what: string,
  why: string,
  cause: unknown,
  otherRemedy = 'Run converge again; it stages under a new name.',
): ConvergeError {
  const remedies: Readonly<Record<string, string>> = {
    'no space left on device':
      'Free space there, or set `stagingDir` under `platform` to a file system that has some.',
    'permission denied': 'Set `stagingDir` under `platform` to a directory that the login user may write to.',
    'no such directory':
      'Create its parent, or set `stagingDir` under `platform` to a directory that exists.',
  }
  return new ConvergeError('upload-failed', `${what}: ${why}`, {
    host,
    step: 'upload',
    remedy: remedies[why] ?? otherRemedy,
    cause,
  })
}

export function hangs(host: string, timeoutMs: number): ConvergeError {
  return new ConvergeError('timeout', `the upload did not finish within ${Math.round(timeoutMs / 1000)} s`, {
    host,
    step: 'upload',
    remedy: 'Check the network and the load of the host.',
  })
}

export function noSftp(host: string, step: 'upload' | 'download', cause: unknown): ConvergeError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const printed = printedInstead(message)
  const [problem, remedy] =
    printed === undefined
      ? [
          `the SSH server offers no SFTP: ${message}`,
          'Add `Subsystem sftp internal-sftp` to its sshd_config.',
        ]
      : [
          `instead of SFTP the server sent text that begins with ${printed}`,
          "Let the start-up files of the user's shell print on terminals only, or set `Subsystem sftp internal-sftp` in sshd_config, which starts no shell.",
        ]
  return new ConvergeError(`${step}-failed`, problem, { host, step, remedy, cause })
}

/** sshd starts sftp-server by the login shell, whose output is read as the length of a packet. */
function printedInstead(message: string): string | undefined {
  const length = /^Packet length (\d+) exceeds/.exec(message)?.[1]
  if (length === undefined) return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(Number(length))
  return JSON.stringify(bytes.toString('latin1'))
}

/** Fewer bytes arrived than were sent. */
export async function cutShort(
  host: string,
  sftp: SFTPWrapper,
  path: string,
  sizeBytes: number,
  arrived: number,
): Promise<ConvergeError> {
  const cause = new Error(`${arrived} of ${sizeBytes} bytes arrived`)
  const isOut = await isFull(sftp, posix.dirname(path), sizeBytes)
  return uploadFailed(
    host,
    `cannot write ${path}`,
    isOut ? 'no space left on device' : cause.message,
    cause,
    cutShortRemedy,
  )
}

const cutShortRemedy =
  'Check for a quota or a file size limit there, or set `stagingDir` under `platform` to another file system.'

/** Why a file or directory cannot be created: OpenSSH's generic `Failure` usually means a full disk or a taken name. */
export async function describe(
  sftp: SFTPWrapper,
  path: string,
  sizeBytes: number | undefined,
  cause: unknown,
): Promise<string> {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const message = cause instanceof Error ? cause.message : String(cause)
  if (code === 3) return 'permission denied'
  if (code === 2) return 'no such directory'
  if (/no space left/i.test(message)) return 'no space left on device'
  if (/quota/i.test(message)) return 'disk quota exceeded'
  if (sizeBytes === undefined && (await exists(sftp, path))) return 'it already exists'
  if (code === 4 && (await isFull(sftp, posix.dirname(path), sizeBytes ?? 0)))
    return 'no space left on device'
  return message
}

function isFull(sftp: SFTPWrapper, directory: string, sizeBytes: number): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      sftp.ext_openssh_statvfs(directory, (error, stats: unknown) => {
        resolve(!error && hasNoRoom(stats, sizeBytes))
      })
    } catch {
      // Thrown if the server lacks the extension.
      resolve(false)
    }
  })
}

function hasNoRoom(stats: unknown, sizeBytes: number): boolean {
  if (typeof stats !== 'object' || stats === null) return false
  const { f_bavail, f_frsize, f_files, f_favail } = Object.fromEntries(Object.entries(stats))
  // btrfs reports 0 of 0 inodes.
  const outOfInodes = Number(f_files) > 0 && Number(f_favail) === 0
  return outOfInodes || Number(f_bavail) * Number(f_frsize) <= sizeBytes
}

function exists(sftp: SFTPWrapper, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    sftp.lstat(path, (error) => resolve(!error))
  })
}
