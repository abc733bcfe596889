import { resolve } from 'node:path'
import { Type } from 'typebox'
import { given } from '../given.ts'
import { type Data, describe, FilledText, optional } from '../schema.ts'
import type { TargetKind } from './kind.ts'

/** Characters that `Match exec` of ssh_config would hand to a shell, and `,` and `@` for jump hosts. */
const unsafe = '\\u0000-\\u001f\\u007f-\\u009f\'"`;&<>|(){}'
const userPattern = (but: string) => `[^-\\\\${unsafe}${but}](?:[^${unsafe}${but}]*[^\\\\${unsafe}${but}])?`
const addressPattern = '(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?\\])'
const hopPattern = ` *(?:ssh://)?(?:${userPattern('@, ')}@)?${addressPattern}(?::[0-9]{1,5})?/? *`

/** How a host is reached over SSH; what is absent comes from `~/.ssh/config`, then from OpenSSH's defaults. */
export const SshSettings = Type.Object(
  {
    via: optional(
      Type.Enum(['built-in', 'openssh']),
      "built-in or openssh; openssh connects by this machine's ssh, with its certificates, ProxyCommand and security keys",
    ),
    host: optional(
      FilledText,
      'an IP address or a name; where converge reaches the host, if not at the address that its peers use',
    ),
    user: optional(
      Type.String({ maxLength: 256, pattern: `^${userPattern('')}$` }),
      'the name of the user to log in as, without quotes, brackets and other signs of a shell',
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65535,
        description: 'a whole number from 1 to 65535; the port of sshd, 22 by default',
      }),
    ),
    identityFile: optional(
      FilledText,
      'the path of a private key; relative to the file that sets it, ~ is your home',
    ),
    proxyJump: optional(
      Type.String({ maxLength: 4096, pattern: `^${hopPattern}(?:,${hopPattern})*$` }),
      "user@bastion:port, several of these separated by commas, or none; OpenSSH's ProxyJump",
    ),
    knownHostsFile: optional(
      FilledText,
      'the path of a file of known host keys; ~/.ssh/known_hosts by default',
    ),
    hostKeyChecking: optional(
      Type.Enum(['yes', 'accept-new']),
      'yes or accept-new; yes refuses unknown host keys, accept-new records a key that is seen for the first time',
    ),
    connectTimeoutSeconds: optional(
      Type.Integer({ minimum: 1 }),
      'a whole number of seconds from 1; how long connecting may take',
    ),
    sudo: optional(
      Type.Enum(['auto', 'always', 'never']),
      'auto, always or never; auto (the default) is sudo unless the user is root',
    ),
    sudoPasswordGroup: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9_]*$',
        description:
          'a word of a-z, 0-9 and _; hosts with the same word share a sudo password: with dmz it is CONVERGE_SUDO_PASSWORD_DMZ',
      }),
    ),
  },
  { description: 'a map of SSH settings; what is absent comes from ~/.ssh/config' },
)

export type SshSettings = Data<typeof SshSettings>

/** The environment variable that has the sudo password of a group, or of all hosts without one. */
export function sudoPasswordVariable(group: string | undefined): string {
  const variable = 'CONVERGE_SUDO_PASSWORD'
  return group === undefined ? variable : `${variable}_${group.toUpperCase()}`
}

export const SshTarget = Type.Object({
  transport: Type.Literal('ssh'),
  address: describe(FilledText, 'an IP address or a name'),
  ssh: SshSettings,
})

export type SshTarget = Data<typeof SshTarget>

export const ssh: TargetKind<SshTarget, SshSettings> = {
  meaning: 'a machine that runs sshd',
  schema: SshTarget,
  settings: { schema: SshSettings, isLayered: true },
  located(settings, folderOf) {
    const absolute = (key: 'identityFile' | 'knownHostsFile') => {
      const path = settings[key]
      // The transport expands `~`.
      return path === undefined || path.startsWith('~') ? path : resolve(folderOf(key), path)
    }
    const files = { identityFile: absolute('identityFile'), knownHostsFile: absolute('knownHostsFile') }
    return Object.freeze({ ...settings, ...given(files) })
  },
  target(address, { host, ...settings }) {
    return { transport: 'ssh', address: host ?? address, ssh: settings }
  },
  // Two machines may share an address, behind two ports or jump hosts.
  place({ address, ssh: { port, proxyJump } }) {
    const words = [address.toLowerCase(), port && `port ${port}`, proxyJump && `by ${proxyJump}`]
    return { key: 'address', words: words.filter((word) => word !== undefined).join(' ') }
  },
  address: ({ address }) => address,
  // A host may report the address of another one. Key files and host key checking are as for the reporting host.
  believed({ transport, address, ssh: reported }, reporter) {
    const { user, port, proxyJump, sudo } = reported
    const { user: _user, port: _port, proxyJump: _jump, sudo: _sudo, ...own } = reporter?.ssh ?? {}
    const where = given({ user, port, proxyJump, sudo })
    return { transport, address, ssh: { ...own, ...where, hostKeyChecking: 'yes' } }
  },
}
