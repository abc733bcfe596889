import type { SshSettings } from '../../../src/model/targets/ssh.ts'
import { parseSshConfig } from '../../../src/transports/ssh/config.ts'
import { resolveRoute, type SshRoute } from '../../../src/transports/ssh/settings.ts'

/** What `ssh -G` would print for each address. */
export type Configs = Readonly<Record<string, string>>

/** The route to an address for `ada`, whose agent is `/run/agent`. */
export function route(ssh: SshSettings, address = 'core0', configs: Configs = {}): Promise<SshRoute> {
  return resolveRoute({
    host: 'core0',
    address,
    ssh,
    environment: { homeDirectory: '/home/ada', userName: 'ada', variables },
    configs: {
      read: async (query) => parseSshConfig(configs[query.address] ?? ''),
      isBuiltIn: async (keyword, [value]) => keyword === 'newkeyword' && value === 'as ever',
      placeOf: async (keyword) => (keyword === 'newkeyword' ? undefined : '/cfg:7'),
    },
  })
}

const variables = { SSH_AUTH_SOCK: '/run/agent', KEYS: '/media/keys', OTHER_AGENT: '/run/other' }
