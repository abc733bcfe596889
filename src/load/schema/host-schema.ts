import { Type } from 'typebox'

const word = (description: string) => Type.String({ minLength: 1, description })
const path = (description: string) => Type.String({ pattern: '^/', description })

/** A host's platform, merged and evaluated; see `Platform`. */
export const platformSchema = Type.Object(
  {
    os: Type.Optional(word('ID of os-release, such as debian; checked on the host when given.')),
    release: Type.Optional(word('VERSION_ID of os-release, such as "12"; checked on the host when given.')),
    arch: Type.Optional(
      word("Debian's name of the architecture, such as amd64; checked on the host when given."),
    ),
    init: Type.Enum(['systemd', 'none'], {
      description: 'The init system: systemd (the default), or none where nothing may be started.',
    }),
    stateDir: path('Where converge keeps its state on the host. Default: /var/lib/converge.'),
    stagingDir: path('Where uploads are staged, writable for the ssh user. Default: /var/tmp.'),
    binDir: path('Where binaries of archives are linked. Default: /usr/local/bin.'),
    keepGenerations: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'How many generations the host keeps for rollback. Default: 10.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What is declared of the host. Recipes see only this, never the host itself.',
  },
)

/** How a host is reached over SSH, merged and evaluated; see `SshSettings`. */
export const sshSchema = Type.Object(
  {
    user: Type.Optional(word('User to log in as.')),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65535, description: 'Port of sshd. Default: 22.' }),
    ),
    identityFile: Type.Optional(
      word("Private key; relative paths start at the spec's folder, ~ is your home."),
    ),
    proxyJump: Type.Optional(
      word("user@bastion:port, several separated by commas, or none; OpenSSH's ProxyJump."),
    ),
    knownHostsFile: Type.Optional(word('File of known host keys. Default: ~/.ssh/known_hosts.')),
    hostKeyChecking: Type.Optional(
      Type.Enum(['yes', 'accept-new'], {
        description:
          'yes refuses unknown host keys; accept-new records a key that is seen for the first time.',
      }),
    ),
    connectTimeoutSeconds: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How long connecting may take, in seconds.' }),
    ),
    sudo: Type.Optional(
      Type.Enum(['auto', 'always', 'never'], {
        description: 'auto (the default): sudo unless the user is root.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'How hosts are reached over SSH. What is absent comes from ~/.ssh/config.',
  },
)
