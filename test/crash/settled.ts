import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type CrashHost, linesOf } from './hosts.ts'

const runs = '/var/lib/converge/run'

/** Waits until every run that was started on a host has ended by itself. */
export async function settled(host: CrashHost, deadlineMs = 30_000): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!namesOf(host).every((run) => linesOf(host, `${runs}/${run}/results`).at(-1)?.startsWith('end '))) {
    if (performance.now() > deadline) throw new Error(`${host.name} does not come to an end`)
    await delay(50)
  }
}

function namesOf({ root }: CrashHost): readonly string[] {
  return existsSync(join(root, runs)) ? readdirSync(join(root, runs)) : []
}
