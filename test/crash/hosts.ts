import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../../src/compile/compile.ts'
import { openSession, type Session } from '../../src/engine/session.ts'
import type { SessionInput } from '../../src/engine/session-context.ts'
import type { Host } from '../../src/model/cluster.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { HostReport, Report } from '../../src/model/report.ts'
import type { Resource } from '../../src/model/resource.ts'
import { resourceKinds } from '../../src/resources/index.ts'
import type { HostLibrary } from '../../src/shell/library.ts'
import { createTransports } from '../../src/transports/index.ts'
import { sampleCluster, sampleHost } from '../samples/host.ts'

/** A host that a test interrupts, on whatever it lies. */
export interface CrashHost {
  readonly name: string
  readonly address: string
  readonly port: number
  /** Where this machine sees the host's files. */
  readonly root: string
}

export interface SessionOptions {
  readonly hosts: readonly CrashHost[]
  readonly identityFile: string
  readonly knownHostsFile: string
  readonly resources: readonly Resource[]
  readonly library: HostLibrary
  readonly lockWaitSeconds?: number
  /** How the hosts are reached; over SSH unless given. */
  readonly transports?: SessionInput['transports']
}

/** A session in which all of these resources are wanted on all of the hosts. */
export function openCrashSession(options: SessionOptions): Session {
  const { hosts, resources, library, lockWaitSeconds } = options
  const cluster = sampleCluster(
    hosts.map((host) => clusterHost(host, options)),
    'crash',
  )
  const all = {
    recipe: { name: 'all', attributes: { type: 'object' }, needs: [], resources: () => resources },
    read: () => '',
  }
  return openSession({
    localCommands: true,
    cluster,
    catalog: compile({ cluster, recipes: { all }, kinds: resourceKinds, readFile: () => '' }),
    transports: options.transports ?? createTransports(),
    library,
    parallel: 8,
    ...(lockWaitSeconds === undefined ? {} : { lockWaitSeconds }),
  })
}

function clusterHost({ name, address, port }: CrashHost, options: SessionOptions): Host {
  const { identityFile, knownHostsFile } = options
  const runList = [{ recipe: 'all', layer: `host ${name}` }]
  return sampleHost(name, {
    address,
    target: { transport: 'ssh', address, ssh: { user: 'root', port, identityFile, knownHostsFile } },
    runList,
    declarations: () => runList,
  })
}

/** One whole run: plan and apply. */
export async function converge(
  options: SessionOptions,
): Promise<{ readonly plan: Plan; readonly report: Report }> {
  const session = openCrashSession(options)
  try {
    const plan = await session.plan()
    const { lockWaitSeconds } = options
    return {
      plan,
      report: await session.apply(plan, lockWaitSeconds === undefined ? {} : { lockWaitSeconds }),
    }
  } finally {
    await session.close()
  }
}

/** How a host came out, in one line for a test's message. */
export function outcome(report: HostReport | undefined): string {
  if (report === undefined) return 'no report'
  if (report.status === 'failed' || report.status === 'unreachable')
    return `${report.status}: ${report.error.message}`
  if (report.status === 'unsettled')
    return `unsettled: ${report.remaining.map(({ resource, reason }) => `${resource} ${reason}`).join(', ')}`
  return report.status
}

/** The lines of a host's file, none if there is no file. */
export function linesOf(host: CrashHost, path: string): readonly string[] {
  try {
    return readFileSync(join(host.root, path), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

export function putFile(host: CrashHost, path: string, content: string): void {
  writeFileSync(join(host.root, path), content)
}
