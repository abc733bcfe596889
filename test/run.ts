// Runs a suite with uvu, in a few processes side by side, and refuses a run in which no test ran: uvu itself exits 0
// when it found none. `npm test -- [pattern]` for the main suite, `npm run test:lab -- [pattern]` for the lab.
// `npm run test:nightly` runs the suites that fuzz and enumerate, with the numbers of test/nightly.ts, and refuses a run
// that tried less than those promise.
// With --write, what the suites print about how much they try (test/figure.ts) is put into README.md.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { writeSection } from '../bench/readme.ts'
import { buildTests } from './build.ts'
import { brokenPromises, nightlyEnvironment, nightlySuites } from './nightly.ts'

const words = process.argv.slice(2).filter((word) => word !== '--write')
const mode = words[0] === 'lab' || words[0] === 'nightly' ? words[0] : 'tests'
const [lab, nightly] = [mode === 'lab', mode === 'nightly']
const command = { lab: 'npm run test:lab', nightly: 'npm run test:nightly', tests: 'npm test' }[mode]
const pattern = new RegExp(words[mode === 'tests' ? 0 : 1] ?? '.')
/** Folders whose tests start hosts or processes, the slowest first. */
const slowFolders = ['shell', 'engine', 'crash', 'hostile', 'commands', 'docs', 'transports']
/** A process takes a while to load the libraries: tests of a few milliseconds share one. */
const filesPerProcess = { slow: 5, quick: 25 }
const started = performance.now()
const ending = lab ? '.lab.ts' : '.test.ts'

const files = readdirSync('test', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
  .map((entry) => relative('test', join(entry.parentPath, entry.name)))
  .filter((file) => pattern.test(file) && (!nightly || nightlySuites.includes(file.replaceAll(sep, '/'))))
  .sort()

// Lab suites each boot hosts of their own: a process each, one after the other, and beside them the longest ones: one is busy
// while the others wait, and one waits while the others are busy. Elsewhere a few files are one process; by night each is long enough to be one by itself, in the
// order in which they are listed.
const groups = lab
  ? files.map((file) => [file])
  : nightly
    ? nightlySuites.filter(isChosen).map((file) => [file])
    : [
        ...slowFolders.flatMap((folder) =>
          inGroupsOf(
            filesPerProcess.slow,
            files.filter((file) => folderOf(file) === folder),
          ),
        ),
        ...inGroupsOf(
          filesPerProcess.quick,
          files.filter((file) => !slowFolders.includes(folderOf(file))),
        ),
      ]
/** Tests wait for hosts of their own about a third of the time; what takes longer is busy. */
const processes = Math.max(2, availableParallelism()) + (mode === 'tests' ? 1 : 0)
const everyGroup = groups.filter((group) => group.length > 0)
const queues = lab
  ? [everyGroup.filter(isLong), everyGroup.filter((group) => !isLong(group))]
  : Array<(readonly string[])[]>(processes).fill(everyGroup)
/** A suite that waits for ever says nothing: it is ended, and shows what it has printed. */
const groupLimitMs = (nightly ? 24 : 0.5) * 3_600_000
const temporary = mkdtempSync(join(mode === 'tests' ? inMemory() : tmpdir(), 'converge-tests-'))
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }))
const built = join(temporary, 'built')
mkdirSync(built)
const environment = {
  ...(nightly ? nightlyEnvironment : {}),
  ...process.env,
  ...(mode === 'tests' ? { TMPDIR: temporary, XDG_CACHE_HOME: join(temporary, 'cache') } : {}),
  ...(await buildTests(
    files.map((file) => join('test', file)),
    built,
  )),
}
const totals = { total: 0, passed: 0, skipped: 0 }
const figures: { what: string; count: string }[] = []
let broken = false

if (mode === 'tests' && pattern.source === '.')
  console.log(
    `${files.length} files of tests in ${processes} processes: a few minutes on two cores, more if they are busy\n`,
  )

await Promise.all(queues.map(work))
if (figures.length > 0) console.log(figuresTable())
console.log(`${totals.passed} passed, ${totals.total - totals.passed} failed, ${totals.skipped} skipped`)
if (nightly) {
  console.log(`it took ${Math.round((performance.now() - started) / 1000)} s`)
  for (const promise of brokenPromises(figures, files)) {
    console.error(promise)
    broken = true
  }
}
if (totals.total + totals.skipped === 0) {
  console.error(`no test ran (${mode}, pattern ${pattern})`)
  broken = true
}
if (totals.passed !== totals.total) broken = true
if (process.argv.includes('--write') && !broken) writeSection('README.md', mode, figuresTable())
process.exit(broken ? 1 : 0)

async function work(queue: (readonly string[])[]): Promise<void> {
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
    const begun = performance.now()
    if (lab) console.log(`  ${group.join(', ')} begins`)
    const { code, output } = await run(group)
    const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, '')
    const count = (label: string) =>
      Number(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm').exec(plain)?.[1] ?? Number.NaN)
    const counts = { total: count('Total'), passed: count('Passed'), skipped: count('Skipped') }
    process.stdout.write(output)
    const what = lab ? group : [...new Set(group.map(folderOf))]
    console.log(`  ${what.join(', ')}: ${Math.round((performance.now() - begun) / 100) / 10} s\n`)
    if (code !== 0) broken = true
    // What ended before its tests did counts as one that failed.
    totals.total += Number.isNaN(counts.total) ? 1 : counts.total
    totals.passed += counts.passed || 0
    totals.skipped += counts.skipped || 0
    figures.push(
      ...[...plain.matchAll(/figure: (.*): (.*)$/gm)].map(([, what = '', tried = '']) => ({
        what,
        count: tried,
      })),
    )
  }
}

function run(group: readonly string[]): Promise<{ code: number | null; output: string }> {
  const escaped = group.map((file) => file.replace(/\.ts$/, '.js').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const args = [
    '--enable-source-maps',
    'node_modules/uvu/bin.js',
    join(built, 'test'),
    `^(${escaped.join('|')})$`,
  ]
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: environment })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
    })
    const limit = setTimeout(endOverlong, groupLimitMs)
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({ code, output })
    })

    function endOverlong(): void {
      output += `\nstill running after ${groupLimitMs / 60_000} minutes: ended\n`
      child.kill('SIGTERM')
      setTimeout(() => {
        child.kill('SIGKILL')
        // What it has started may hold on to its output.
        child.stdout.destroy()
      }, 60_000)
    }
  })
}

function figuresTable(): string {
  const rows = figures
    .toSorted((a, b) => (a.what < b.what ? -1 : 1))
    .map(({ what, count }) => `| ${what} | ${count} |\n`)
  return `| what \`${command}\` tries | how many |\n|---|--:|\n${rows.join('')}`
}

function isChosen(file: string): boolean {
  return files.includes(file.replaceAll('/', sep))
}

function isLong([file = '']: readonly string[]): boolean {
  return /(crash|etcd-keys|etcd-members|etcd-restore)\.lab\.ts$/.test(file)
}

function folderOf(file: string): string {
  return file.split(sep)[0] ?? ''
}

/** Hosts of tests are folders that are synced all the time: a folder in memory for them, if there is room. */
function inMemory(): string {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize < 4e9 ? tmpdir() : memory
}

function inGroupsOf(size: number, all: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}
