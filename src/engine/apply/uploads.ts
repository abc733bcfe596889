import { posix } from 'node:path'
import { bytesOf } from '../../model/bytes-of.ts'
import type { Change } from '../../model/plan.ts'
import type { Upload } from '../../model/transport.ts'
import { contentOf } from '../../operations/index.ts'

/**
 * A small file has the name that it gets on the host, so that many are copied by one process. What is large, is part of a file,
 * or shares its name with another content is named by its checksum.
 */
export function uploadsOf(
  changes: readonly Pick<Change, 'operation'>[],
  large: ReadonlyMap<string, string>,
): readonly Upload[] {
  const contents = new Map<string, string | undefined>()
  for (const { operation } of changes) {
    if (operation.op !== 'write') continue
    const { sha256 } = operation.content
    const name = posix.basename(operation.path)
    contents.set(name, contents.has(name) && contents.get(name) !== sha256 ? undefined : sha256)
  }
  const uploads = new Map<string, Upload>()
  for (const { operation } of changes) {
    const content = contentOf(operation)
    if (content === undefined) continue
    const { sha256, sizeBytes } = content
    const file = large.get(sha256)
    const own = operation.op === 'write' ? posix.basename(operation.path) : sha256
    const name = file === undefined && contents.get(own) === sha256 ? own : sha256
    uploads.set(name, { name, ...(file === undefined ? { bytes: bytesOf(content) } : { file, sizeBytes }) })
  }
  return [...uploads.values()]
}
