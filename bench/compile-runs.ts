import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure, medianUsage, type Usage } from './measure.ts'
import { imagined, workloadSpec } from './workload.ts'

/** What it takes to compile so many hosts (`converge validate`), and to compile and render them (`converge render`). */
export interface CompileResult {
  readonly hosts: number
  readonly compile: Usage
  readonly render: Usage
}

export interface CompileOptions {
  readonly hosts: number
  readonly runs: number
  readonly folder: string
}

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

/** The median of so many runs after one that does not count. Each render writes into a folder that is not there yet. */
export async function measureCompile({ hosts, runs, folder }: CompileOptions): Promise<CompileResult> {
  await writeFile(join(folder, 'cluster.yaml'), workloadSpec(imagined(hosts), 0))
  const output = join(folder, 'rendered')
  const run = async () => {
    const compile = await measure([cli, 'validate'], { folder, cwd: folder })
    const render = await measure([cli, 'render', '-o', output], { folder, cwd: folder })
    await rm(output, { recursive: true })
    return { compile, render }
  }
  await run()
  const measured = []
  for (let index = 0; index < runs; index++) measured.push(await run())
  return {
    hosts,
    compile: medianUsage(measured.map(({ compile }) => compile)),
    render: medianUsage(measured.map(({ render }) => render)),
  }
}
