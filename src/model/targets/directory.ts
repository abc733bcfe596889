import { resolve } from 'node:path'
import { Type } from 'typebox'
import { type Data, describe, FilledText } from '../schema.ts'
import type { TargetKind } from './kind.ts'

const Directory = describe(
  FilledText,
  'the path of a root tree on this machine; relative to the file that sets it',
)

export const DirectoryTarget = Type.Object({ transport: Type.Literal('directory'), directory: Directory })

export type DirectoryTarget = Data<typeof DirectoryTarget>

/** A directory on this machine as a host's root tree: an image, a chroot. */
export const directory: TargetKind<DirectoryTarget, string> = {
  meaning: 'a root tree on this machine',
  schema: DirectoryTarget,
  settings: { schema: Directory, isLayered: false },
  located: (path, folderOf) => resolve(folderOf('directory'), path),
  target: (_, path) => ({ transport: 'directory', directory: path }),
  place: (target) => ({ key: 'directory', words: target.directory }),
  address: () => undefined,
  // Only a host with the same transport may name directories on this machine.
  believed: (reported, reporter) => reporter && reported,
}
