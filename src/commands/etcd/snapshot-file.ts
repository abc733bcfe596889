import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '../../model/errors.ts'
import { usageError } from '../cli/usage-error.ts'

export interface SnapshotFile {
  readonly sha256: string
  readonly sizeBytes: number
}

const hashBytes = 32

/**
 * Reads a snapshot as `etcdctl snapshot save` writes it: a database, which is a multiple of 512 bytes, followed by its SHA-256
 * (etcdutl/snapshot/v3_snapshot.go). Throws a SpecError if it is damaged, or something else.
 */
export async function readSnapshotFile(file: string): Promise<SnapshotFile> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
    throw usageError(`the snapshot ${file} does not exist`, 'take one with `converge etcd snapshot`')
  })
  try {
    const { size } = await handle.stat()
    if (size <= hashBytes || size % 512 !== hashBytes)
      throw usageError(
        `${file} is no snapshot of etcd, or is not whole: it has ${size} bytes`,
        'a snapshot is what `converge etcd snapshot` or `etcdctl snapshot save` writes, not a file db of a data directory',
      )
    const { whole, content, last } = await sumsOf(handle, size)
    if (content !== last)
      throw usageError(
        `the snapshot ${file} is damaged: its content has another SHA-256 than it says`,
        'use another one',
      )
    return { sha256: whole, sizeBytes: size }
  } finally {
    await handle.close()
  }
}

async function sumsOf(handle: FileHandle, size: number) {
  const content = createHash('sha256')
  const whole = createHash('sha256')
  for await (const chunk of handle.createReadStream({
    autoClose: false,
    start: 0,
    end: size - hashBytes - 1,
  })) {
    content.update(chunk)
    whole.update(chunk)
  }
  const last = Buffer.alloc(hashBytes)
  await handle.read(last, 0, hashBytes, size - hashBytes)
  whole.update(last)
  return { content: content.digest('hex'), whole: whole.digest('hex'), last: last.toString('hex') }
}

/** Brings a snapshot to a file, which is either the whole new one or as it was. */
export async function bringTo(
  file: string,
  bring: (temporary: string) => Promise<void>,
): Promise<SnapshotFile> {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    await bring(temporary)
    const read = await readSnapshotFile(temporary)
    const handle = await open(temporary, 'r')
    await handle.sync().finally(() => handle.close())
    await rename(temporary, file)
    const folder = await open(dirname(file), 'r')
    await folder.sync().finally(() => folder.close())
    return read
  } finally {
    await rm(temporary, { force: true })
  }
}

/** `20261127T163000Z` */
export function timeWord(time: Date): string {
  return time.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
}
