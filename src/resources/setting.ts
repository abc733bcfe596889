import { type Static, Type } from 'typebox'
import { isReadBack, type Setting } from '../model/edit-text.ts'
import { isSecret, Secret } from '../model/secret.ts'
import { textContent } from './define/content.ts'
import { defineResource, invalid, type Self } from './define/define-resource.ts'
import { newFileDefaults, partBehavior, partFields, secretFileDefaults } from './define/part.ts'
import { absent, NormalPath, secretText } from './define/schema-types.ts'

const SettingSchema = Type.Object({
  path: NormalPath,
  section: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000\\r\\n]+$',
      maxLength: 4096,
      description: 'the name of a section, without brackets; before the first section if absent',
    }),
  ),
  key: Type.String({
    pattern: '^(?![#;[\\ufeff]|export\\s)[^\\s\\u0000]([^\\u0000\\r\\n]*[^\\s\\u0000])?$',
    maxLength: 4096,
    description: 'a key as it is in the file',
  }),
  absent,
  value: Type.Optional(
    Type.Union([secretText({}), Type.Number(), Type.Boolean()], {
      description: 'text, a number, true or false; required unless it is to be absent',
    }),
  ),
  separator: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000\\r\\n]{1,16}$',
      description:
        'what a new line has between key and value, such as "=", " = ", ": " or " "; one that is there keeps its blanks',
    }),
  ),
  ...partFields,
})

const DEFAULTS = { separator: '=', ...newFileDefaults }

/** One key of an ini or env file that others own. */
export const { resource: setting, kind: settingKind } = defineResource({
  kind: 'setting',
  schema: SettingSchema,
  defaults: DEFAULTS,
  secretDefaults: secretFileDefaults,
  name: ({ path, section, key }) => `${path}#${section === undefined ? '' : `[${section}] `}${key}`,
  absent: {
    allows: ['section', 'key', 'separator', 'sensitive'],
    behave: (desired, self) => {
      const { path, sensitive } = desired
      return partBehavior({ path, sensitive, part: partOf(desired, self) }, self)
    },
  },
  behave(desired, self) {
    const { value } = desired
    if (value === undefined) invalid(self, 'it has no value', 'set value, or absent: true')
    const part = partOf(desired, self)
    const content = textContent(Secret.concat([isSecret(value) ? value : String(value), '\n']))
    const text = content.data.slice(0, -1)
    if (/[\0\r\n]/.test(text)) invalid(self, 'its value has a line break', 'declare a block')
    if (/^[ \t]|[ \t]$/.test(text))
      invalid(self, 'its value begins or ends with a blank', 'quote it as the program wants that')
    if (text.endsWith('\\')) invalid(self, 'its value ends with a backslash', 'declare a line')
    return partBehavior({ ...desired, part, content }, self)
  },
})

type Desired = Static<typeof SettingSchema>

function partOf({ section, key, separator = DEFAULTS.separator }: Desired, self: Self): Setting {
  const part: Setting = { kind: 'setting', key, separator, ...(section !== undefined && { section }) }
  if (!isReadBack(part))
    invalid(
      self,
      'its line or its section would be read back as another one',
      'remove the separator from the key, and brackets from the section',
    )
  return part
}
