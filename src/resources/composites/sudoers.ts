import { Type } from 'typebox'
import { FilledText } from '../../model/schema.ts'
import { defineComposite } from '../define/define-composite.ts'
import { absent } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { FileStem } from './names.ts'

const SudoersSchema = Type.Object({
  name: FileStem,
  absent,
  content: { ...FilledText, description: 'text; lines as in sudoers(5), such as "%admin ALL=(ALL) ALL"' },
})

/** A file in `/etc/sudoers.d`, which `visudo` accepts before it goes live. */
export const { resource: sudoers, kind: sudoersKind } = defineComposite({
  kind: 'sudoers',
  schema: SudoersSchema,
  defaults: {},
  contentFromFiles: true,
  key: 'name',
  absent: (name) => [file({ path: pathOf(name), absent: true })],
  parts: ({ name, content }) => [
    file({
      path: pathOf(name),
      content: content.endsWith('\n') ? content : `${content}\n`,
      mode: '0440',
      validate: 'visudo -c -f {}',
    }),
  ],
})

function pathOf(name: string): string {
  return `/etc/sudoers.d/${name}`
}
