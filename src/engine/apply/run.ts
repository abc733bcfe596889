import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { Host } from '../../model/cluster.ts'
import { given } from '../../model/given.ts'
import type { Run } from '../../shell/programs/plan-program.ts'

export interface ApplyOptions {
  /** How long to wait for another apply that holds a host's lock; 0 by default. */
  readonly lockWaitSeconds?: number
  /** Each host undoes the apply unless a new connection confirms it within this time. */
  readonly confirmWithinSeconds?: number
}

/** `root@control since 2026-01-02T03:04:05.678Z`: what a second controller is told, and what history shows. */
export function startedBy(): string {
  return `${userInfo().username}@${hostname()} since ${new Date().toISOString()}`
}

/** A new run on a host; its id sorts by time. */
export function newRun({ platform }: Host, cluster: string, by: string, options: ApplyOptions): Run {
  const id = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`
  const { stateDir, keepGenerations } = platform
  const stagingDir = `${platform.stagingDir}/converge-${cluster}-${id}`
  return { id, by, stateDir, cluster, ...given({ keepGenerations }), stagingDir, ...options }
}
