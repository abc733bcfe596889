import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../../../src/lab/cache.ts'
import { mustRun } from '../../../src/lab/command.ts'
import { extractPackages } from './debian-packages.ts'

export interface EtcdArchive {
  /** The directory to serve; it holds the archive and nothing else. */
  readonly directory: string
  /** The archive's name in it, such as `etcd-v3.4.23-linux-amd64.tar.gz`. */
  readonly name: string
  /** The archive's path. */
  readonly file: string
  readonly sha256: string
  /** As `etcd --version` says it, such as `3.4.23`. */
  readonly version: string
}

/** An archive laid out like etcd's own releases, with the etcd and etcdctl of this machine's Debian; made once. */
export async function etcdArchive(): Promise<EtcdArchive> {
  const arch = (await mustRun('dpkg', ['--print-architecture'])).trim()
  const directory = await cached(`etcd-${arch}`, (building) => build(building, arch))
  const [name = ''] = await readdir(directory)
  const version = /^etcd-v(.+)-linux-/.exec(name)?.[1]
  if (version === undefined)
    throw new Error(`${directory} holds no etcd archive; remove it to have it made again`)
  const file = join(directory, name)
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  return { directory, name, file, sha256, version }
}

async function build(directory: string, arch: string): Promise<void> {
  const work = join(directory, 'work')
  await mkdir(work)
  await extractPackages(['etcd-server', 'etcd-client'], join(work, 'tree'))
  const binaries = join(work, 'tree/usr/bin')
  const version = /^etcd Version: (\S+)$/m.exec(await mustRun(join(binaries, 'etcd'), ['--version']))?.[1]
  if (version === undefined) throw new Error('etcd --version names no version')
  const release = `etcd-v${version}-linux-${arch}`
  await mkdir(join(work, release))
  for (const binary of ['etcd', 'etcdctl']) await rename(join(binaries, binary), join(work, release, binary))
  // Sorted and without times, so that the same binaries give the same checksum on every machine.
  const layout = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const archive = join(directory, `${release}.tar.gz`)
  await mustRun('tar', [...layout, '--use-compress-program=gzip -n', '-cf', archive, release], { cwd: work })
  await mustRun('rm', ['-r', work])
}
