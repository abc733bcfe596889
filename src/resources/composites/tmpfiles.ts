import { Type } from 'typebox'
import { FilledText } from '../../model/schema.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { FileStem } from './names.ts'

const TmpfilesSchema = Type.Object({
  name: FileStem,
  absent,
  content: {
    ...FilledText,
    description: 'text; lines as in tmpfiles.d(5), such as "d /run/app 0750 app app"',
  },
})

/** What is made at each boot, and cleaned up by age (tmpfiles.d(5)). */
export const { resource: tmpfiles, kind: tmpfilesKind } = defineComposite({
  kind: 'tmpfiles',
  schema: TmpfilesSchema,
  defaults: {},
  contentFromFiles: true,
  key: 'name',
  absent: (name) => [file({ path: pathOf(name), absent: true })],
  parts({ name, content }) {
    const made = command({
      name: `apply ${pathOf(name)}`,
      command: `systemd-tmpfiles --create ${pathOf(name)}`,
      live: true,
    })
    return [
      file({
        path: pathOf(name),
        content: content.endsWith('\n') ? content : `${content}\n`,
        notifies: [{ resource: made, action: 'run', timing: 'immediate' }],
      }),
      made,
    ]
  },
})

function pathOf(name: string): string {
  return `/etc/tmpfiles.d/${name}.conf`
}
