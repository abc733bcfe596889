import { mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { cached } from '../../../src/lab/cache.ts'
import { mustRun } from '../../../src/lab/command.ts'
import { extractPackages } from './debian-packages.ts'

/** Has Ignition's own validator check a document. */
export async function validateIgnition(file: string): Promise<void> {
  await mustRun(join(await tools(), 'usr/bin/ignition-validate'), [file])
}

/** Runs Ignition's files stage on the tree of a host that has never booted, as the initramfs of its image does. */
export async function igniteTree(file: string, root: string, scratch: string): Promise<void> {
  const ignition = join(await tools(), 'usr/lib/dracut/modules.d/30ignition/ignition')
  // This build of it labels what it has written, which needs a policy and SELinux's own tool.
  const selinux = join(root, 'etc/selinux')
  await mkdir(join(selinux, 'none/contexts/files'), { recursive: true })
  await writeFile(join(selinux, 'config'), 'SELINUX=disabled\nSELINUXTYPE=none\n')
  await writeFile(join(selinux, 'none/contexts/files/file_contexts'), '')
  await writeFile(join(scratch, 'setfiles'), '#!/bin/sh\n', { mode: 0o755 })
  const places = [
    `--root=${root}`,
    ...['config-cache', 'neednet', 'state-file'].map((name) => `--${name}=${join(scratch, name)}`),
  ]
  for (const stage of ['fetch', 'files']) {
    await mustRun(ignition, ['--platform=file', `--stage=${stage}`, '--log-to-stdout', ...places], {
      env: { ...process.env, PATH: `${scratch}${delimiter}${process.env.PATH}`, IGNITION_CONFIG_FILE: file },
    })
  }
  await rm(selinux, { recursive: true })
  await rm(join(root, 'etc/.ignition-result.json'))
}

function tools(): Promise<string> {
  return cached('ignition', (directory) => extractPackages(['ignition'], directory))
}
