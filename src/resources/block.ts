import { type Static, Type } from 'typebox'
import type { Part } from '../model/edit-text.ts'
import type { Secret } from '../model/secret.ts'
import { textContent } from './define/content.ts'
import { defineResource, invalid, type Self } from './define/define-resource.ts'
import { newFileDefaults, partBehavior, partFields, secretFileDefaults } from './define/part.ts'
import { absent, NormalPath, secretText } from './define/schema-types.ts'

const BlockSchema = Type.Object({
  path: NormalPath,
  name: Type.String({
    pattern: '^[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9._-])?$',
    maxLength: 255,
    description: 'letters, digits, blanks, dots, dashes and underscores; by which its lines are found again',
  }),
  absent,
  content: Type.Optional(
    secretText({
      description: 'text; the lines between its marker lines; required unless it is to be absent',
    }),
  ),
  comment: Type.Optional(
    Type.String({
      pattern: '^([^\\s\\u0000/A-Za-z0-9]{1,4}|//)$',
      description: 'how a comment begins in the file, such as "#", ";" or "//"; its marker lines begin so',
    }),
  ),
  at: Type.Optional(
    Type.Enum(['start', 'end'], {
      description: 'start or end; where in the file a new block goes, one that is there stays where it is',
    }),
  ),
  ...partFields,
})

const DEFAULTS = { comment: '#', at: 'end' as const, ...newFileDefaults }

/** Lines of a file that others own, between two marker lines. */
export const { resource: block, kind: blockKind } = defineResource({
  kind: 'block',
  schema: BlockSchema,
  defaults: DEFAULTS,
  secretDefaults: secretFileDefaults,
  name: ({ path, comment = DEFAULTS.comment, name }) => `${path}${comment}${name}`,
  absent: {
    allows: ['comment', 'sensitive'],
    behave: (desired, self) => {
      const { path, sensitive } = desired
      return partBehavior({ path, sensitive, part: partOf(desired) }, self)
    },
  },
  behave(desired, self) {
    const { content } = desired
    if (content === undefined) invalid(self, 'it has no content', 'set content, or absent: true')
    const part = partOf(desired)
    return partBehavior({ ...desired, part, content: linesOf(content, desired, self) }, self)
  },
})

type Desired = Static<typeof BlockSchema>

function partOf(desired: Desired): Part {
  return { ...markersOf(desired), at: desired.at ?? DEFAULTS.at }
}

function markersOf({ name, comment = DEFAULTS.comment }: Pick<Desired, 'name' | 'comment'>) {
  return { begin: `${comment} BEGIN converge ${name}`, end: `${comment} END converge ${name}` }
}

/** The text with an end after its last line. */
function linesOf(content: string | Secret, desired: Desired, self: Self) {
  const whole = textContent(content)
  const { data } = whole
  const marks = Object.values(markersOf({ ...desired, name: '' }))
  if (data.includes('\r'))
    invalid(self, 'its content has carriage returns', 'remove them: its lines end as those of the file do')
  if (data.includes('\0')) invalid(self, 'its content has a NUL character', 'remove it: the file is text')
  if (data.split('\n').some((line) => marks.some((mark) => line.startsWith(mark))))
    invalid(self, 'its content has a marker line of a block', 'remove that line: blocks are not nested')
  if (data === '' || data.endsWith('\n')) return whole
  const ended = textContent(`${data}\n`)
  return whole.secrets === undefined ? ended : { ...ended, secrets: whole.secrets }
}
