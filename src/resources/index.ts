import type { ResourceKind } from '../model/resource.ts'
import { archiveKind } from './archive.ts'
import { commandKind } from './command.ts'
import { directoryKind } from './directory.ts'
import { fileKind } from './file.ts'
import { groupKind } from './group.ts'
import { linkKind } from './link.ts'
import { packageKind } from './package.ts'
import { unitKind } from './unit/unit.ts'
import { userKind } from './user.ts'

/** Every resource type by its kind. */
export const resourceKinds: Readonly<Record<string, ResourceKind>> = {
  file: fileKind,
  directory: directoryKind,
  link: linkKind,
  unit: unitKind,
  user: userKind,
  group: groupKind,
  package: packageKind,
  archive: archiveKind,
  command: commandKind,
}
