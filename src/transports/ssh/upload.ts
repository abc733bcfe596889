import { posix } from 'node:path'
import pLimit from 'p-limit'
import type { SFTPWrapper } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { ConvergeError } from '../../model/errors.ts'
import type { Upload } from '../../model/transport.ts'
import { checkUpload } from '../staging.ts'
import { connectionLost, type SshLink } from './link.ts'
import { openSession } from './session.ts'

/** ssh2-sftp-client warns of more parallel transfers on one channel. */
const PARALLEL_FILES = 8
/** Below this rate a transfer counts as hanging. */
const MIN_BYTES_PER_MS = 20

/**
 * Creates the directory and puts the files into it over an SFTP channel of the connection that is already there. The
 * channel is closed again, for servers that allow one session at a time. After a failure nothing is left behind,
 * as far as the server allows.
 */
export async function upload(link: SshLink, directory: string, files: readonly Upload[]): Promise<void> {
  checkUpload(directory, files)
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const timeoutMs = link.patience.uploadMs + sizeBytes / MIN_BYTES_PER_MS
  let timer: NodeJS.Timeout | undefined
  let release = () => {}
  const interrupted = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(hangs(link.host, timeoutMs)), timeoutMs)
    release = link.onLost((cause) => reject(connectionLost(link.host, 'upload', cause)))
  })
  try {
    await Promise.race([transfer(link, directory, files), interrupted])
  } finally {
    clearTimeout(timer)
    release()
  }
}

async function transfer(link: SshLink, directory: string, files: readonly Upload[]): Promise<void> {
  const sftp = await openSftp(link)
  try {
    await makeDirectory(link.host, sftp, directory)
    // The library's own way to a connection is a TCP connection of its own; it is given ours.
    const client = Object.assign(new SftpClient('converge', {}), { client: link.client, sftp })
    const limit = pLimit(PARALLEL_FILES)
    const puts = files.map((file) =>
      limit(() => put(link.host, client, sftp, `${directory}/${file.name}`, file)),
    )
    try {
      await Promise.all(puts)
      await checkSizes(link.host, sftp, directory, files)
    } catch (error) {
      limit.clearQueue()
      await Promise.race([Promise.allSettled(puts), new Promise((resolve) => setTimeout(resolve, 1_000))])
      await removeStaged(sftp, directory, files)
      throw error
    }
  } finally {
    await closeSftp(sftp)
  }
}

async function openSftp(link: SshLink): Promise<SFTPWrapper> {
  try {
    return await openSession<SFTPWrapper>(link, 'upload', (callback) => link.client.sftp(callback))
  } catch (cause) {
    if (cause instanceof ConvergeError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    const printed = printedInstead(message)
    if (printed === undefined) {
      throw new ConvergeError('upload-failed', `the SSH server offers no SFTP: ${message}`, {
        host: link.host,
        step: 'upload',
        remedy: 'Add `Subsystem sftp internal-sftp` to its sshd_config.',
        cause,
      })
    }
    throw new ConvergeError('upload-failed', `instead of SFTP there comes text that begins with ${printed}`, {
      host: link.host,
      step: 'upload',
      remedy:
        "Let the start-up files of the user's shell print on terminals only, or set `Subsystem sftp internal-sftp` in sshd_config, which starts no shell.",
      cause,
    })
  }
}

/** sshd starts sftp-server by the login shell; what that prints is taken for the length of a packet. */
function printedInstead(message: string): string | undefined {
  const length = /^Packet length (\d+) exceeds/.exec(message)?.[1]
  if (length === undefined) return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(Number(length))
  return JSON.stringify(bytes.toString('latin1'))
}

function makeDirectory(host: string, sftp: SFTPWrapper, directory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sftp.mkdir(directory, { mode: 0o700 }, (cause) => {
      if (!cause) return resolve()
      describe(sftp, directory, undefined, cause).then((why) => {
        reject(uploadFailed(host, `cannot create ${directory}`, why, cause))
      })
    })
  })
}

