import pLimit from 'p-limit'
import type { SFTPWrapper } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { ConvergeError } from '../../model/errors.ts'
import type { Upload } from '../../model/transport.ts'
import { pause } from '../after.ts'
import { type Bounds, bounded } from '../bounded.ts'
import { checkUpload, sizeOf } from '../staging.ts'
import { connectionLost, type SshLink } from './link.ts'
import { openSession } from './session.ts'
import { cutShort, describe, hangs, noSftp, uploadFailed } from './upload-errors.ts'

/** ssh2-sftp-client warns of more parallel transfers on one channel. */
const PARALLEL_FILES = 8
/** A slower transfer counts as hanging. */
const MIN_BYTES_PER_MS = 20
const REMOVE_DELAYS_MS = [0, 50, 200]

/**
 * Creates the directory and puts the files into it over an SFTP channel of the existing connection. The channel is then
 * closed, for servers that allow one session at a time. After a failure the files are removed as far as the server
 * allows.
 */
export async function upload(
  link: SshLink,
  directory: string,
  files: readonly Upload[],
  signal?: AbortSignal,
): Promise<void> {
  checkUpload(directory, files)
  const sftp = await openSftp(link, signal)
  const sizeBytes = files.reduce((sum, file) => sum + sizeOf(file), 0)
  const timeoutMs = link.patience.uploadMs + sizeBytes / MIN_BYTES_PER_MS
  const bounds: Bounds = {
    timeoutMs,
    timedOut: () => hangs(link.host, timeoutMs),
    after: link.patience.after,
    // The signal ends the transfer, which first cleans up.
    signal: undefined,
    listen(fail) {
      const onAbort = () => link.patience.after(link.patience.cleanUpMs, () => fail(signal?.reason))
      signal?.addEventListener('abort', onAbort)
      const release = link.onLost((cause) => fail(connectionLost(link.host, 'upload', cause, 'sent')))
      return () => {
        signal?.removeEventListener('abort', onAbort)
        release()
      }
    },
  }
  return bounded(bounds, ({ resolve, reject }) => {
    transfer(link, sftp, directory, files, signal).then(resolve, reject)
  })
}

async function transfer(
  link: SshLink,
  sftp: SFTPWrapper,
  directory: string,
  files: readonly Upload[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    signal?.throwIfAborted()
    await makeDirectory(link.host, sftp, directory)
    // The library would open its own connection; it gets our channel.
    const client = Object.assign(new SftpClient('converge', {}), { sftp })
    const limit = pLimit(PARALLEL_FILES)
    const puts = files.map((file) =>
      limit(() => put(link.host, client, sftp, `${directory}/${file.name}`, file)),
    )
    try {
      await untilAborted(Promise.all(puts), signal)
      await checkSizes(link.host, sftp, directory, files)
      signal?.throwIfAborted()
    } catch (error) {
      limit.clearQueue()
      // An interrupted upload does not wait for the transfers: files can be removed while they are written.
      if (signal?.aborted !== true)
        await Promise.race([Promise.allSettled(puts), pause(link.patience.after, link.patience.cleanUpMs)])
      await removeStaged(link, sftp, directory, files)
      throw error
    }
  } finally {
    await closeSftp(sftp)
  }
}

function untilAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

async function openSftp(link: SshLink, signal: AbortSignal | undefined): Promise<SFTPWrapper> {
  try {
    return await openSession(link, 'upload', signal, () => link.sftp())
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof ConvergeError) throw cause
    throw noSftp(link.host, cause)
  }
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
  upload: Upload,
): Promise<void> {
  const content = 'bytes' in upload ? bufferOf(upload.bytes) : upload.file
  try {
    await client.put(content, path, { writeStreamOptions: { mode: 0o600 } })
  } catch (cause) {
    const why = await describe(sftp, path, sizeOf(upload), cause)
    throw uploadFailed(host, `cannot write ${path}`, why, cause)
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/**
 * ssh2's write stream closes without an error if a write fails, and the library takes that for success: a full disk
 * would truncate files unnoticed. So each size is checked. A listing would be one request, but could be endless.
 */
async function checkSizes(
  host: string,
  sftp: SFTPWrapper,
  directory: string,
  files: readonly Upload[],
): Promise<void> {
  const sizes = await Promise.all(files.map(({ name }) => arrivedSize(sftp, `${directory}/${name}`)))
  for (const [index, file] of files.entries()) {
    const arrived = sizes[index] ?? 0
    if (arrived < sizeOf(file))
      throw await cutShort(host, sftp, `${directory}/${file.name}`, sizeOf(file), arrived)
  }
}

/** Undefined if the file does not exist. */
function arrivedSize(sftp: SFTPWrapper, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    sftp.lstat(path, (error, stats) => resolve(error ? undefined : stats.size))
  })
}

/** Best effort: leftovers are in an unused directory. A server may open a file after its removal, so this repeats. */
async function removeStaged(
  link: SshLink,
  sftp: SFTPWrapper,
  directory: string,
  files: readonly Upload[],
): Promise<void> {
  for (const delayMs of REMOVE_DELAYS_MS) {
    await pause(link.patience.after, delayMs)
    await Promise.all(
      files.map(
        ({ name }) => new Promise<void>((resolve) => sftp.unlink(`${directory}/${name}`, () => resolve())),
      ),
    )
    const removed = await new Promise<boolean>((resolve) => sftp.rmdir(directory, (error) => resolve(!error)))
    if (removed) return
  }
}

function closeSftp(sftp: SFTPWrapper): Promise<void> {
  return new Promise((resolve) => {
    sftp.once('close', () => resolve())
    sftp.end()
  })
}
