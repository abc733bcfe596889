import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const DIRECTORIES = [
  'etc/systemd/system',
  'home',
  'root',
  'run',
  'usr/local/bin',
  'usr/lib',
  'var/lib',
  'var/log',
]
const FILES: readonly { readonly path: string; readonly content: string; readonly mode: number }[] = [
  {
    path: 'etc/os-release',
    content: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
    mode: 0o644,
  },
  { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n', mode: 0o644 },
  { path: 'etc/group', content: 'root:x:0:\n', mode: 0o644 },
  { path: 'etc/shadow', content: 'root:*:19000:0:99999:7:::\n', mode: 0o640 },
]

/** Creates a minimal root tree like a new Debian host: enough for users, units and files. */
export async function plantRootTree(root: string): Promise<void> {
  await Promise.all(DIRECTORIES.map((directory) => mkdir(join(root, directory), { recursive: true })))
  await Promise.all(
    ['tmp', 'var/tmp'].map((directory) => mkdir(join(root, directory), { recursive: true, mode: 0o1777 })),
  )
  await Promise.all(FILES.map(({ path, content, mode }) => writeFile(join(root, path), content, { mode })))
}
