import pLimit from 'p-limit'
import type { SFTPWrapper } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { ConvergeError } from '../../model/errors.ts'
import type { Upload } from '../../model/transport.ts'
import { checkUpload } from '../staging.ts'
import { connectionLost, type SshLink } from './link.ts'
import { openSession } from './session.ts'
import { cutShort, describe, hangs, noSftp, uploadFailed } from './upload-errors.ts'

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
    throw await cutShort(host, sftp, path, bytes.length, arrived)
  }
}

/** Undefined where nothing is there. */
function sizeOf(sftp: SFTPWrapper, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    sftp.lstat(path, (error, stats) => resolve(error ? undefined : stats.size))
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
