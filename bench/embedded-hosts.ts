// A process of its own for embedded hosts, so that what they cost is not the client's: DIRECTORY NAME...
import { once } from 'node:events'
import { startEmbeddedHosts } from '../src/embedded/hosts.ts'
import type { EmbeddedStarted } from './hosts.ts'

const [directory = '', ...names] = process.argv.slice(2)
const embedded = await startEmbeddedHosts({ directory, names })
const { identityFile, knownHostsFile } = embedded
const started: EmbeddedStarted = {
  hosts: embedded.hosts.map(({ name, address, port }) => ({ name, address, port })),
  identityFile,
  knownHostsFile,
}
process.send?.(started)
await once(process, 'disconnect')
await embedded.close()
