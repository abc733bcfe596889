import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A command on a host that says when it has begun and then waits until it is let go; no clock is involved. */
export interface Gate {
  readonly command: string
  /** What exists once it is through. */
  readonly passed: string
  reached(): Promise<void>
  open(): void
}

export function makeGate(root: string): Gate {
  const [begun, release, passed] = ['begun', 'release', 'passed'].map((name) => `/srv/crash/${name}`)
  if (begun === undefined || release === undefined || passed === undefined) throw new Error('no paths')
  for (const pipe of [begun, release]) execFileSync('mkfifo', [join(root, pipe)])
  return {
    command: [
      `echo begun >"$CONVERGE_ROOT${begun}"`,
      `read -r word <"$CONVERGE_ROOT${release}"`,
      `: >"$CONVERGE_ROOT${passed}"`,
    ].join('; '),
    passed,
    reached: () =>
      new Promise((resolve, reject) => {
        const reading = spawn('sh', ['-c', 'read -r word <"$1"', 'sh', join(root, begun)])
        reading.on('error', reject)
        reading.on('close', () => resolve())
      }),
    open: () => writeFileSync(join(root, release), 'go\n'),
  }
}
