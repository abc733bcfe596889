import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchHosts } from './hosts.ts'
import { type Measured, measure, medianUsage, type Usage } from './measure.ts'
import { reachable, showWorkload, wholeWorkload, workloadSpec } from './workload.ts'

/** What is done to hosts, in this order. */
export const cases = ['first', 'noOp', 'dryRun', 'change'] as const
export type Case = (typeof cases)[number]

/** Who does it. The floor has no dry run. */
const doers = ['floor', 'converge'] as const
export type Doer = (typeof doers)[number]

export type ByCase<Value> = Readonly<Partial<Record<Case, Value>>>

/** What converge and the floor take on so many hosts. */
export interface ConvergeResult {
  readonly hosts: number
  readonly floor: ByCase<Usage>
  readonly converge: ByCase<Usage>
}

export interface ConvergeOptions {
  readonly hosts: BenchHosts
  readonly runs: number
  readonly folder: string
}

/** The median of so many rounds after one that does not count. */
export async function measureConverge({ hosts, runs, folder }: ConvergeOptions): Promise<ConvergeResult> {
  const act = actOn(hosts, folder)
  const rounds: Record<Doer, ByCase<Usage>[]> = { floor: [], converge: [] }
  for (let run = 0; run <= runs; run++) {
    // The commands of an embedded host run on this machine, which the floor would change.
    for (const doer of hosts.run === undefined ? (['converge'] as const) : doers) {
      const round = await inAllCases(doer, hosts, (name) => act(doer, name, 2 * run))
      if (run > 0) rounds[doer].push(round)
    }
  }
  const medians = (all: readonly ByCase<Usage>[]): ByCase<Usage> =>
    byCase((name) => {
      const usages = all.flatMap((round) => round[name] ?? [])
      return usages.length === 0 ? undefined : medianUsage(usages)
    })
  return { hosts: hosts.hosts.length, floor: medians(rounds.floor), converge: medians(rounds.converge) }
}

/** The cases in a row, on hosts that have nothing of the workload at first. */
export async function inAllCases<Value>(
  doer: Doer,
  hosts: BenchHosts,
  act: (name: Case) => Promise<Value>,
): Promise<ByCase<Value>> {
  await hosts.reset(hosts.hosts)
  const done: Partial<Record<Case, Value>> = {}
  for (const name of cases) if (doer === 'converge' || name !== 'dryRun') done[name] = await act(name)
  return done
}

export interface Act extends Usage {
  /** How many processes the first host has started meanwhile, with those of asking; 0 for embedded hosts. */
  readonly processes: number
}

/** Does a case once and measures it. Throws if the hosts are not as they should be then. */
export function actOn(hosts: BenchHosts, folder: string) {
  const names = hosts.hosts.map(({ name }) => name)
  const count = `${names.length} hosts?: ${names.length}`
  const said: Readonly<Record<Case, RegExp>> = {
    first: new RegExp(`^${count} changed; `, 'm'),
    noOp: /^Nothing to do\.$/m,
    dryRun: new RegExp(`^${count} to change; `, 'm'),
    change: new RegExp(`^${count} changed; `, 'm'),
  }
  return async (doer: Doer, name: Case, version: number): Promise<Act> => {
    const isNext = name === 'dryRun' || name === 'change'
    await writeFile(
      join(folder, 'cluster.yaml'),
      workloadSpec(reachable(hosts), isNext ? version + 1 : version),
    )
    const tree = join(folder, 'tree')
    await measure([cli, 'render', '-o', tree], { folder, cwd: folder })
    const before = await lastPid()
    const measured = await (doer === 'floor' ? floor(tree) : converge(name))
    const processes = (await lastPid()) - before
    await check(tree, name === 'dryRun')
    return { ...measured, processes }
  }

  /** How many processes the first host has started; to ask takes some, too. */
  async function lastPid(): Promise<number> {
    return Number((await hosts.run?.(names[0] ?? '', 'cat /proc/sys/kernel/ns_last_pid')) ?? 0)
  }

  function floor(tree: string): Promise<Measured> {
    const input = { hosts: hosts.hosts, identityFile: hosts.identityFile, parallel: 32, folder: tree }
    return measure([file('floor.mjs'), JSON.stringify(input)], { folder })
  }

  async function converge(name: Case): Promise<Measured> {
    const result = await measure([cli, name === 'dryRun' ? '--dry-run' : '--yes'], { folder, cwd: folder })
    if (!said[name].test(result.stdout)) throw new Error(`not ${said[name]} as expected:\n${result.stdout}`)
    return result
  }

  /** What was measured must have been done, or left alone. */
  async function check(tree: string, isUntouched: boolean): Promise<void> {
    for (const name of names) {
      const paths = readdirSync(join(tree, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(tree, name).length))
      const differing = paths.filter(
        (path) =>
          readFileSync(hosts.path(name, path), 'utf8') !== readFileSync(join(tree, name, path), 'utf8'),
      )
      if (differing.length > 0 !== isUntouched) throw new Error(`${name}: ${differing.join(', ')} differ`)
      const shown = (await hosts.run?.(name, showWorkload)) ?? wholeWorkload
      if (shown !== wholeWorkload) throw new Error(`${name}: ${shown}`)
    }
  }
}

function byCase<Value>(of: (name: Case) => Value | undefined): ByCase<Value> {
  return Object.fromEntries(cases.flatMap((name) => (of(name) === undefined ? [] : [[name, of(name)]])))
}

const cli = file('../dist/cli.js')

function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
