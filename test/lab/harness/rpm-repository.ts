import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun } from '../../../src/lab/command.ts'
import type { SigningKey } from './signing-key.ts'

interface RpmPackage {
  readonly name: string
  /** `[EPOCH:]VERSION-RELEASE` */
  readonly version: string
  readonly provides?: string | undefined
  readonly needs?: string | undefined
  /** Run after the installation; empty for no script. */
  readonly post?: string
}

/** A directory that dnf and zypper install from, with the packages that were put there. */
export interface RpmRepository {
  readonly directory: string
  /** Puts these versions of a package there, and no others; signs them and the lists, if there is a key. */
  publish(packages: readonly RpmPackage[], key?: SigningKey): Promise<void>
  remove(): Promise<void>
}

export async function createRpmRepository(): Promise<RpmRepository> {
  const directory = await mkdtemp(join(tmpdir(), 'converge-lab-rpm-'))
  const index = (): Promise<string> => mustRun('createrepo_c', ['--quiet', directory])
  await index()
  return {
    directory,
    async publish(packages, key) {
      const names = new Set(packages.map(({ name }) => name))
      for (const file of await readdir(directory)) {
        if (names.has(file.replace(/-[^-]*-[^-]*\.rpm$/, ''))) await rm(join(directory, file))
      }
      for (const one of packages) await build(directory, one)
      if (key !== undefined) {
        const built = packages.map(({ name, version }) => join(directory, `${name}-${version}.rpm`))
        const signing = [
          '--define',
          '__gpg /usr/bin/gpg',
          '--define',
          `_gpg_path ${key.home}`,
          '--define',
          `_gpg_name ${key.name}`,
        ]
        await mustRun('rpmsign', [...signing, '--addsign', ...built])
      }
      await index()
      const lists = join(directory, 'repodata/repomd.xml')
      await key?.gpg('--yes', '--armor', '--detach-sign', '--output', `${lists}.asc`, lists)
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A package with a daemon and a configuration file. */
async function build(directory: string, { name, version, provides, needs, post }: RpmPackage): Promise<void> {
  const [, epoch, upstream, release] = /^(?:(\d+):)?(.*)-(.*)$/.exec(version) ?? []
  const work = await mkdtemp(join(tmpdir(), 'converge-lab-rpmbuild-'))
  const spec = `Name: ${name}
${epoch === undefined ? '' : `Epoch: ${epoch}`}
Version: ${upstream}
Release: ${release}
Summary: a daemon that only waits
License: none
BuildArch: noarch
${provides === undefined ? '' : `Provides: ${provides}`}
${needs === undefined ? '' : `Requires: ${needs}`}
%description
A daemon that only waits.
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/lib/systemd/system
echo 'version ${upstream}' >%{buildroot}/etc/${name}.conf
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >%{buildroot}/usr/lib/systemd/system/${name}.service
%files
%config(noreplace) /etc/${name}.conf
/usr/lib/systemd/system/${name}.service
${post === '' ? '' : `%post\n${post ?? `systemctl start ${name}.service || :`}`}
`
  await mkdir(join(work, 'top'))
  await writeFile(join(work, 'spec'), spec)
  const definitions = {
    _topdir: join(work, 'top'),
    _rpmdir: directory,
    _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.rpm',
  }
  const defined = Object.entries(definitions).flatMap(([key, value]) => ['--define', `${key} ${value}`])
  await mustRun('rpmbuild', ['-bb', '--quiet', ...defined, join(work, 'spec')])
  await rm(work, { recursive: true })
}
