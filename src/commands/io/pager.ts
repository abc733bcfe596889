import { spawnSync } from 'node:child_process'
import type { TerminalStream } from './live-lines.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Shows a text by PAGER, or by less, if it is longer than the terminal; undefined if there is no terminal or none is wanted. */
export function createPager({
  env,
  stdout,
}: {
  readonly env: Environment
  readonly stdout: TerminalStream & { readonly isTTY?: boolean }
}) {
  const { PAGER: pager = 'less' } = env
  if (stdout.isTTY !== true || pager === '' || env.TERM === 'dumb') return undefined
  return (text: string): void => {
    if (text.split('\n').length <= (stdout.rows || 24)) stdout.write(text)
    // A pager that cannot be started, or fails, must not hide what there is to say.
    else if (!isShownBy(pager, text, env)) stdout.write(text)
  }
}

/** Colors as they are, and no pager for what fits after all. */
const lessOptions = 'FRX'

/** Without passwords and keys, which are only for converge. */
function withoutKeys(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('CONVERGE_')))
}

function isShownBy(pager: string, text: string, env: Environment): boolean {
  const { status, signal } = spawnSync('/bin/sh', ['-c', pager], {
    input: text,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: lessOptions, ...withoutKeys(env) },
  })
  return status === 0 || signal !== null
}
