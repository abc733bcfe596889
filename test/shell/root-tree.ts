import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Shell, shells } from './shells.ts'

export interface Finished {
  readonly exitCode: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** A throw-away root tree in which programs run as they do on a host: on stdin of one shell. */
export interface RootTree {
  readonly root: string
  readonly shell: Shell
  /** Starts a program that comes through a pipe, as it does on a host. */
  start(program: string): { readonly child: ChildProcess; readonly finished: Promise<Finished> }
  /** Runs a program that comes from a file: bash reads a pipe byte by byte, which takes most of a test's time. */
  run(program: string): Promise<Finished>
  /** A path of the host as a path of this machine. */
  at(path: string): string
  write(path: string, content: string | Uint8Array, mode?: number): void
  read(path: string): string
}

export interface TreeOptions {
  /** Environment variables beyond CONVERGE_ROOT. */
  readonly environment?: Readonly<Record<string, string>>
  /** Where programs are started; in this process's own directory unless given. */
  readonly cwd?: string
}

const files = {
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n',
  '/etc/group': 'root:x:0:\ndaemon:x:1:\nusers:x:100:daemon\n',
  '/etc/shadow': 'root:*:19000:0:99999:7:::\n',
}

/** Hands a fresh root tree of each shell to a test, side by side; a failure says in which shell it is. */
export async function inEachShell(
  use: (tree: RootTree) => Promise<void>,
  options: TreeOptions = {},
): Promise<void> {
  await inShells(shells, use, options)
}

async function inShells(
  chosen: readonly Shell[],
  use: (tree: RootTree) => Promise<void>,
  options: TreeOptions,
): Promise<void> {
  await Promise.all(
    chosen.map(async (shell) => {
      try {
        await withRootTree(shell, use, options)
      } catch (error) {
        if (error instanceof Error) error.message = `in ${shell.name}: ${error.message}`
        throw error
      }
    }),
  )
}

const isInEachShell = process.env.CONVERGE_SHELLS === 'all'
let turn = 0

/**
 * The same in one shell, each time in the next one. With CONVERGE_SHELLS=all, as the gate and the night have it, in each
 * shell.
 */
export async function inShellsByTurns(
  use: (tree: RootTree) => Promise<void>,
  options: TreeOptions = {},
): Promise<void> {
  if (isInEachShell) return inEachShell(use, options)
  const chosen = turn % shells.length
  turn += 1
  await inShells(shells.slice(chosen, chosen + 1), use, options)
}

/** Makes a root tree, hands it over, and removes it whatever happens. */
export async function withRootTree(
  shell: Shell,
  use: (tree: RootTree) => Promise<void>,
  options: TreeOptions = {},
): Promise<void> {
  const tree = openRootTree(shell, options)
  try {
    await use(tree)
  } finally {
    tree.close()
  }
}

export function openRootTree(
  shell: Shell,
  { environment = {}, cwd }: TreeOptions = {},
): RootTree & { close(): void } {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : realpathSync(tmpdir())
  const root = mkdtempSync(join(parent, 'converge-test-'))
  const at = (path: string): string => join(root, path)
  const write: RootTree['write'] = (path, content, mode = 0o644) => {
    mkdirSync(join(at(path), '..'), { recursive: true })
    writeFileSync(at(path), content, { mode })
  }
  const startWith = (stdin: 'pipe' | number): ChildProcess =>
    spawn(shell.command, [...shell.args, '-s'], {
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', CONVERGE_ROOT: root, ...environment },
    })
  const start: RootTree['start'] = (program) => {
    const child = startWith('pipe')
    // A program that ends before it has read all of itself breaks the pipe.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(program)
    return { child, finished: collect(child) }
  }
  const run: RootTree['run'] = (program) => {
    const file = `${root}.program`
    writeFileSync(file, program)
    const stdin = openSync(file, 'r')
    rmSync(file)
    try {
      return collect(startWith(stdin))
    } finally {
      closeSync(stdin)
    }
  }
  for (const [path, content] of Object.entries(files)) write(path, content)
  mkdirSync(at('/var/tmp'), { recursive: true })
  mkdirSync(at('/var/lib'), { recursive: true })
  return {
    root,
    shell,
    start,
    run,
    at,
    write,
    read: (path) => readFileSync(at(path), 'utf8'),
    close: () => rmSync(root, { recursive: true, force: true }),
  }
}

function collect(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
    // A program that hangs fails its test instead of the whole run.
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), 60_000)
    child.on('error', reject)
    child.on('close', (exitCode) => {
      clearTimeout(timer)
      resolve({ exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() })
    })
  })
}

/** What is in a tree: one line per path with its kind, mode and content, sorted; converge's own state left out. */
export function listTree(root: string, below = ''): readonly string[] {
  return readdirSync(join(root, below), { encoding: 'utf8' })
    .sort()
    .flatMap((name) => {
      const path = `${below}/${name}`
      if (path === '/var/lib/converge') return []
      const found = lstatSync(join(root, path))
      const { mode, uid, gid } = found
      const owned = `${(mode & 0o7777).toString(8).padStart(4, '0')} ${uid}:${gid}`
      const shown = JSON.stringify(path)
      if (found.isSymbolicLink()) return [`${shown} link ${JSON.stringify(readlinkSync(join(root, path)))}`]
      if (found.isDirectory()) return [`${shown} directory ${owned}`, ...listTree(root, path)]
      if (found.isFile())
        return [`${shown} file ${owned} ${readFileSync(join(root, path)).toString('base64')}`]
      return [`${shown} other ${owned}`]
    })
}
