import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchHosts } from './hosts.ts'
import { type Measured, measure, medianUsage, type Usage } from './measure.ts'
import { reachable, workloadSpec } from './workload.ts'

/** What `converge --yes` takes on so many hosts, and what the floor does. */
export interface ConvergeResult {
  readonly hosts: number
  readonly floor: Usage
  /** On hosts that have nothing of the workload. */
  readonly first: Usage
  readonly noOp: Usage
  /** One file changed on each host. */
  readonly change: Usage
}

export interface ConvergeOptions {
  readonly hosts: BenchHosts
  readonly runs: number
  readonly folder: string
}

/** The default of `--parallel`. */
const parallel = 32

/** The median of so many rounds after one that does not count. A round is the floor, then the three cases in a row. */
export async function measureConverge({ hosts, runs, folder }: ConvergeOptions): Promise<ConvergeResult> {
  const { identityFile } = hosts
  const floorInput = JSON.stringify({ hosts: hosts.hosts, identityFile, parallel })
  const cluster = reachable(hosts)
  const count = hosts.hosts.length
  const changed = new RegExp(`^${count} hosts?: ${count} changed; `, 'm')
  const converge = async (version: number, expected: RegExp): Promise<Measured> => {
    await writeFile(join(folder, 'cluster.yaml'), workloadSpec(cluster, version))
    const result = await measure([file('../dist/cli.js'), '--yes'], { folder, cwd: folder })
    // What was measured must be what the table says.
    if (!expected.test(result.stdout)) throw new Error(`not ${expected} as expected:\n${result.stdout}`)
    return result
  }
  const round = async (version: number) => {
    await hosts.reset(hosts.hosts)
    return {
      floor: await measure([file('floor.mjs'), floorInput], { folder }),
      first: await converge(version, changed),
      noOp: await converge(version, /^Nothing to do\.$/m),
      change: await converge(version + 1, changed),
    }
  }
  await round(0)
  const rounds = []
  for (let run = 1; run <= runs; run++) rounds.push(await round(2 * run))
  return {
    hosts: count,
    floor: medianUsage(rounds.map(({ floor }) => floor)),
    first: medianUsage(rounds.map(({ first }) => first)),
    noOp: medianUsage(rounds.map(({ noOp }) => noOp)),
    change: medianUsage(rounds.map(({ change }) => change)),
  }
}

function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
