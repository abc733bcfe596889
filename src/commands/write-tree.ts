import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Tree } from './render-tree.ts'

const placeholder = 'This content is sensitive: render with --reveal to see it.\n'

/** Writes a tree without conflicts into a new folder. Sensitive files are a placeholder, or 0600 with `reveal`. */
export async function writeTree(
  folder: string,
  tree: Tree,
  options: { readonly reveal: boolean },
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [path, node] of tree) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    switch (node.type) {
      case 'directory':
        await mkdir(target, { recursive: true })
        break
      case 'link':
        await symlink(node.target, target)
        break
      case 'file': {
        const bytes =
          node.sensitive && !options.reveal
            ? placeholder
            : Buffer.from(node.content.data, node.content.encoding)
        // Refuses to write through anything that is there already.
        await writeFile(target, bytes, { flag: 'wx', mode: 0o600 })
        await chmod(target, node.sensitive ? 0o600 : permissions(node.mode))
      }
    }
  }
  // Children first: a directory may be closed to its owner.
  for (const [path, node] of [...tree].reverse()) {
    if (node.type === 'directory') await chmod(join(folder, path), permissions(node.mode))
  }
}

/** Without setuid, setgid and sticky bits: the tree belongs to whoever renders it. */
function permissions(mode: string): number {
  return Number.parseInt(mode, 8) & 0o777
}
