// Speed and size of converge beside a floor: see `npm run bench -- --help`.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type CompileResult, measureCompile } from './compile-runs.ts'
import { type ConvergeResult, measureConverge } from './converge-runs.ts'
import { type FootprintResult, measureFootprint } from './footprint.ts'
import { startHosts } from './hosts.ts'
import { writeSection } from './readme.ts'
import { measureStart } from './start-runs.ts'
import { renderResult } from './table.ts'
import { workload } from './workload.ts'

interface Options {
  readonly embedded?: boolean
  readonly hosts: readonly number[]
  readonly compile: readonly number[]
  readonly runs: number
  readonly write?: boolean
}

const root = fileURLToPath(new URL('..', import.meta.url))
const options: Options = new Command('npm run bench --')
  .description('Measures the built command line, and prints Markdown.')
  .option('--embedded', 'Embedded hosts also where real systemd hosts can run (Linux, root, systemd-nspawn).')
  .addOption(counts('--hosts <counts>', 'How many hosts to converge; 0: none.', [1, 10, 50]))
  .addOption(
    counts('--compile <counts>', 'How many hosts to compile and render; 0: none.', [10, 1000, 10_000]),
  )
  .option('--runs <n>', 'How many runs each figure is the median of.', parseRuns, 5)
  .option('--write', 'Put the result into README.md.')
  .parse()
  .opts()

execFileSync(process.execPath, ['build.mjs'], { cwd: root, stdio: 'inherit' })
const folder = await mkdtemp(join(fastFolder(), 'converge-bench-'))
try {
  const { converge, footprint, hosts } = await convergeResults()
  const start = await measureStart(folder)
  const compile = await compileResults()
  const { runs } = options
  const result = { hosts, workload, cores: availableParallelism(), node: process.versions.node, runs }
  const section = renderResult({ ...result, start, converge, footprint, compile })
  process.stdout.write(section)
  if (options.write) writeSection(join(root, 'README.md'), 'bench', section)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function convergeResults() {
  const { embedded = false, runs } = options
  const largest = Math.max(...options.hosts)
  if (largest === 0) return { converge: [], footprint: undefined, hosts: 'no hosts' }
  tell(`starting ${largest} hosts`)
  const all = await startHosts({ count: largest, embedded, folder, tell })
  const converge: ConvergeResult[] = []
  let footprint: FootprintResult | undefined
  try {
    for (const count of options.hosts) {
      tell(`converging ${count}`)
      const hosts = { ...all, hosts: all.hosts.slice(0, count) }
      converge.push(await measureConverge({ hosts, runs, folder }))
    }
    footprint = await measureFootprint(all, folder)
  } finally {
    await all.close()
  }
  return { converge, footprint, hosts: all.kind }
}

async function compileResults() {
  const compile: CompileResult[] = []
  for (const hosts of options.compile.filter((count) => count > 0)) {
    tell(`compiling ${hosts}`)
    compile.push(await measureCompile({ hosts, runs: options.runs, folder }))
  }
  return compile
}

/** In memory if there is such a file system, so that the disk is not measured. */
function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

function counts(flags: string, description: string, byDefault: readonly number[]): Option {
  const parse = (text: string) => text.split(',').map(parseCount)
  return new Option(flags, description).default(byDefault, byDefault.join(',')).argParser(parse)
}

function parseCount(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

function parseRuns(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 to 99.')
}

function tell(what: string): void {
  process.stderr.write(`${what}\n`)
}
