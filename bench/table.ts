import type { CompileResult } from './compile-runs.ts'
import { type Case, type ConvergeResult, cases } from './converge-runs.ts'
import type { FootprintResult } from './footprint.ts'
import type { StartResult } from './start-runs.ts'

export interface BenchResult {
  /** What the hosts are, in words. */
  readonly hosts: string
  /** What each host gets, in words. */
  readonly workload: string
  readonly cores: number
  readonly node: string
  readonly runs: number
  readonly start: StartResult
  readonly converge: readonly ConvergeResult[]
  /** Unless hosts are embedded. */
  readonly footprint: FootprintResult | undefined
  readonly compile: readonly CompileResult[]
}

/** The result as a section in Markdown. */
export function renderResult(result: BenchResult): string {
  const { workload, hosts, cores, node, runs, start } = result
  return `Workload: ${workload}. Medians of ${runs} runs after a warm-up, Node ${node}, ${cores} cores; ${hosts}.
The floor is a program written by hand for this workload alone, in Node: one SSH connection and one shell per host, 32 at once, which compares
checksums, sends what differs and restarts what that concerns. It verifies no host key, records nothing and has no dry run. After each run the state of the hosts is compared.

${convergeTable(result.converge)}
${footprintTable(result.footprint)}
${compileTable(result.compile)}
\`converge --help\` takes ${milliseconds(start.helpMs)}, of which Node itself takes ${milliseconds(start.nodeMs)}.
`
}

const caseWords: Readonly<Record<Case, string>> = {
  first: 'first converge',
  noOp: 'nothing to change',
  dryRun: 'dry run of three files',
  change: 'three files, one restart',
}

function convergeTable(results: readonly ConvergeResult[]): string {
  if (results.length === 0) return ''
  const rows = results.flatMap(({ hosts, floor, converge }) =>
    cases.map((name, index) => {
      const [least, taken] = [floor[name], converge[name]]
      if (taken === undefined) throw new Error(`no ${name}`)
      const cells = (
        [
          ['wallMs', seconds],
          ['cpuMs', seconds],
          ['peakMb', megabytes],
        ] as const
      ).map(([figure, words]) =>
        least === undefined
          ? words(taken[figure])
          : `${words(taken[figure])} / ${words(least[figure])} = ${ratio(taken[figure], least[figure])}`,
      )
      return `| ${index === 0 ? hosts : ''} | ${caseWords[name]} | ${cells.join(' | ')} |`
    }),
  )
  return `| hosts | converge / floor | wall time | client CPU | peak memory |
|--:|---|--:|--:|--:|
${rows.join('\n')}
`
}

function footprintTable(footprint: FootprintResult | undefined): string {
  if (footprint === undefined) return ''
  const rows = cases.map((name) => {
    const cells = (['roundTrips', 'processes'] as const).map((figure) =>
      [footprint.converge[name]?.[figure], footprint.floor[name]?.[figure]]
        .flatMap((value) => value ?? [])
        .join(' / '),
    )
    return `| ${caseWords[name]} | ${cells.join(' | ')} |`
  })
  return `| one host, converge / floor | serial round trips | processes on the host |
|---|--:|--:|
${rows.join('\n')}
`
}

function compileTable(results: readonly CompileResult[]): string {
  if (results.length === 0) return ''
  const rows = results.map(({ hosts, compile, render, diff }) => {
    const cells = [compile, render, diff].flatMap(({ wallMs, peakMb }) => [
      seconds(wallMs),
      megabytes(peakMb),
    ])
    return `| ${thousands(hosts)} | ${cells.join(' | ')} |`
  })
  return `| hosts | compile | peak memory | compile, render and write | peak memory | diff of two revisions | peak memory |
|--:|--:|--:|--:|--:|--:|--:|
${rows.join('\n')}

${slopes(results)}`
}

/** How the time grows between the two largest clusters, where only the number of hosts matters. */
function slopes(results: readonly CompileResult[]): string {
  const [small, large] = results.slice(-2)
  if (small === undefined || large === undefined) return ''
  const growth = ratio(large.hosts, small.hosts)
  const compile = ratio(large.compile.wallMs, small.compile.wallMs)
  const render = ratio(large.render.wallMs, small.render.wallMs)
  return `From ${thousands(small.hosts)} to ${thousands(large.hosts)} hosts (${growth}) the time to compile grows ${compile}, to compile and render ${render}.
`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function milliseconds(ms: number): string {
  return `${Math.round(ms)} ms`
}

function megabytes(mb: number): string {
  return `${Math.round(mb)} MB`
}

function ratio(value: number, base: number): string {
  const factor = value / base
  return `${factor.toFixed(factor < 9.95 ? 1 : 0)} ×`
}

function thousands(count: number): string {
  return count.toLocaleString('en-US')
}
