import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedHosts } from '../../../src/embedded/hosts.ts'
import { createSshTransport } from '../../../src/transports/ssh/ssh.ts'
import { transportContract } from '../../contracts/transport.ts'

transportContract('the ssh transport via openssh', async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'converge-test-')))
  const embedded = await startEmbeddedHosts({ names: ['node0'], directory })
  const [host] = embedded.hosts
  if (host === undefined) throw new Error('no host was started')
  const transport = createSshTransport({ homeDirectory: directory, userName: 'root', variables: {} })
  const { identityFile, knownHostsFile } = embedded
  return {
    connect: () =>
      transport.connect({
        host: 'node0',
        address: host.address,
        ssh: { via: 'openssh', user: 'root', port: host.port, identityFile, knownHostsFile },
      }),
    root: async () => host.root,
    async close() {
      await transport.close()
      await embedded.close()
      await rm(directory, { recursive: true })
    },
  }
})