async function put(
  host: string,
  client: SftpClient,
  sftp: SFTPWrapper,
  path: string,
  { bytes }: Upload,
): Promise<void> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    await client.put(buffer, path, { writeStreamOptions: { mode: 0o600 } })
  } catch (cause) {
    const why = await describe(sftp, path, buffer.length, cause)
    throw uploadFailed(host, `cannot write ${path}`, why, cause)
  }
}

/**
 * ssh2's write stream closes without an error when a write fails, and the library takes the close for success: a full
 * disk would cut files short unnoticed. Asking for each size finds them. A listing would be one answer, but a host could
 * make it endless.
 */
async function checkSizes(
  host: string,
  sftp: SFTPWrapper,
  directory: string,
  files: readonly Upload[],
): Promise<void> {
  const sizes = await Promise.all(files.map(({ name }) => sizeOf(sftp, `${directory}/${name}`)))
  for (const [index, { name, bytes }] of files.entries()) {
    const found = sizes[index]
    if (found === bytes.length) continue
    const arrived = found ?? 0
    const path = `${directory}/${name}`
    const cause = new Error(`${arrived} of ${bytes.length} bytes arrived`)
    const why = (await isFull(sftp, directory, bytes.length)) ? 'no space left on device' : cause.message
    throw uploadFailed(host, `cannot write ${path}`, why, cause, cutShortRemedy)
  }
}

const cutShortRemedy =
  'Look for a quota or a limit on the size of files there, or set `stagingDir` under `platform` to another file system.'

/** Undefined where nothing is there. */
function sizeOf(sftp: SFTPWrapper, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    sftp.lstat(path, (error, stats) => resolve(error ? undefined : stats.size))
  })
}

/**
 * Why a file of that size, or a directory, cannot be made. SFTP version 3 knows few reasons; behind OpenSSH's bare
 * `Failure` are mostly a full disk and a name that is taken.
 */
async function describe(
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
  return message.replace(/^.*(?:_put|Write stream error): /, '')
}

function isFull(sftp: SFTPWrapper, directory: string, sizeBytes: number): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      sftp.ext_openssh_statvfs(directory, (error, stats: unknown) => {
        resolve(!error && hasNoRoom(stats, sizeBytes))
      })
    } catch {
      // Thrown when the server lacks the extension; then there is no telling.
      resolve(false)
    }
  })
}

function hasNoRoom(stats: unknown, sizeBytes: number): boolean {
  if (typeof stats !== 'object' || stats === null) return false
  const { f_bavail, f_frsize, f_files, f_favail } = Object.fromEntries(Object.entries(stats))
  // btrfs counts no inodes and says 0 of 0.
  const outOfInodes = Number(f_files) > 0 && Number(f_favail) === 0
  return outOfInodes || Number(f_bavail) * Number(f_frsize) <= sizeBytes
}

function exists(sftp: SFTPWrapper, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    sftp.lstat(path, (error) => resolve(!error))
  })
}

/** Best effort: what cannot be removed is in a directory that nothing refers to, and the failure itself is reported. */
async function removeStaged(sftp: SFTPWrapper, directory: string, files: readonly Upload[]): Promise<void> {
  await Promise.all(
    files.map(
      ({ name }) => new Promise<void>((resolve) => sftp.unlink(`${directory}/${name}`, () => resolve())),
    ),
  )
  await new Promise<void>((resolve) => sftp.rmdir(directory, () => resolve()))
}

function closeSftp(sftp: SFTPWrapper): Promise<void> {
  return new Promise((resolve) => {
    sftp.once('close', () => resolve())
    sftp.end()
  })
}

function uploadFailed(
  host: string,
  what: string,
  why: string,
  cause: unknown,
  otherRemedy = 'Run converge again; it stages under a new name.',
): ConvergeError {
  const remedies: Readonly<Record<string, string>> = {
    'no space left on device':
      'Make room there, or set `stagingDir` under `platform` to a file system that has some.',
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

function hangs(host: string, timeoutMs: number): ConvergeError {
  return new ConvergeError('timeout', `the upload did not end within ${Math.round(timeoutMs / 1000)} s`, {
    host,
    step: 'upload',
    remedy: 'Look at the network and at the load of the host.',
  })
}
