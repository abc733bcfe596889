import { Type } from 'typebox'
import { execLine } from '../../formats/systemd/quoting.ts'
import { ShellCommand } from '../../model/schema.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid } from '../define/define-resource.ts'
import { absent, KnownAccount, NormalPath, yesOrNo } from '../define/schema-types.ts'
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
  command: ShellCommand,
  user: Type.Optional(KnownAccount),
  cwd: Type.Optional(NormalPath),
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
      if (meant !== undefined) invalid(self, `${time} is cron's way to write a time`, `write "${meant}"`)
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
  '@hourly': 'hourly',
  '@daily': 'daily',
  '@midnight': 'daily',
  '@weekly': 'weekly',
  '@monthly': 'monthly',
  '@yearly': 'yearly',
  '@annually': 'yearly',
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** What systemd calls a time of crontab(5); undefined if it is none. */
function calendarOf(time: string): string | undefined {
  const shorthand = shorthands[time.trim()]
  if (shorthand !== undefined) return shorthand
  const fields = time.trim().split(/\s+/)
  const [minute, hour, day, month, weekday] = fields
  if (fields.length !== 5 || !fields.every((field) => /^[\d*,/-]+$/.test(field) || /^[a-z,-]+$/i.test(field)))
    return undefined
  if (!/^[\d*]/.test(`${minute}`) || !/^[\d*]/.test(`${hour}`)) return undefined
  const from = (field = '*', first = '0') => field.replaceAll(/\*\//g, `${first}/`).replaceAll('-', '..')
  const two = (field: string) => field.replaceAll(/\b\d\b/g, '0$&')
  const days = `${weekday}`
    .replaceAll(/\d/g, (digit) => weekdays[Number(digit)] ?? digit)
    .replaceAll('-', '..')
  const on = days === '*' ? '' : `${days} `
  return `${on}*-${two(from(month, '1'))}-${two(from(day, '1'))} ${two(from(hour))}:${two(from(minute))}:00`
}
