import type { SFTPWrapper } from 'ssh2'
import { ConvergeError } from '../../model/errors.ts'
import type { SshLink } from './link.ts'
import { openSession } from './session.ts'
import { noSftp } from './upload-errors.ts'

/** An SFTP channel of the connection. */
export async function openSftp(
  link: SshLink,
  step: 'upload' | 'download',
  signal: AbortSignal | undefined,
): Promise<SFTPWrapper> {
  try {
    return await openSession(link, step, signal, () => link.sftp())
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof ConvergeError) throw cause
    throw noSftp(link.host, step, cause)
  }
}
