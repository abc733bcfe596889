import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, posix, sep } from 'node:path'

/** `follow`: the target of a link; `keep`: the link itself, or a path that may not exist yet. */
export type Links = 'follow' | 'keep'

/** The path on this machine of a path on an embedded host. Rejects with EACCES if a link leads out of its root. */
export async function confine(root: string, path: string, links: Links): Promise<string> {
  const inside = posix.normalize(`/${path}`)
  if (inside === '/') return root
  const parent = await realpath(join(root, dirname(inside)))
  const full = join(parent, basename(inside))
  refuseOutside(root, parent)
  if (links === 'follow' && (await isLink(full))) {
    const target = await realpath(full)
    refuseOutside(root, target)
    return target
  }
  return full
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

function refuseOutside(root: string, path: string): void {
  if (`${path}${sep}`.startsWith(`${root}${sep}`)) return
  throw Object.assign(new Error('the path leads out of the root tree'), { code: 'EACCES' })
}
