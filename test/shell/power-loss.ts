import { dirname, normalize } from 'node:path'
import type { SystemCall } from './strace.ts'

/** What a power loss could take at a moment, and the moments at which it must not be able to. */
export interface DurabilityRules {
  /** What converge changes on the host's behalf. */
  isManaged(path: string): boolean
  /** What it must not forget once it has begun to act: journal, manifest, kept contents. */
  isRemembered(path: string): boolean
  /** Notes after an act, which may get lost: the act is then only done or noted again. */
  isAfterthought(path: string, written: string): boolean
  /** What commands change: it is safe before it is noted as done. */
  isEffect(path: string): boolean
  /** Whether that is what is noted. */
  notesEffect(written: string): boolean
}

/** How a traced run kept to the rules. */
export interface Verdict {
  /** Acts on managed paths: renames, removals, new modes and owners, units that are told something. */
  readonly acts: number
  readonly violations: readonly string[]
}

/**
 * Follows a trace as a file system does that keeps nothing by itself: bytes are safe after fsync of their file, names
 * after fsync of their directory. `existing` are the paths that were there before.
 */
export function judge(
  calls: readonly SystemCall[],
  existing: ReadonlySet<string>,
  rules: DurabilityRules,
): Verdict {
  const known = new Set(existing)
  const bytes = new Set<string>()
  const names = new Map<string, Set<string>>()
  const violations: string[] = []
  let acts = 0

  const dirtyName = (path: string): void => {
    const directory = dirname(path)
    names.set(directory, (names.get(directory) ?? new Set()).add(path))
  }
  const unsafe = (wanted: (path: string) => boolean): string[] =>
    [...bytes, ...[...names.values()].flatMap((paths) => [...paths])].filter(wanted)
  const act = (what: string): void => {
    acts += 1
    for (const path of unsafe(rules.isRemembered)) violations.push(`${what}: before that ${path} is not safe`)
  }

  for (const call of calls) {
    const { name, arguments: words, result } = call
    if (result.startsWith('-1')) continue
    const [first = '', second = ''] = pathsIn(call)
    switch (name) {
      case 'openat': {
        const path = /<(.*)>$/.exec(result)?.[1] ?? ''
        if (words.includes('O_CREAT') && !known.has(path)) {
          known.add(path)
          dirtyName(path)
        }
        if (words.includes('O_TRUNC') && known.has(path)) bytes.add(path)
        break
      }
      case 'write':
      case 'pwrite64':
      case 'ftruncate':
        if (!rules.isAfterthought(first, words)) bytes.add(first)
        if (rules.notesEffect(words))
          for (const path of unsafe(rules.isEffect))
            violations.push(`${words}: before that ${path} is not safe`)
        break
      case 'copy_file_range':
        bytes.add(second)
        break
      case 'sendfile':
        bytes.add(first)
        break
      case 'ioctl':
        if (words.includes('FICLONE')) bytes.add(first)
        break
      case 'fsync':
      case 'fdatasync':
        bytes.delete(first)
        names.delete(first)
        break
      case 'sync':
      case 'syncfs':
        bytes.clear()
        names.clear()
        break
      case 'rename':
      case 'renameat':
      case 'renameat2':
        if (rules.isManaged(second)) {
          act(`rename to ${second}`)
          if (bytes.has(first)) violations.push(`rename to ${second}: its bytes are not safe`)
        } else if (rules.isRemembered(second) && bytes.has(first)) {
          violations.push(`rename to ${second}: its bytes are not safe`)
        }
        if (bytes.delete(first)) bytes.add(second)
        names.get(dirname(first))?.delete(first)
        known.delete(first)
        known.add(second)
        dirtyName(second)
        break
      case 'link':
      case 'linkat':
      case 'symlink':
      case 'symlinkat': {
        if (rules.isManaged(second)) act(`${name} ${second}`)
        known.add(second)
        dirtyName(second)
        break
      }
      case 'mkdir':
      case 'mkdirat':
        if (rules.isManaged(first)) act(`${name} ${first}`)
        known.add(first)
        dirtyName(first)
        break
      case 'unlink':
      case 'unlinkat':
      case 'rmdir':
        if (rules.isManaged(first)) act(`${name} ${first}`)
        bytes.delete(first)
        known.delete(first)
        dirtyName(first)
        break
      case 'execve':
        if (/"systemctl", "(?:start|stop|restart|reload|enable|disable)"/.test(words))
          act(words.slice(0, 120))
        break
      default:
        if (rules.isManaged(first)) act(`${name} ${first}`)
        bytes.add(first)
    }
  }
  for (const path of unsafe(rules.isManaged)) violations.push(`at the end ${path} is not safe`)
  return { acts, violations }
}

const byDescriptor = [
  'write',
  'pwrite64',
  'ftruncate',
  'copy_file_range',
  'sendfile',
  'ioctl',
  'fsync',
  'fdatasync',
  'fchmod',
  'fchown',
]

/** The paths that a call is about: those of its descriptors, or the names in it, each completed by its directory. */
function pathsIn({ name, arguments: words }: SystemCall): readonly string[] {
  if (byDescriptor.includes(name)) return [...words.matchAll(/\b\d+<([^>]*)>/g)].map(([, path = '']) => path)
  let directory = ''
  return [...words.matchAll(/<([^>]*)>|"((?:[^"\\]|\\.)*)"/g)].flatMap(([, from, named]) => {
    if (named === undefined) directory = from ?? ''
    if (named === undefined) return []
    return [normalize(named.startsWith('/') ? named : `${directory}/${named}`)]
  })
}
