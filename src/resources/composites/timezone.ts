import { Type } from 'typebox'
import { defineComposite } from '../define/define-composite.ts'
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
  parts: ({ name }) => [link({ path: '/etc/localtime', target: `../usr/share/zoneinfo/${name}` })],
})
