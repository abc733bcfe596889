import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { plantRootTree } from '../../src/transports/local/root-tree.ts'

const made: string[] = []
process.once('exit', () => {
  // Only root empties a folder that is closed to its owner.
  for (const folder of made) {
    spawnSync('chmod', ['-R', 'u+rwX', folder])
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A new folder that is removed when the process ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'converge-test-'))
  made.push(folder)
  return folder
}

/** Writes files below a folder, by path. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

export const spec = `cluster: test
attributes:
  app: { greeting: hello }
roles:
  web:
    resources:
      - file: { path: /etc/motd, content: "{{attributes.app.greeting}} {{host.name}}\\n" }
hosts:
  "web[0-1]":
    transport: directory
    directory: hosts/{{host.name}}
    roles: [web]
`

/** A cluster of two hosts that are root trees. Gives the folder and the options that name its spec. */
export async function makeCluster(
  text = spec,
): Promise<{ readonly folder: string; readonly file: readonly string[] }> {
  const folder = scratchFolder()
  writeFiles(folder, { 'cluster.yaml': text })
  for (const host of ['web0', 'web1']) await plantRootTree(join(folder, 'hosts', host))
  return { folder, file: ['-f', join(folder, 'cluster.yaml')] }
}
