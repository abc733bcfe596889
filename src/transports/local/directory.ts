import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConvergeError } from '../../model/errors.ts'
import type { Connection } from '../../model/transport.ts'
import { localConnection } from './local.ts'

/** Opens a directory on this machine as the root tree of a host: an image, a chroot. */
export async function connectDirectory(host: string, directory: string): Promise<Connection> {
  const root = resolve(directory)
  const found = await stat(root).catch((cause: unknown) => {
    throw unusable(
      host,
      root,
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
        ? 'it does not exist'
        : String(cause),
      cause,
    )
  })
  if (!found.isDirectory()) throw unusable(host, root, 'it is not a directory')
  return localConnection({ host, root })
}

function unusable(host: string, root: string, why: string, cause?: unknown): ConvergeError {
  return new ConvergeError('connect-failed', `cannot use ${root} as a root tree: ${why}`, {
    host,
    step: 'connect',
    remedy: 'Create the directory, or correct `directory` of the host.',
    cause,
  })
}
