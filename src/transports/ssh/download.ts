import { open, stat } from 'node:fs/promises'
import type { SFTPWrapper } from 'ssh2'
import { ConvergeError, messageOf } from '../../model/errors.ts'
import { bounded } from '../bounded.ts'
import { connectionLost, type SshLink } from './link.ts'
import { openSftp } from './open-sftp.ts'

/** A slower transfer counts as hanging. */
const MIN_BYTES_PER_MS = 20

/** Writes a file of the host to a new file of this machine, over an SFTP channel of the existing connection. */
export async function download(
  link: SshLink,
  path: string,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const { host, patience } = link
  const sftp = await openSftp(link, 'download', signal)
  // Few commands need it.
  const { default: SftpClient } = await import('ssh2-sftp-client')
  try {
    await (await open(file, 'wx', 0o600)).close()
    const sizeBytes = await sizeOf(host, sftp, path)
    const timeoutMs = patience.uploadMs + sizeBytes / MIN_BYTES_PER_MS
    await bounded<void>(
      {
        timeoutMs,
        timedOut: () =>
          new ConvergeError(
            'timeout',
            `the download did not finish within ${Math.round(timeoutMs / 1000)} s`,
            {
              host,
              step: 'download',
              remedy: 'Check the network and the load of the host.',
            },
          ),
        after: patience.after,
        signal,
        listen: (fail) => link.onLost((cause) => fail(connectionLost(host, 'download', cause, 'sent'))),
      },
      ({ resolve, reject }) => {
        // It would open its own connection; it gets our channel.
        const client = Object.assign(new SftpClient('converge', {}), { sftp })
        client.fastGet(path, file).then(
          () => resolve(),
          (cause) => reject(downloadFailed(host, path, messageOf(cause), cause)),
        )
      },
    )
    const arrived = (await stat(file)).size
    if (arrived !== sizeBytes)
      throw downloadFailed(host, path, `${arrived} of ${sizeBytes} bytes arrived`, undefined)
  } finally {
    sftp.end()
  }
}

function sizeOf(host: string, sftp: SFTPWrapper, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    sftp.lstat(path, (cause, stats) =>
      cause ? reject(downloadFailed(host, path, cause.message, cause)) : resolve(stats.size),
    )
  })
}

function downloadFailed(host: string, path: string, why: string, cause: unknown): ConvergeError {
  return new ConvergeError('download-failed', `cannot download ${path}: ${why}`, {
    host,
    step: 'download',
    remedy: 'Check the free space on both machines, and the network.',
    cause,
  })
}
