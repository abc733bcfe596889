import { type ChildProcess, spawn } from 'node:child_process'

/** A user of the host who is nobody in particular: no account, no groups. */
export const meddler = { uid: 61_001, gid: 61_001 }

interface Habits {
  readonly seed: number
  /** Whether pipes take the place of files, too. */
  readonly pipes: boolean
}

/**
 * What the owner of a directory does while root works there: gives its names, and those of whatever appears in it, to
 * links, pipes and other directories and back, as fast as it can, and reads and writes all that it gets at. It runs as
 * text in a process of its own, so that it may use nothing from around it.
 */
function meddle(home: string, treasure: string, { seed, pipes }: Habits): void {
  const fs = process.getBuiltinModule('node:fs')
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  const { join } = process.getBuiltinModule('node:path')
  let state = seed
  const random = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * limit)
  }
  const attempt = (act: () => void): void => {
    try {
      act()
    } catch {}
  }
  const bag = join(home, 'bag')
  fs.mkdirSync(bag, { recursive: true })
  const targets = ['etc', 'root', 'etc/shadow', 'etc/ld.so.conf.d', 'root/.ssh'].map((name) =>
    join(treasure, name),
  )
  const pipe = join(bag, 'pipe')
  attempt(() => execFileSync('mkfifo', [pipe]))
  const tricks: ((name: string) => void)[] = [
    (name) => fs.symlinkSync(targets[random(targets.length)] ?? '', name),
    (name) => fs.mkdirSync(name),
    (name) => fs.writeFileSync(name, 'mine'),
    (name) => fs.linkSync(join(bag, 'mine'), name),
    (name) => fs.linkSync(pipes ? pipe : join(bag, 'mine'), name),
  ]
  fs.writeFileSync(join(bag, 'mine'), 'mine')
  const swap = (name: string): void => {
    const away = join(bag, `away-${random(4)}`)
    attempt(() => fs.rmSync(away, { recursive: true }))
    attempt(() => fs.renameSync(name, away))
    attempt(() => tricks[random(tricks.length)]?.(name))
    if (random(2) === 0) return
    attempt(() => fs.rmSync(name, { recursive: true }))
    attempt(() => fs.renameSync(away, name))
  }
  const inside = (folder: string): void => {
    for (const name of ['.converge', '.converge-old', 'archive', 'tree', 'a.conf', 'app.conf', 'new']) {
      attempt(() => fs.symlinkSync(targets[random(targets.length)] ?? '', join(folder, name)))
      attempt(() => fs.writeFileSync(join(folder, name), 'mine'))
    }
  }
  for (;;) {
    for (const folder of [home, join(home, 'conf')]) {
      attempt(() => {
        for (const name of fs.readdirSync(folder)) {
          const path = join(folder, name)
          if (name === 'bag') continue
          attempt(() => {
            if (fs.readFileSync(path, 'utf8').includes('SECRET')) process.stdout.write(`read ${path}\n`)
          })
          if (name.startsWith('.converge') && random(3) > 0) inside(path)
          if (random(3) === 0) swap(path)
        }
      })
    }
    for (const name of ['conf', '.converge-test-1-1', 'conf/.converge-test-1-2']) {
      attempt(() => fs.mkdirSync(join(home, name)))
    }
  }
}

/** Starts it in a directory that it owns; `told` has what it found out when it has ended. */
export function startMeddling(
  home: string,
  treasure: string,
  habits: Habits,
): { readonly process: ChildProcess; end(): Promise<string> } {
  const program = `(${meddle.toString()})(${JSON.stringify(home)}, ${JSON.stringify(treasure)}, ${JSON.stringify(habits)})`
  const child = spawn(process.execPath, ['-e', program], {
    ...meddler,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let told = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => {
      told += text
    })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    process: child,
    async end() {
      child.kill('SIGKILL')
      await ended
      return told
    },
  }
}
