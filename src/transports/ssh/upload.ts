import pLimit from 'p-limit'
import type { SFTPWrapper } from 'ssh2'
import type { Upload } from '../../model/transport.ts'
import { pause } from '../after.ts'
import { type Bounds, bounded } from '../bounded.ts'
import { checkUpload, sizeOf } from '../staging.ts'
import { connectionLost, type SshLink } from './link.ts'
import { openSftp } from './open-sftp.ts'
import { cutShort, describe, hangs, uploadFailed } from './upload-errors.ts'

/** Files that are open at once: a server may hold few. */
const PARALLEL_FILES = 64
/** ssh2 splits no write of this size: the rest would come after the file is closed. */
const CHUNK_BYTES = 16 * 1024
/** So much of a file is on its way at once, so that an upload that is interrupted can be cleaned up at once. */
const WINDOW_BYTES = 64 * CHUNK_BYTES
/** A slower transfer counts as hanging. */
const MIN_BYTES_PER_MS = 20
const REMOVE_DELAYS_MS = [0, 50, 200]

interface UploadOptions {
  readonly signal?: AbortSignal | undefined
  /** Called when the channel is open, before anything is sent. */
  readonly onOpen?: () => void
}

/**
 * Creates the directory and puts the files into it over an SFTP channel of the existing connection, many at once: it does not
 * wait for an answer that it can do without. The channel is then closed, for servers that allow one session at a time. After a
 * failure the files are removed as far as the server allows.
 */
export async function upload(
  link: SshLink,
  directory: string,
  files: readonly Upload[],
  { signal, onOpen }: UploadOptions = {},
): Promise<void> {
  checkUpload(directory, files)
  const sftp = await openSftp(link, 'upload', signal)
  onOpen?.()
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
    const made = makeDirectory(link.host, sftp, directory)
    const limit = pLimit(PARALLEL_FILES)
    const puts = files.map((file) =>
      limit(() =>
        put({ host: link.host, sftp, path: `${directory}/${file.name}`, upload: file, made, signal }),
      ),
    )
    try {
      await untilAborted(Promise.all([made, ...puts]), signal)
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
    sftp.end()
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

interface Put {
  readonly host: string
  readonly sftp: SFTPWrapper
  readonly path: string
  readonly upload: Upload
  /** The directory, which nobody else has made before. */
  readonly made: Promise<void>
  readonly signal: AbortSignal | undefined
}

async function put(one: Put): Promise<void> {
  const { host, sftp, path, upload, made } = one
  if ('bytes' in upload) return putBytes(one, bufferOf(upload.bytes))
  await made
  // Few uploads need it. It would open its own connection; it gets our channel.
  const { default: SftpClient } = await import('ssh2-sftp-client')
  const client = Object.assign(new SftpClient('converge', {}), { sftp })
  const cause: unknown = await client.fastPut(upload.file, path, { mode: 0o600 }).then(
    () => undefined,
    (error: unknown) => error,
  )
  await checkSize(one)
  if (cause !== undefined) {
    const why = await describe(sftp, path, sizeOf(upload), cause)
    throw uploadFailed(host, `cannot write ${path}`, why, cause)
  }
}

/** The file is opened while its directory is made, and written only into a new one. */
async function putBytes(one: Put, bytes: Buffer): Promise<void> {
  const { host, sftp, path, upload, made, signal } = one
  const early = open(sftp, path).catch(() => undefined)
  await made
  // A server need not keep to the order of requests.
  const handle = (await early) ?? (await open(sftp, path).catch(refused))
  async function refused(cause: unknown): Promise<never> {
    throw uploadFailed(host, `cannot write ${path}`, await describe(sftp, path, sizeOf(upload), cause), cause)
  }
  const writes: Promise<unknown>[] = []
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    if (start > 0 && start % WINDOW_BYTES === 0) await Promise.all(writes)
    signal?.throwIfAborted()
    const size = Math.min(CHUNK_BYTES, bytes.length - start)
    writes.push(new Promise((done) => sftp.write(handle, bytes, start, size, start, done)))
  }
  const arrived = new Promise<boolean>((done) =>
    sftp.fstat(handle, (error, stats) => done(!error && stats.size === bytes.length)),
  )
  const closed = new Promise((done) => sftp.close(handle, done))
  const [written, isWhole] = await Promise.all([Promise.all([...writes, closed]), arrived])
  // Asked once more: a server may have looked before it wrote.
  if (!isWhole) await checkSize(one)
  const failed = written.find(Boolean)
  if (failed) await refused(failed)
}

/** Fails if fewer bytes are there than were sent, as after a write that failed. */
async function checkSize({ host, sftp, path, upload }: Put): Promise<void> {
  const arrived = await arrivedSize(sftp, path)
  if (arrived < sizeOf(upload)) throw await cutShort(host, sftp, path, sizeOf(upload), arrived)
}

function arrivedSize(sftp: SFTPWrapper, path: string): Promise<number> {
  return new Promise((resolve) => {
    sftp.lstat(path, (error, stats) => resolve(error ? 0 : stats.size))
  })
}

function open(sftp: SFTPWrapper, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sftp.open(path, 'w', { mode: 0o600 }, (cause, handle) => (cause ? reject(cause) : resolve(handle)))
  })
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
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
