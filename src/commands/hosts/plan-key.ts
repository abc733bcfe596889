import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { shellWord } from '../../model/shell-word.ts'
import { isSystemError } from '../../model/system-error.ts'
import { type PlanKey, planKey } from '../../plan/sealed/concealed-digests.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'

/** The operator's key for sealed plans: CONVERGE_PLAN_KEY, or that of a file, which is made at first. */
export async function ownPlanKey(env: Io['env']): Promise<PlanKey> {
  const known = await knownPlanKey(env)
  if (known !== undefined) return known
  const file = keyFile(env)
  const made = `${file}.${randomBytes(8).toString('hex')}`
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(made, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  try {
    await link(made, file)
  } catch (error) {
    // Another converge was first.
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error
  } finally {
    await rm(made)
  }
  return ownPlanKey(env)
}

/** The same, undefined if there is none yet. */
export async function knownPlanKey(env: Io['env']): Promise<PlanKey | undefined> {
  const { CONVERGE_PLAN_KEY: given } = env
  const file = keyFile(env)
  const text = given ?? (await readKey(file))
  if (text === undefined) return undefined
  if (text.trim().length < 32) {
    const where = given === undefined ? file : 'CONVERGE_PLAN_KEY'
    throw usageError(`${where} is too short for a key`, 'make one with `openssl rand -hex 32`')
  }
  return planKey(text.trim())
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file)
    if ((mode & 0o077) === 0) return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw error
  }
  throw usageError(`${file} is a key that others can read`, `run \`chmod 600 ${shellWord(file)}\``)
}

function keyFile({ XDG_STATE_HOME: set = '' }: Io['env']): string {
  return join(isAbsolute(set) ? set : join(homedir(), '.local', 'state'), 'converge', 'plan-key')
}
