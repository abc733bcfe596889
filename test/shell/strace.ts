import { spawnSync } from 'node:child_process'

/** One system call of a trace, in the order in which the calls came to their end. */
export interface SystemCall {
  readonly name: string
  /** As strace prints them; descriptors with their paths, as in `3</etc/motd>`. */
  readonly arguments: string
  readonly result: string
}

const traced = [
  ...['openat', 'write', 'pwrite64', 'copy_file_range', 'sendfile', 'ftruncate', 'ioctl'],
  ...['fsync', 'fdatasync', 'sync', 'syncfs', 'rename', 'renameat', 'renameat2', 'link', 'linkat'],
  ...['symlink', 'symlinkat', 'mkdir', 'mkdirat', 'unlink', 'unlinkat', 'rmdir'],
  ...['chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'fchownat', 'lchown', 'execve'],
]

/** The words that go before a command so that its file system calls and those of all its children are in a file. */
export function straceWords(file: string): readonly string[] {
  return ['strace', '-f', '-A', '-qq', '-y', '-s', '64', '-o', file, '-e', `trace=${traced.join(',')}`]
}

/** Why nothing can be traced here, as a sentence's end; undefined where it can. */
export function straceUnavailable(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' })
  if (error !== undefined) return 'strace is not installed'
  return status === 0 ? undefined : `strace may not trace: ${stderr.trim()}`
}

/** Reads a trace of several processes; a call that others interrupted counts where it ends. */
export function parseTrace(text: string): readonly SystemCall[] {
  const begun = new Map<string, string>()
  return text.split('\n').flatMap((line): SystemCall[] => {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1]
    if (unfinished !== undefined) begun.set(pid, unfinished)
    if (unfinished !== undefined) return []
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1]
    const whole = resumed === undefined ? rest : `${begun.get(pid) ?? ''}${resumed}`
    const [, name, words, result] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? []
    return name === undefined || words === undefined || result === undefined
      ? []
      : [{ name, arguments: words, result }]
  })
}
