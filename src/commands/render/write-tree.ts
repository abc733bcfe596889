import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { bytesOf } from '../../model/bytes-of.ts'
import type { Content } from '../../model/operation.ts'
import { stands } from '../../model/secret.ts'
import { masked } from '../../model/secret-spans.ts'
import { naming } from '../../model/system-error.ts'
import type { TreeNode } from '../../operations/operation-rules.ts'
import type { Tree } from './render-tree.ts'

const placeholder = 'This content is sensitive: render with --reveal to see it.\n'

interface Options {
  readonly reveal: boolean
  /** By checksum, where the contents are that are not in memory. */
  readonly files?: ReadonlyMap<string, string>
}

/** Writes a tree into a new folder, sensitive files as a placeholder, or 0600. Synchronous, because that is much faster. */
export function writeTree(folder: string, tree: Tree, options: Options): void {
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
        writeNew(target, node, options)
    }
  }
  // Children first: a directory may become unwritable.
  for (const [path, node] of [...tree].reverse()) {
    if (node.type === 'directory') chmodSync(join(folder, path), permissions(node.mode))
  }
}

function writeNew(
  target: string,
  node: Extract<TreeNode, { type: 'file' }>,
  { reveal, files }: Options,
): void {
  const { content, mode, sensitive } = node
  const isShown = !sensitive || reveal
  const source = isShown ? files?.get(content.sha256) : undefined
  if (source !== undefined) {
    copyFileSync(source, target, constants.COPYFILE_EXCL)
    chmodSync(target, sensitive ? 0o600 : permissions(mode))
    return
  }
  // `x` refuses an existing path, and so never writes through a link.
  const file = openSync(target, 'wx', 0o600)
  try {
    writeFileSync(file, isShown ? bytesOf(content) : withoutSecrets(content))
    fchmodSync(file, sensitive ? 0o600 : permissions(mode))
  } catch (error) {
    throw naming(target, error)
  } finally {
    closeSync(file)
  }
}

/** The text around secrets, with words in their place, if it is known where they are. */
function withoutSecrets({ data, secrets }: Content): string {
  return secrets === undefined ? placeholder : masked(data, secrets, ({ name }) => stands(name))
}

/** Without setuid, setgid and sticky bits: the tree belongs to the user who renders it. */
function permissions(mode: string): number {
  return Number.parseInt(mode, 8) & 0o777
}
