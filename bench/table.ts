import type { CompileResult } from './compile-runs.ts'
import type { ConvergeResult } from './converge-runs.ts'
import type { Usage } from './measure.ts'
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
  readonly compile: readonly CompileResult[]
}

/** The result as a section in Markdown. */
export function renderResult(result: BenchResult): string {
  const { workload, hosts, cores, node, runs, start } = result
  return `Workload: ${workload}. Medians of ${runs} runs after a warm-up, Node ${node}, ${cores} cores; ${hosts}.
The floor is a minimal Node program in the same run: one SSH connection and one \`true\` per host, 32 at once.

${convergeTable(result.converge)}
${compileTable(result.compile)}
\`converge --help\` takes ${milliseconds(start.helpMs)}, of which Node itself takes ${milliseconds(start.nodeMs)}.
`
}

function convergeTable(results: readonly ConvergeResult[]): string {
  if (results.length === 0) return ''
  const rows = results.flatMap(({ hosts, floor, ...cases }) => [
    `| ${hosts} | floor | ${seconds(floor.wallMs)} | ${seconds(floor.cpuMs)} | ${megabytes(floor.peakMb)} |`,
    row('first converge', cases.first, floor),
    row('nothing to change', cases.noOp, floor),
    row('one file changed', cases.change, floor),
  ])
  return `| hosts | converge | wall time (× floor) | client CPU (× floor) | peak memory (× floor) |
|--:|---|--:|--:|--:|
${rows.join('\n')}
`
}

function row(name: string, usage: Usage, floor: Usage): string {
  const cells = [
    `${seconds(usage.wallMs)} (${ratio(usage.wallMs, floor.wallMs)})`,
    `${seconds(usage.cpuMs)} (${ratio(usage.cpuMs, floor.cpuMs)})`,
    `${megabytes(usage.peakMb)} (${ratio(usage.peakMb, floor.peakMb)})`,
  ]
  return `| | ${name} | ${cells.join(' | ')} |`
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
