import { userInfo } from 'node:os'

import { ConvergeError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import { isSystemError, type SystemError, systemMessage } from '../../model/system-error.ts'
import type { SshSettings } from '../../model/targets/ssh.ts'
import type { Connection, ConnectOptions } from '../../model/transport.ts'
import type { RouteOptions } from './ask-config.ts'
import { type SshEnvironment, sshConfigs } from './config.ts'
import { download } from './download.ts'
import { createOpensshLogins } from './openssh/openssh.ts'
import { defaultPatience, type SshPatience } from './patience.ts'
import { privilegedShells } from './privilege.ts'
import { createSshRoutes } from './routes.ts'
import { resolveRoute } from './settings.ts'
import { upload } from './upload.ts'

interface SshConnectOptions extends Omit<ConnectOptions, 'target'> {
  readonly address: string
  readonly ssh: SshSettings
}

/** Connects to hosts over SSH. Its connections share key files, known hosts and jump connections. */
export interface SshTransport {
  connect(options: SshConnectOptions): Promise<Connection>
  close(): Promise<void>
}

/** The user that runs converge, and this machine. */
export function currentEnvironment(): SshEnvironment {
  return {
    // Not `HOME`: ssh looks its user up as well.
    homeDirectory: userInfo().homedir,
    userName: userInfo().username,
    variables: process.env,
  }
}

interface SshTransportOptions {
  /** Below it are the files that the spec may have host keys added to. */
  readonly specRoot?: string | undefined
  readonly patience?: SshPatience
}

export function createSshTransport(
  environment: SshEnvironment,
  { specRoot, patience = defaultPatience }: SshTransportOptions = {},
): SshTransport {
  const configs = sshConfigs(environment)
  const routes = createSshRoutes(patience, specRoot)
  const openssh = createOpensshLogins(patience, specRoot)
  const openBuiltIn = async (options: RouteOptions, signal: AbortSignal | undefined) => {
    const route = await resolveRoute(options)
    const link = await routes.open(options.host, route, signal).catch((cause: unknown) => {
      throw isSystemError(cause) ? unusableFile(options.host, cause) : cause
    })
    return { link, user: route.user }
  }
  return {
    async connect({ host, address, ssh, sudoPassword, signal }) {
      const options = { host, address, ssh, environment, configs }
      const { link, user } = await (ssh.via === 'openssh'
        ? openssh.open(options, signal)
        : openBuiltIn(options, signal))
      const { sudo = 'auto', sudoPasswordGroup } = ssh
      const privilege = { user, sudo, ...given({ sudoPasswordGroup, sudoPassword }) }
      const { exec, startEarly, endEarly } = privilegedShells(link, privilege)
      return {
        host,
        exec,
        async upload(directory, files, signal) {
          try {
            await upload(link, directory, files, { signal, onOpen: startEarly })
          } catch (error) {
            endEarly()
            throw error
          }
        },
        download: (path, file, signal) => download(link, path, file, signal),
        close: () => link.close(),
      }
    },
    async close() {
      await Promise.all([routes.close(), openssh.close()])
    },
  }
}

/** The known hosts file cannot be read or written. */
function unusableFile(host: string, cause: SystemError): ConvergeError {
  return new ConvergeError('connect-failed', `cannot check the host key: ${systemMessage(cause)}`, {
    host,
    step: 'connect',
    remedy: 'Make the file readable (and with accept-new, writable), or set `knownHostsFile` under `ssh`.',
    cause,
  })
}
