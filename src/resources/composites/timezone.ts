import { Type } from 'typebox'
import { familyOf } from '../../model/os-family.ts'
import { nearest } from '../../validation/nearest.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { file } from '../file.ts'
import { link } from '../link.ts'

const TimezoneSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$',
    description: 'the name of a time zone, such as Europe/Berlin or UTC',
  }),
})

/** The time zone of the host (localtime(5)). Its data is of the package tzdata. */
export const { resource: timezone, kind: timezoneKind } = defineComposite({
  kind: 'timezone',
  schema: TimezoneSchema,
  defaults: {},
  key: 'name',
  parts({ name }, { platform }, self) {
    const spelled = spelling(name)
    if (spelled !== name)
      invalid(
        self,
        'there is no such time zone',
        spelled === undefined ? 'such as Europe/Berlin or UTC' : `did you mean ${spelled}?`,
      )
    return [
      link({ path: '/etc/localtime', target: `../usr/share/zoneinfo/${name}` }),
      // Programs for Debian, such as Java's, read the name from there.
      ...(familyOf(platform) === 'debian' ? [file({ path: '/etc/timezone', content: `${name}\n` })] : []),
    ]
  },
})

/** The name as the tz database has it; the nearest one if it has none. */
function spelling(name: string): string | undefined {
  const [, outer = '', zone = ''] = /^((?:posix|right)\/)?(.+)$/.exec(name) ?? []
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions()
    // Another name for the same zone resolves to its main one.
    return timeZone.toLowerCase() === zone.toLowerCase() ? outer + timeZone : name
  } catch {
    return nearest(zone, Intl.supportedValuesOf('timeZone'))
  }
}
