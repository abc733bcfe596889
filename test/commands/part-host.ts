import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { converge } from './recording-io.ts'
import { makeCluster, writeFiles } from './scratch.ts'

/** A cluster with one host that is a directory, and these resources. */
export function specOf(resources: readonly string[], cluster = 'test'): string {
  const listed = resources.map((one) => `      - ${one}\n`).join('')
  return `cluster: ${cluster}
hosts:
  web0:
    transport: directory
    directory: hosts/web0
${listed === '' ? '' : `    resources:\n${listed}`}`
}

/** A host on which others have a file. */
export async function hostWith(path: string, before: string | undefined) {
  const { folder, file } = await makeCluster(specOf([]))
  const at = (one = path) => join(folder, 'hosts/web0', one)
  mkdirSync(join(at(), '..'), { recursive: true })
  if (before !== undefined) writeFileSync(at(), before, { mode: 0o640 })
  const run = async (resources: readonly string[], ...more: readonly string[]) => {
    writeFiles(folder, { 'cluster.yaml': specOf(resources) })
    return converge([...more, ...file])
  }
  return { folder, file, at, run, read: () => readFileSync(at(), 'utf8') }
}
