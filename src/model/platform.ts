import { Type } from 'typebox'
import { type Data, describe, FilledText, HostPath, optional } from './schema.ts'

const directory = (use: string, fallback: string) => ({
  ...describe(HostPath, `an absolute path without \`..\`; ${use}`),
  default: fallback,
})

const time = '([01][0-9]|2[0-3]):[0-5][0-9]'

/** When converge may reboot a host. */
const Reboot = Type.Object(
  {
    when: Type.Enum(['never', 'required'], {
      description: 'never or required; required if the host says that it needs one',
    }),
    group: optional(FilledText, 'the name of a group; of its hosts one at a time reboots'),
    window: Type.Optional(
      Type.String({
        pattern: `^${time}-${time}$`,
        description: 'two times of day in UTC such as "22:00-04:00"; it reboots only between them',
      }),
    ),
    timeoutSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'a whole number of seconds from 1; how long it may take to come back, 600 by default',
      }),
    ),
  },
  { description: 'a map; whether and when the host reboots' },
)
export type Reboot = Data<typeof Reboot>

/** Declared properties of a host, because recipes never see facts. Inspect refuses a host that differs. */
export const Platform = Type.Object(
  {
    os: optional(FilledText, 'the ID of os-release, such as debian; checked on the host if declared'),
    release: optional(
      FilledText,
      'the VERSION_ID of os-release, such as "12"; checked on the host if declared',
    ),
    arch: optional(
      FilledText,
      'the name of the architecture in Debian, such as amd64; checked on the host if declared',
    ),
    init: Type.Enum(['systemd', 'none'], {
      description: 'systemd or none; none if nothing may be started',
      default: 'systemd',
    }),
    stateDir: directory('converge keeps its state there on the host', '/var/lib/converge'),
    stagingDir: directory('uploads are staged there, writable for the ssh user', '/var/tmp'),
    binDir: directory('binaries of archives are linked there', '/usr/local/bin'),
    keepGenerations: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description:
          'a whole number from 1 to 1000; how many generations are kept for rollback, 10 by default',
      }),
    ),
    reboot: Type.Optional(Reboot),
  },
  { description: 'a map of what is declared of the host; recipes see only this, never the host itself' },
)

export type Platform = Data<typeof Platform>
