import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { converge, type Outcome, type Surroundings } from '../recording-io.ts'
import { scratchFolder } from '../scratch.ts'

/** Key pairs for tests. Whoever reads this can open what they encrypt. */
export const ann = {
  identity: 'AGE-SECRET-KEY-19SS9QLC80N09S9ZPYZDKU6TN2W2Y4GYYMTJLJ32JU00FZMLKL2CSUFZ8MY',
  key: 'age14rkcwjtwuy5v75x0vwakfpzdkx0fqymyuk63sar5ehskee6kygss0qtnp0',
}

export interface SecretsUnderTest {
  readonly folder: string
  text(): string
  /** Runs `converge secrets ...` with ann's identity, unless another environment is given. */
  run(argv: readonly string[], surroundings?: Surroundings): Promise<Outcome>
}

/** Whether a program of the system can be started. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}

/** A folder with a secrets.yaml for ann. */
export async function makeSecrets(): Promise<SecretsUnderTest> {
  const folder = scratchFolder()
  const run = (argv: readonly string[], surroundings: Surroundings = {}) =>
    converge(['secrets', ...argv, '-f', join(folder, 'cluster.yaml')], {
      env: { CONVERGE_IDENTITY: ann.identity },
      ...surroundings,
    })
  await run(['init', 'ann', ann.key])
  return { folder, run, text: () => readFileSync(join(folder, 'secrets.yaml'), 'utf8') }
}
