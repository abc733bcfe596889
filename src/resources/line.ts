import { type Static, Type } from 'typebox'
import type { Part } from '../model/edit-text.ts'
import { isSecret, Secret } from '../model/secret.ts'
import { shownText, textContent } from './define/content.ts'
import { defineResource, invalid, type Self } from './define/define-resource.ts'
import { newFileDefaults, partBehavior, partFields, secretFileDefaults } from './define/part.ts'
import { absent, NormalPath, secretText } from './define/schema-types.ts'

const LineSchema = Type.Object({
  path: NormalPath,
  line: Type.Optional(
    secretText({
      maxLength: 32_768,
      pattern: '^(?!\\ufeff)[^\\u0000\\r\\n]*[^\\s\\u0000][^\\u0000\\r\\n]*$',
      description: 'one line of text; required unless startsWith names a line that is to be absent',
    }),
  ),
  startsWith: Type.Optional(
    Type.String({
      maxLength: 4096,
      pattern: '^[^\\s\\u0000][^\\u0000\\r\\n]*$',
      description:
        'text; the line that begins with it, blanks before it aside, makes way for this one; only this very line is looked for if absent',
    }),
  ),
  absent,
  at: Type.Optional(
    Type.Enum(['start', 'end'], {
      description: 'start or end; where in the file a new line goes, one that is there stays where it is',
    }),
  ),
  ...partFields,
})

const DEFAULTS = { at: 'end' as const, ...newFileDefaults }

/** One line of a file that others own. */
export const { resource: line, kind: lineKind } = defineResource({
  kind: 'line',
  schema: LineSchema,
  defaults: DEFAULTS,
  secretDefaults: secretFileDefaults,
  name: (desired) => `${desired.path}#${foundBy(desired)}`,
  absent: {
    allows: ['line', 'startsWith', 'sensitive'],
    behave: (desired, self) => {
      const { path, sensitive } = desired
      return partBehavior({ path, sensitive, part: partOf(desired, self) }, self)
    },
  },
  behave(desired, self) {
    const { line } = desired
    if (line === undefined) invalid(self, 'it has no line', 'set line, or absent: true')
    const content = textContent(Secret.concat([line, '\n']))
    if (/[\0\r]|\n./s.test(content.data)) invalid(self, 'its line has a line break', 'declare a block')
    return partBehavior({ ...desired, part: partOf(desired, self), content }, self)
  },
})

type Desired = Static<typeof LineSchema>

function foundBy({ line = '', startsWith = shownText(line) }: Desired): string {
  return startsWith
}

function partOf(desired: Desired, self: Self): Part {
  const { line, startsWith, at = DEFAULTS.at } = desired
  const text = foundBy(desired)
  if (text === '') invalid(self, 'it has no line', 'set line or startsWith')
  if (startsWith === undefined && isSecret(line))
    invalid(self, 'its line has a secret, so that nobody could find it again', 'set startsWith')
  if (startsWith !== undefined && line !== undefined && !isFound(shownText(line), startsWith))
    invalid(self, 'its line does not begin with startsWith, so that nobody could find it again', 'change one')
  return { kind: 'line', text, match: startsWith === undefined ? 'whole' : 'start', at }
}

function isFound(line: string, startsWith: string): boolean {
  return line.replace(/^[ \t]+/, '').startsWith(startsWith)
}
