import { Type } from 'typebox'
import { type Data, describe, FilledText, HostPath, optional } from './schema.ts'

const directory = (use: string, fallback: string) => ({
  ...describe(HostPath, `an absolute path without \`..\`; ${use}`),
  default: fallback,
})

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
  },
  { description: 'a map of what is declared of the host; recipes see only this, never the host itself' },
)

export type Platform = Data<typeof Platform>
