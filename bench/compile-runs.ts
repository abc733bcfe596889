import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure, medianUsage, type Usage } from './measure.ts'
import { imagined, workloadSpec } from './workload.ts'

/**
 * What it takes to compile so many hosts (`converge validate`), to compile and render them (`converge render`), and to
 * compare two revisions that differ in a file on each host (`converge diff`).
 */
export interface CompileResult {
  readonly hosts: number
  readonly compile: Usage
  readonly render: Usage
  readonly diff: Usage
}

export interface CompileOptions {
  readonly hosts: number
  readonly runs: number
  readonly folder: string
}

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

/** The median of so many runs after one that does not count. Each render writes into a folder that is not there yet. */
export async function measureCompile({ hosts, runs, folder }: CompileOptions): Promise<CompileResult> {
  const repository = join(folder, `revisions-${hosts}`)
  for (const version of [1, 0]) await commitSpec(repository, workloadSpec(imagined(hosts), version))
  await writeFile(join(folder, 'cluster.yaml'), workloadSpec(imagined(hosts), 0))
  const output = join(folder, 'rendered')
  const run = async () => {
    const compile = await measure([cli, 'validate'], { folder, cwd: folder })
    const render = await measure([cli, 'render', '-o', output], { folder, cwd: folder })
    await rm(output, { recursive: true })
    const diff = await measure([cli, 'diff', '--stat', 'HEAD~1..HEAD'], { folder, cwd: repository })
    return { compile, render, diff }
  }
  await run()
  const measured = []
  for (let index = 0; index < runs; index++) measured.push(await run())
  return {
    hosts,
    compile: medianUsage(measured.map(({ compile }) => compile)),
    render: medianUsage(measured.map(({ render }) => render)),
    diff: medianUsage(measured.map(({ diff }) => diff)),
  }
}

async function commitSpec(repository: string, spec: string): Promise<void> {
  const author = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', '-c', 'commit.gpgsign=false']
  const git = (...argv: readonly string[]) => execFileSync('git', ['-C', repository, ...author, ...argv])
  await mkdir(repository, { recursive: true })
  git('init', '--quiet')
  await writeFile(join(repository, 'cluster.yaml'), spec)
  git('add', 'cluster.yaml')
  git('commit', '--quiet', '--message', 'a revision')
}
