import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSpec } from '../../src/commands/spec/load-spec.ts'
import { type EmbeddedHosts, startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { scratchFolder, writeFiles } from '../commands/scratch.ts'
import { blocksOf } from './markdown.ts'

/** The files that a text prints, in a folder of their own, exactly as they are printed. */
export function writePrinted(markdown: string): string {
  const files: Record<string, string> = {}
  for (const { file, text } of blocksOf(markdown)) {
    if (file === undefined) continue
    if (file in files) throw new Error(`${file} is printed twice`)
    files[file] = text
  }
  const folder = scratchFolder()
  writeFiles(folder, files)
  return folder
}

/**
 * Starts an embedded host for each host of the folder's cluster.yaml and writes embedded.yaml beside it: the same spec,
 * with the embedded hosts' addresses in place of those that are printed.
 */
export async function embedPrinted(folder: string): Promise<EmbeddedHosts> {
  const { cluster } = await loadSpec({ file: join(folder, 'cluster.yaml') })
  const embedded = await startEmbeddedHosts({
    names: cluster.hosts.map(({ name }) => name),
    directory: join(folder, 'embedded'),
  })
  const login = {
    user: 'root',
    identityFile: embedded.identityFile,
    knownHostsFile: embedded.knownHostsFile,
  }
  const hosts = embedded.hosts.map(({ name, address, port }) => {
    const { roles = [] } = cluster.hosts.find((host) => host.name === name) ?? {}
    return `  ${name}: ${JSON.stringify({ address, ssh: { ...login, port }, roles })}\n`
  })
  const text = readFileSync(join(folder, 'cluster.yaml'), 'utf8')
  const [beforeHosts = ''] = text.split(/^hosts:$/m)
  writeFiles(folder, { 'embedded.yaml': `${beforeHosts}hosts:\n${hosts.join('')}` })
  return embedded
}
