import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { naming } from '../../model/system-error.ts'
import type { TreeNode } from '../../operations/operation-rules.ts'
import type { Tree } from './render-tree.ts'

const placeholder = 'This content is sensitive: render with --reveal to see it.\n'

/** Writes a tree into a new folder, sensitive files as a placeholder, or 0600. Synchronous, because that is much faster. */
export function writeTree(folder: string, tree: Tree, options: { readonly reveal: boolean }): void {
  mkdirSync(folder, { recursive: true })
  const made = new Set<string>()
  const make = (directory: string): void => {
    if (!made.has(directory)) mkdirSync(directory, { recursive: true })
    made.add(directory)
  }
  for (const [path, node] of tree) {
    const target = join(folder, path)
    make(dirname(target))
    switch (node.type) {
      case 'directory':
        make(target)
        break
      case 'link':
        symlinkSync(node.target, target)
        break
      case 'file':
        writeNew(target, node, options.reveal)
    }
  }
  // Children first: a directory may become unwritable.
  for (const [path, node] of [...tree].reverse()) {
    if (node.type === 'directory') chmodSync(join(folder, path), permissions(node.mode))
  }
}

function writeNew(target: string, node: Extract<TreeNode, { type: 'file' }>, reveal: boolean): void {
  const { content, mode, sensitive } = node
  // `x` refuses an existing path, and so never writes through a link.
  const file = openSync(target, 'wx', 0o600)
  try {
    if (sensitive && !reveal) writeFileSync(file, placeholder)
    else writeFileSync(file, content.data, content.encoding)
    fchmodSync(file, sensitive ? 0o600 : permissions(mode))
  } catch (error) {
    throw naming(target, error)
  } finally {
    closeSync(file)
  }
}

/** Without setuid, setgid and sticky bits: the tree belongs to the user who renders it. */
function permissions(mode: string): number {
  return Number.parseInt(mode, 8) & 0o777
}
