import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type EmbeddedHosts,
  type EmbeddedHostsOptions,
  startEmbeddedHosts,
} from '../../src/embedded/hosts.ts'
import type { SshSettings } from '../../src/model/targets/ssh.ts'
import type { Connection, ConnectOptions } from '../../src/model/transport.ts'
import type { SshEnvironment } from '../../src/transports/ssh/config.ts'
import { createSshTransport } from '../../src/transports/ssh/ssh.ts'

/** Embedded hosts and an ssh transport that reaches them. */
export interface SshFixture {
  readonly directory: string
  readonly embedded: EmbeddedHosts
  /** What happened, such as `node0 exec`. */
  readonly events: string[]
  host(name: string): EmbeddedHosts['hosts'][number]
  settings(name: string): SshSettings
  connect(name: string, ssh?: SshSettings, sudoPassword?: ConnectOptions['sudoPassword']): Promise<Connection>
}

/** Starts hosts, runs the test, and takes everything down again. */
export async function withHosts(
  options: Partial<EmbeddedHostsOptions> & { readonly environment?: Partial<SshEnvironment> },
  act: (fixture: SshFixture) => Promise<void>,
): Promise<void> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-test-')))
  const events: string[] = []
  const embedded = await startEmbeddedHosts({
    names: ['node0'],
    directory,
    onEvent: (host, { event }) => events.push(`${host} ${event}`),
    ...options,
  })
  const environment = { homeDirectory: directory, userName: 'root', variables: {}, ...options.environment }
  const transport = createSshTransport(environment, { specRoot: directory })
  const host = (name: string) => {
    const found = embedded.hosts.find((candidate) => candidate.name === name)
    if (found === undefined) throw new Error(`there is no host ${name}`)
    return found
  }
  const settings = (name: string): SshSettings => ({
    user: 'root',
    port: host(name).port,
    identityFile: embedded.identityFile,
    knownHostsFile: embedded.knownHostsFile,
  })
  try {
    await act({
      directory,
      embedded,
      events,
      host,
      settings,
      connect: (name, ssh, sudoPassword) =>
        transport.connect({
          host: name,
          address: '127.0.0.1',
          ssh: { ...settings(name), ...ssh },
          ...(sudoPassword === undefined ? {} : { sudoPassword }),
        }),
    })
  } finally {
    await transport.close()
    await embedded.close()
    await rm(directory, { recursive: true, force: true })
  }
}
