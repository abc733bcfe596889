import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What one process took, from its start to its end. */
export interface Usage {
  readonly wallMs: number
  /** User and system time of the process itself. */
  readonly cpuMs: number
  /** The most memory that was resident at once. */
  readonly peakMb: number
}

export interface Measured extends Usage {
  readonly stdout: string
}

export interface MeasureOptions {
  /** A folder for the measurement's own file. */
  readonly folder: string
  readonly cwd?: string
}

const preload = fileURLToPath(new URL('usage.cjs', import.meta.url))

/**
 * Runs a script with Node in a process of its own and measures it.
 * @throws with its output when it exits with anything but 0
 */
export async function measure(args: readonly string[], { folder, cwd }: MeasureOptions): Promise<Measured> {
  const file = `${folder}/usage.json`
  const env = { ...process.env, NO_COLOR: '1', CONVERGE_BENCH_USAGE: file }
  const started = performance.now()
  const child = spawn(process.execPath, ['--require', preload, ...args], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<{ readonly exitCode: number | null; readonly wallMs: number }>(
    (resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exitCode) => resolve({ exitCode, wallMs: performance.now() - started }))
    },
  )
  const [stdout, stderr, { exitCode, wallMs }] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ])
  if (exitCode !== 0) throw new Error(`${args.join(' ')} exited with ${exitCode}\n${stdout}${stderr}`)
  const { cpuMs, peakMb }: Pick<Usage, 'cpuMs' | 'peakMb'> = JSON.parse(readFileSync(file, 'utf8'))
  return { stdout, wallMs, cpuMs, peakMb }
}

/** The median of each figure by itself. */
export function medianUsage(runs: readonly Usage[]): Usage {
  return {
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    peakMb: median(runs.map(({ peakMb }) => peakMb)),
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (below === undefined || above === undefined) throw new RangeError('no runs, no median')
  return (below + above) / 2
}
