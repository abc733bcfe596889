import { Type } from 'typebox'
import { familyOf } from '../../model/os-family.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { file } from '../file.ts'

const LocaleName = Type.String({
  pattern: '^[A-Za-z0-9_.@-]+$',
  description: 'the name of a locale, such as en_US.UTF-8 or C.UTF-8',
})

const LocaleSchema = Type.Object({
  lang: LocaleName,
  variables: Type.Optional(
    Type.Record(Type.String({ pattern: '^(LANGUAGE|LC_[A-Z]+)$' }), LocaleName, {
      description: 'a map of other variables of locale(7), such as { LC_TIME: de_DE.UTF-8 }',
      additionalProperties: false,
    }),
  ),
  generate: Type.Optional(
    Type.Array(LocaleName, { description: 'a list of locales that locale-gen makes; the list is complete' }),
  ),
})

/** The locale of the host (locale.conf(5)). */
export const { resource: locale, kind: localeKind } = defineComposite({
  kind: 'locale',
  schema: LocaleSchema,
  defaults: {},
  key: 'lang',
  parts({ lang, variables = {}, generate }, { platform }) {
    const lines = Object.entries({ LANG: lang, ...variables }).map(([name, value]) => `${name}=${value}\n`)
    const isOld =
      familyOf(platform) === 'debian' && !(platform.os === 'debian' && Number(platform.release) >= 13)
    const main = file({ path: isOld ? '/etc/default/locale' : '/etc/locale.conf', content: lines.join('') })
    if (generate === undefined) return [main]
    const made = command({ name: 'make the locales', command: 'locale-gen', timeoutSeconds: 1200 })
    const content = generate.map((name) => `${name} ${charsetOf(name)}\n`).join('')
    return [
      file({
        path: '/etc/locale.gen',
        content,
        notifies: [{ resource: made, action: 'run', timing: 'immediate' }],
      }),
      made,
      main,
    ]
  },
})

/** The second word of a line of locale.gen(5): the character set that the name has, or that of old names. */
function charsetOf(name: string): string {
  return /\.([A-Za-z0-9-]+)/.exec(name)?.[1] ?? 'ISO-8859-1'
}
