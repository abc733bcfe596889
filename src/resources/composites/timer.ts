import { Type } from 'typebox'
import { execLine } from '../../formats/systemd/quoting.ts'
import { ShellCommand } from '../../model/schema.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { absent, KnownAccount, NormalPath, used, yesOrNo } from '../define/schema-types.ts'
import { unit } from '../unit/unit.ts'

const Schedule = Type.String({
  pattern: '^[^\\u0000-\\u001f%]+$',
  description: 'a time as in systemd.time(7), such as "*-*-* 03:00:00", "Mon 04:00" or daily',
})

const TimerSchema = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9:_.-]+(?<!\\.(timer|service))$',
    description: 'the name of its units without .timer',
  }),
  absent,
  schedule: Type.Union([Schedule, Type.Array(Schedule, { minItems: 1 })], {
    description: 'a time as in systemd.time(7), such as "*-*-* 03:00:00", or a list of them',
  }),
  command: used('for /bin/sh', ShellCommand),
  user: Type.Optional(used('who it runs as', KnownAccount)),
  cwd: Type.Optional(used('where it runs', NormalPath)),
  randomizedDelaySeconds: Type.Optional(
    Type.Integer({ minimum: 1, description: 'a whole number of seconds from 1; spreads it over the hosts' }),
  ),
  timeoutSeconds: Type.Optional(
    Type.Integer({ minimum: 1, description: 'a whole number of seconds from 1; how long a run may take' }),
  ),
  persistent: yesOrNo('whether a run that was missed while the host was off is made up for; true by default'),
})

/** A shell command that runs at certain times, in place of a line of cron: a timer and its service. */
export const { resource: timer, kind: timerKind } = defineComposite({
  kind: 'timer',
  schema: TimerSchema,
  defaults: { persistent: true },
  key: 'name',
  absent: (name) => [
    unit({ name: `${name}.timer`, absent: true }),
    unit({ name: `${name}.service`, absent: true }),
  ],
  parts(desired, _host, self) {
    const { name, schedule, command, user, cwd, randomizedDelaySeconds, timeoutSeconds, persistent } = desired
    for (const time of [schedule].flat()) {
      const meant = calendarOf(time)
      if (meant !== undefined)
        invalid(self, `schedule is ${JSON.stringify(time)}, which is how cron writes it`, `write ${meant}`)
    }
    return [
      unit({
        name: `${name}.service`,
        content: {
          Unit: { Description: `Run of ${name}` },
          Service: {
            Type: 'oneshot',
            ExecStart: execLine(['/bin/sh', '-c', command]),
            ...(user !== undefined && { User: user }),
            ...(cwd !== undefined && { WorkingDirectory: cwd.replaceAll('%', '%%') }),
            ...(timeoutSeconds !== undefined && { TimeoutStartSec: timeoutSeconds }),
          },
        },
      }),
      unit({
        name: `${name}.timer`,
        content: {
          Unit: { Description: `Schedule of ${name}` },
          Timer: {
            OnCalendar: [schedule].flat(),
            Persistent: persistent,
            ...(randomizedDelaySeconds !== undefined && { RandomizedDelaySec: randomizedDelaySeconds }),
          },
          Install: { WantedBy: 'timers.target' },
        },
        enabled: true,
        started: true,
      }),
    ]
  },
})

const shorthands: Readonly<Record<string, string>> = {
  '@reboot': 'a unit with Install: { WantedBy: multi-user.target }',
  '@hourly': 'hourly',
  '@daily': 'daily',
  '@midnight': 'daily',
  '@weekly': 'weekly',
  '@monthly': 'monthly',
  '@yearly': 'yearly',
  '@annually': 'yearly',
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const months = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** What to write in place of a time of crontab(5); undefined if it is none. */
function calendarOf(time: string): string | undefined {
  const shorthand = shorthands[time.trim()]
  if (shorthand !== undefined) return shorthand
  const fields = time.trim().toLowerCase().split(/\s+/)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  if (fields.length !== 5 || ![minute, hour, day].every((field) => /^[\d*,/-]+$/.test(field)))
    return undefined
  if (!/^[\da-z*,/-]+$/.test(month) || !/^(\*|[\da-z,-]+)$/.test(weekday)) return undefined
  const numbers = (field: string, first: number) =>
    field
      .replaceAll('*/', `${first}/`)
      .replaceAll('-', '..')
      .replaceAll(/(?<!\/)\b\d\b/g, '0$&')
  const inMonth = months.reduce(
    (text, name, index) => (name === '' ? text : text.replaceAll(name, `${index}`)),
    month,
  )
  const at = `${numbers(hour, 0)}:${numbers(minute, 0)}:00`
  const every = `*-${numbers(inMonth, 1)}`
  const dated = `${every}-${numbers(day, 1)} ${at}`
  if (weekday === '*') return `"${dated}"`
  // A week of systemd begins on Monday.
  const days = weekday
    .replace(/\b0-(?=\d)/, '0,1-')
    .replaceAll(/\d/g, (digit) => weekdays[Number(digit)] ?? digit)
    .replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll('-', '..')
  const weekly = `"${days} ${every}-* ${at}"`
  // cron takes either of the two.
  return day === '*' ? weekly : `["${dated}", ${weekly}]`
}
