import { spawnSync } from 'node:child_process'
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
  return archiveIn(directory)
}

/** The same of the Go modules of a release, built once. */
export async function builtEtcd(version: string): Promise<EtcdArchive> {
  const arch = (await mustRun('dpkg', ['--print-architecture'])).trim()
  return archiveIn(
    await cached(`etcd-${version}-with-etcdutl-${arch}`, (building) => buildModules(building, arch, version)),
  )
}

/** Undefined if this machine can build releases. */
export function noGo(): string | undefined {
  return spawnSync('go', ['version']).status === 0 ? undefined : 'there is no Go on this machine'
}

async function archiveIn(directory: string): Promise<EtcdArchive> {
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
  await pack(directory, arch, join(work, 'tree/usr/bin'))
}

async function buildModules(directory: string, arch: string, version: string): Promise<void> {
  const source = join(directory, 'work/source')
  const binaries = join(directory, 'work/bin')
  await mkdir(source, { recursive: true })
  const go = (...arguments_: readonly string[]) =>
    mustRun('go', arguments_, { cwd: source, env: { ...process.env, CGO_ENABLED: '0' } })
  const modules = {
    etcd: 'go.etcd.io/etcd/server/v3',
    etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
    etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
  }
  await go('mod', 'init', 'parts')
  await go('get', ...Object.values(modules).map((module) => `${module}@v${version}`))
  for (const [name, module] of Object.entries(modules))
    await go('build', '-trimpath', '-ldflags', '-s -w', '-o', join(binaries, name), module)
  await pack(directory, arch, binaries)
}

/** An archive of the binaries, in place of the work that made them. */
async function pack(directory: string, arch: string, binaries: string): Promise<void> {
  const work = join(directory, 'work')
  const version = /^etcd Version: (\S+)$/m.exec(await mustRun(join(binaries, 'etcd'), ['--version']))?.[1]
  if (version === undefined) throw new Error('etcd --version names no version')
  const release = `etcd-v${version}-linux-${arch}`
  await mkdir(join(work, release))
  for (const binary of await readdir(binaries))
    await rename(join(binaries, binary), join(work, release, binary))
  // Sorted and without times, so that the same binaries give the same checksum on every machine.
  const layout = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const archive = join(directory, `${release}.tar.gz`)
  await mustRun('tar', [...layout, '--use-compress-program=gzip -n', '-cf', archive, release], { cwd: work })
  await mustRun('rm', ['-r', work])
}
