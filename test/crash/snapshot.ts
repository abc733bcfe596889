import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What is at each path of a host: kind, mode, owner and content in one text. */
export type Snapshot = ReadonlyMap<string, string>

/** All that is at and below these paths of a root tree. What names the tree itself reads the same for every tree. */
export function takeSnapshot(root: string, paths: readonly string[]): Snapshot {
  const found = new Map<string, string>()
  for (const path of paths) visit(root, path, found)
  return found
}

function visit(root: string, path: string, found: Map<string, string>): void {
  const full = join(root, path)
  const stats = lstatSync(full, { throwIfNoEntry: false })
  if (stats === undefined) return
  const owned = `${(stats.mode & 0o7777).toString(8).padStart(4, '0')} ${idOf(stats.uid, process.getuid?.())}:${idOf(stats.gid, process.getgid?.())}`
  if (stats.isSymbolicLink()) found.set(path, `link ${readlinkSync(full)}`)
  else if (stats.isDirectory()) {
    found.set(path, `directory ${owned}`)
    for (const name of readdirSync(full).sort()) visit(root, join(path, name), found)
  } else found.set(path, `file ${owned} ${readFileSync(full, 'utf8').replaceAll(root, '')}`)
}

/** Whoever runs the tests stands for root. */
function idOf(id: number, own: number | undefined): number {
  return id === own ? 0 : id
}

/** What is not in one of the two states, path by path: torn, half owned, or from nowhere. Directories may be half made. */
export function unlikeBoth(now: Snapshot, old: Snapshot, whole: Snapshot): readonly string[] {
  const paths = new Set([...now.keys(), ...old.keys(), ...whole.keys()])
  return [...paths].filter((path) => {
    if (isTemporary(path)) return false
    const state = now.get(path)
    if (state === old.get(path) || state === whole.get(path)) return false
    const tight = state?.startsWith('directory 0700 0:0') === true
    return !(tight && (whole.get(path)?.startsWith('directory ') ?? false))
  })
}

/** Names that converge gives to what is not finished. */
export function isTemporary(path: string): boolean {
  return path.includes('/.converge-')
}

/** How two snapshots differ, one line each. */
export function differences(now: Snapshot, wanted: Snapshot): readonly string[] {
  const paths = [...new Set([...now.keys(), ...wanted.keys()])].sort()
  return paths.flatMap((path) =>
    now.get(path) === wanted.get(path)
      ? []
      : [`${path}: ${short(now.get(path))} instead of ${short(wanted.get(path))}`],
  )
}

function short(state: string | undefined): string {
  return state === undefined ? 'nothing' : JSON.stringify(state.slice(0, 300))
}
