import { Type } from 'typebox'
import { familyOf } from '../../model/os-family.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { file } from '../file.ts'

const LocaleName = Type.String({
  pattern: '^[A-Za-z0-9_.@-]+$',
  description: 'the name of a locale, such as en_US.UTF-8 or C.UTF-8',
})

const LocaleSchema = Type.Object({
  lang: LocaleName,
  settings: Type.Optional(
    Type.Record(Type.String({ pattern: '^(LANGUAGE|LC_[A-Z]+)$' }), LocaleName, {
      description: 'a map of further variables of locale(7), such as { LC_TIME: de_DE.UTF-8 }',
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
  parts({ lang, settings = {}, generate }, { platform }, self) {
    const family = familyOf(platform)
    const lines = Object.entries({ LANG: lang, ...settings }).map(([name, value]) => `${name}=${value}\n`)
    const isOld = family === 'debian' && !(platform.os === 'debian' && Number(platform.release) >= 13)
    const main = file({ path: isOld ? '/etc/default/locale' : '/etc/locale.conf', content: lines.join('') })
    if (generate === undefined) return [main]
    if (family !== undefined && family !== 'debian')
      invalid(
        self,
        `${platform.os} has no locale-gen`,
        'declare the package with the locales in place of generate',
      )
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
  const named = /\.([A-Za-z0-9-]+)/.exec(name)?.[1]
  if (named === undefined) return name.endsWith('@euro') ? 'ISO-8859-15' : 'ISO-8859-1'
  return /^utf-?8$/i.test(named) ? 'UTF-8' : named
}
