import { fileURLToPath } from 'node:url'
import { measure, medianUsage } from './measure.ts'

/** Wall time of `converge --help`, and of Node itself with nothing to do. */
export interface StartResult {
  readonly helpMs: number
  readonly nodeMs: number
}

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

/** How many starts are measured: they are short, and so their median needs many. */
const starts = 15

export async function measureStart(folder: string): Promise<StartResult> {
  const help = []
  const node = []
  for (let index = 0; index < starts; index++) {
    help.push(await measure([cli, '--help'], { folder }))
    node.push(await measure(['--eval', ''], { folder }))
  }
  return { helpMs: medianUsage(help).wallMs, nodeMs: medianUsage(node).wallMs }
}
