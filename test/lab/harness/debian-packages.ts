import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun, run } from '../../../src/lab/command.ts'

/** Puts the files of packages of this machine's Debian into a directory, without installing them. */
export async function extractPackages(packages: readonly string[], directory: string): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'converge-lab-debs-'))
  try {
    const args = ['-o', 'APT::Sandbox::User=root', 'download', ...packages]
    const first = await run('apt-get', args, { cwd })
    if (first.exitCode !== 0) {
      // A fresh machine may not have any package lists yet.
      await mustRun('apt-get', ['update'])
      await mustRun('apt-get', args, { cwd })
    }
    for (const name of await readdir(cwd))
      await mustRun('dpkg-deb', ['--extract', join(cwd, name), directory])
  } finally {
    await rm(cwd, { recursive: true })
  }
}
