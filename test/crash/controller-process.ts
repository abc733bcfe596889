import { spawn } from 'node:child_process'
import { programArguments } from '../programs.ts'
import type { Reachable } from './proxied.ts'

/** A controller that can be killed as a whole process, without a chance to say or save anything. */
export interface Controller {
  kill(): void
  /** The signal that it died from, or its exit code. */
  readonly ended: Promise<string | number | null>
}

export function startController(options: Reachable): Controller {
  const script = programArguments('test/crash/controller.ts')
  const child = spawn(process.execPath, [...script, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return {
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(signal ?? code))
    }),
  }
}
