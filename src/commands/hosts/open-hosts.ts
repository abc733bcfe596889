import { openSession, type Session } from '../../engine/session.ts'
import { given } from '../../model/given.ts'
import type { View } from '../../report/views/view.ts'
import { createTransports } from '../../transports/index.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'
import type { LoadedSpec } from '../spec/load-spec.ts'
import { selectHosts } from '../spec/select-hosts.ts'
import { hostLibrary } from './host-library.ts'

/** Which hosts are contacted, and how. */
export interface HostOptions {
  /** A selector, from --limit or as an argument. */
  readonly limit?: string
  readonly parallel: number
  readonly askSudoPassword?: boolean
  readonly verbose?: boolean
  /** Seconds to wait for another apply on a host. */
  readonly lockWait?: number
}

export interface HostsInput {
  readonly spec: LoadedSpec
  readonly options: HostOptions
  readonly io: Io
  readonly view: View
}

/** Opens a session with the selected hosts for as long as `work` takes. */
export async function withHosts<Result>(
  { spec, options, io, view }: HostsInput,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const selected =
    options.limit === undefined
      ? undefined
      : selectHosts(spec.cluster, options.limit).map((host) => host.name)
  const sudoPassword = await findSudoPassword(options, io)
  const session = openSession({
    cluster: spec.cluster,
    catalog: spec.catalog,
    transports: createTransports(),
    library: hostLibrary(),
    parallel: options.parallel,
    ...given({ selected, lockWaitSeconds: options.lockWait }),
    ...(sudoPassword === undefined ? {} : { sudoPassword: async () => sudoPassword }),
    onProgress: view.progress,
  })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** The password for sudo on the hosts: from the environment, or asked for. */
export async function findSudoPassword(options: HostOptions, io: Io): Promise<string | undefined> {
  const fromEnvironment = io.env.CONVERGE_SUDO_PASSWORD
  if (fromEnvironment !== undefined || options.askSudoPassword !== true) return fromEnvironment
  if (!io.canAsk) {
    throw usageError('--ask-sudo-password needs a terminal', 'set CONVERGE_SUDO_PASSWORD instead')
  }
  return io.askSecret('sudo password: ')
}
