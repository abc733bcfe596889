import type { Stats } from 'node:fs'
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  stat,
  symlink,
  truncate,
  unlink,
} from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Attributes, FileEntry, InputAttributes, SFTPWrapper } from 'ssh2'
import ssh2 from 'ssh2'
import { confine, type Links } from './confine.ts'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

type Handle =
  | { readonly kind: 'file'; readonly file: FileHandle }
  | { readonly kind: 'directory'; readonly path: string; entries: readonly string[] | undefined }

export interface SftpServerOptions {
  readonly root: string
  /** Maximum size of a file. */
  readonly quotaBytes: number
}

/** Serves SFTP version 3 on a root tree, like OpenSSH's server without its extensions. */
export function serveSftp(sftp: SFTPWrapper, { root, quotaBytes }: SftpServerOptions): void {
  const handles = new Map<number, Handle>()
  let lastHandle = 0
  let closed = false

  const answer = (id: number, act: () => Promise<unknown>) => {
    act().then(
      (answered) => {
        if (answered !== ANSWERED) sftp.status(id, STATUS_CODE.OK)
      },
      (error: unknown) =>
        sftp.status(id, statusOf(error), error instanceof Error ? error.message : String(error)),
    )
  }
  const grant = (id: number, handle: Handle) => {
    lastHandle += 1
    handles.set(lastHandle, handle)
    const name = Buffer.alloc(4)
    name.writeUInt32BE(lastHandle)
    sftp.handle(id, name)
    return ANSWERED
  }
  const handleOf = (name: Buffer): Handle => {
    const handle = name.length === 4 ? handles.get(name.readUInt32BE(0)) : undefined
    if (handle === undefined) throw new Error('no such handle')
    return handle
  }
  const fileOf = (name: Buffer): FileHandle => {
    const handle = handleOf(name)
    if (handle.kind !== 'file') throw new Error('not a file handle')
    return handle.file
  }
  const at = (path: string, links: Links) => confine(root, path, links)

  sftp.on('OPEN', (id, path, flags, attributes) =>
    answer(id, async () => {
      const mode = attributes.mode === undefined ? 0o666 : attributes.mode & 0o7777
      const file = await open(await at(path, 'follow'), openFlags(flags), mode)
      // The connection was lost meanwhile.
      if (closed) {
        await file.close()
        return ANSWERED
      }
      return grant(id, { kind: 'file', file })
    }),
  )
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, async () => {
      const { bytesRead, buffer } = await fileOf(handle).read(Buffer.alloc(length), 0, length, offset)
      if (bytesRead === 0) throw new EndOfFile()
      sftp.data(id, buffer.subarray(0, bytesRead))
      return ANSWERED
    }),
  )
  sftp.on('WRITE', (id, handle, offset, data) =>
    answer(id, async () => {
      if (offset + data.length > quotaBytes) throw new Error('Disk quota exceeded')
      for (let written = 0; written < data.length; ) {
        const { bytesWritten } = await fileOf(handle).write(
          data,
          written,
          data.length - written,
          offset + written,
        )
        written += bytesWritten
      }
    }),
  )
  sftp.on('CLOSE', (id, name) =>
    answer(id, async () => {
      const handle = handleOf(name)
      handles.delete(name.readUInt32BE(0))
      if (handle.kind === 'file') await handle.file.close()
    }),
  )
  sftp.on('FSTAT', (id, handle) => answer(id, async () => sendAttributes(id, await fileOf(handle).stat())))
  sftp.on('STAT', (id, path) =>
    answer(id, async () => sendAttributes(id, await stat(await at(path, 'follow')))),
  )
  sftp.on('LSTAT', (id, path) =>
    answer(id, async () => sendAttributes(id, await lstat(await at(path, 'keep')))),
  )
  sftp.on('SETSTAT', (id, path, attributes) =>
    answer(id, async () => {
      const full = await at(path, 'follow')
      if (attributes.mode !== undefined) await chmod(full, attributes.mode & 0o7777)
      if (attributes.size !== undefined) await truncate(full, attributes.size)
    }),
  )
  sftp.on('FSETSTAT', (id, handle, attributes) =>
    answer(id, async () => {
      if (attributes.mode !== undefined) await fileOf(handle).chmod(attributes.mode & 0o7777)
      if (attributes.size !== undefined) await fileOf(handle).truncate(attributes.size)
    }),
  )
  sftp.on('MKDIR', (id, path, attributes: InputAttributes) =>
    answer(id, async () => mkdir(await at(path, 'keep'), { mode: modeOf(attributes) ?? 0o777 })),
  )
  sftp.on('RMDIR', (id, path) => answer(id, async () => rmdir(await at(path, 'keep'))))
  sftp.on('REMOVE', (id, path) => answer(id, async () => unlink(await at(path, 'keep'))))
  sftp.on('RENAME', (id, from, to) =>
    answer(id, async () => {
      const target = await at(to, 'keep')
      const taken = await lstat(target).then(
        () => true,
        () => false,
      )
      if (taken) throw new Error('the target exists')
      await rename(await at(from, 'keep'), target)
    }),
  )
  sftp.on('SYMLINK', (id, path, target) => answer(id, async () => symlink(target, await at(path, 'keep'))))
  sftp.on('READLINK', (id, path) =>
    answer(id, async () => sendName(id, await readlink(await at(path, 'keep')))),
  )
  sftp.on('REALPATH', (id, path) => answer(id, async () => sendName(id, posix.normalize(`/${path}`))))
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => {
      const full = await at(path, 'follow')
      return grant(id, { kind: 'directory', path: full, entries: await readdir(full) })
    }),
  )
  sftp.on('READDIR', (id, name) =>
    answer(id, async () => {
      const handle = handleOf(name)
      if (handle.kind !== 'directory') throw new Error('not a directory handle')
      const entries = handle.entries
      handle.entries = undefined
      if (entries === undefined || entries.length === 0) throw new EndOfFile()
      sftp.name(id, await Promise.all(entries.map((entry) => listed(handle.path, entry))))
      return ANSWERED
    }),
  )
  const closeFiles = () => {
    closed = true
    for (const handle of handles.values()) {
      if (handle.kind === 'file') handle.file.close().catch(() => undefined)
    }
    handles.clear()
  }
  // A lost connection closes no handles.
  sftp.on('close', closeFiles)
  sftp.on('end', () => {
    closeFiles()
    // Without this answer OpenSSH's sftp waits forever.
    sftp.end()
  })

  const sendAttributes = (id: number, stats: Stats) => {
    sftp.attrs(id, attributesOf(stats))
    return ANSWERED
  }
  const sendName = (id: number, path: string) => {
    sftp.name(id, [{ filename: path, longname: path, attrs: NO_ATTRIBUTES }])
    return ANSWERED
  }
}

/** Marks a request that was already answered. */
const ANSWERED = Symbol('answered')
const NO_ATTRIBUTES: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 }

class EndOfFile extends Error {}

function statusOf(error: unknown): number {
  if (error instanceof EndOfFile) return STATUS_CODE.EOF
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE
  return code === 'EACCES' || code === 'EPERM' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE
}

function openFlags(flags: number): string {
  const text = ssh2.utils.sftp.flagsToString(flags)
  if (text !== null) return text
  return flags & OPEN_MODE.WRITE ? 'r+' : 'r'
}

function modeOf(attributes: InputAttributes): number | undefined {
  const { mode } = attributes
  return mode === undefined ? undefined : Number(mode) & 0o7777
}

function attributesOf(stats: Stats): Attributes {
  const { mode, uid, gid, size } = stats
  return { mode, uid, gid, size, atime: stats.atimeMs / 1000, mtime: stats.mtimeMs / 1000 }
}

async function listed(directory: string, filename: string): Promise<FileEntry> {
  const attrs = attributesOf(await lstat(join(directory, filename)))
  return { filename, longname: filename, attrs }
}
