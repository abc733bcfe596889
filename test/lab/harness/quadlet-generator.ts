import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cached } from '../../../src/lab/cache.ts'
import { mustRun } from '../../../src/lab/command.ts'

/** The generator of podman that makes services of Quadlet files. Debian 12 has an older podman: it is that of Debian 13. */
export async function quadletGenerator(): Promise<string> {
  const folder = await cached(`quadlet-${process.arch}`, async (directory) => {
    const work = await mkdtemp(join(tmpdir(), 'converge-lab-quadlet-'))
    try {
      const sources = join(work, 'sources.list')
      const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
      await writeFile(sources, `deb [signed-by=${keyring}] http://deb.debian.org/debian trixie main\n`)
      await mkdir(join(work, 'lists/partial'), { recursive: true })
      const options = [
        `Dir::Etc::SourceList=${sources}`,
        'Dir::Etc::SourceParts=-',
        `Dir::State::Lists=${join(work, 'lists')}`,
        `Dir::Cache=${work}`,
        'APT::Sandbox::User=root',
      ].flatMap((option) => ['-o', option])
      await mustRun('apt-get', [...options, 'update'])
      await mustRun('apt-get', [...options, 'download', 'podman'], { cwd: work })
      await mustRun('sh', ['-c', `dpkg-deb --extract podman_*.deb "$1"`, 'sh', directory], { cwd: work })
    } finally {
      await rm(work, { recursive: true })
    }
  })
  return join(folder, 'usr/libexec/podman/quadlet')
}
