import { ConvergeError } from '../../../model/errors.ts'
import { shared } from '../../shared.ts'
import type { RouteOptions } from '../ask-config.ts'
import { notRecorded } from '../host-key.ts'
import type { SshLink } from '../link.ts'
import type { SshPatience } from '../patience.ts'
import { recordingProblem } from '../recording.ts'
import { retried } from '../retried.ts'
import { opensshLink } from './link.ts'
import { type Master, openMaster } from './master.ts'
import { type HostKeyChecking, opensshRoute } from './route.ts'

/** Logs in by the ssh of this machine, which knows certificates, ProxyCommand and security keys. */
export interface OpensshLogins {
  open(
    options: RouteOptions,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly link: SshLink; readonly user: string }>
  /** Closes what is still open: no process of ssh stays behind. */
  close(): Promise<void>
}

export function createOpensshLogins(patience: SshPatience, specRoot: string | undefined): OpensshLogins {
  const problems = shared((file: string) => recordingProblem(file, specRoot))
  const recorded = new Set<string>()
  const masters = new Set<Master>()
  return {
    async open(options, signal) {
      const { environment } = options
      const route = await opensshRoute(options, patience)
      const { host, knownName, newKeysFile, isOwnFile, records, user } = route
      if (records && newKeysFile !== undefined && !isOwnFile) {
        const problem = await problems.get(newKeysFile)
        if (problem !== undefined) throw notRecorded(host, newKeysFile, problem)
      }
      const deadline = performance.now() + route.connectTimeoutMs
      const login = (checking: HostKeyChecking): Promise<Master> =>
        retried(patience, deadline, () =>
          openMaster({ route, checking, environment, patience, deadline, signal }),
        )
      // ssh does not tell whether it has recorded a key: so it may only if the host is not known without that.
      const master = await login('refuse').catch((error: unknown) => {
        if (!records || !(error instanceof ConvergeError) || error.code !== 'host-key-unknown') throw error
        recorded.add(knownName)
        return login('record')
      })
      masters.add(master)
      const keyKnown = recorded.has(knownName) ? 'this run' : 'before'
      return { link: opensshLink({ route, master, environment, patience, keyKnown }), user }
    },
    async close() {
      await Promise.all([...masters].map((master) => master.close()))
    },
  }
}
