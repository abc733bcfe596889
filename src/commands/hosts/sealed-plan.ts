import { readFile } from 'node:fs/promises'
import { codeOf, messageOf, SpecError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { SealedPlan } from '../../model/sealed-plan.ts'
import { hostsWithSecrets } from '../../plan/sealed/concealed-digests.ts'
import { isSealedPlan, revealPlan, sealPlan, whyNotSealed } from '../../plan/sealed/sealed-plan.ts'
import { unsealPlan } from '../../plan/sealed/unseal-plan.ts'
import { jsonText } from '../../report/json/json-text.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'
import { writeWhole } from '../io/write-whole.ts'
import type { LoadedSpec, SpecOptions } from '../spec/load-spec.ts'
import { knownPlanKey, ownPlanKey } from './plan-key.ts'
import { compareSources, sourceOf } from './sealed-source.ts'

/** Writes a plan, to be applied later, to a file that only its owner can read. */
export async function writeSealedPlan(
  file: string,
  plan: Plan,
  spec: LoadedSpec,
  options: SpecOptions,
  env: Io['env'],
): Promise<void> {
  const hosts = hostsWithSecrets(plan, spec.catalog)
  const concealed = hosts.length === 0 ? undefined : { key: await ownPlanKey(env), hosts }
  const sealed = sealPlan(plan, spec.catalog, spec.cluster.hosts, await sourceOf(options, spec), concealed)
  await writeWhole(file, jsonText(sealed), 0o600)
}

/** Reads a sealed plan. Throws a SpecError if the file is not one, was changed, or needs a key that is not here. */
export async function readSealedPlan(file: string, env: Io['env']): Promise<SealedPlan> {
  const value = parse(file, await readText(file))
  if (!isSealedPlan(value))
    throw usageError(`${file} ${whyNotSealed(value)}`, 'make one with `converge plan --out FILE`')
  if (value.concealed === undefined) return value
  const key = await knownPlanKey(env)
  if (key?.id === value.concealed.key) return revealPlan(value, key)
  throw usageError(
    `${file} has something sensitive and was made with another key than that of this machine and user`,
    'set CONVERGE_PLAN_KEY to one secret for both commands, or apply it where it was made',
  )
}

/** The plan with the contents of the spec. Throws a SpecError with every difference between the two. */
export async function unseal(sealed: SealedPlan, spec: LoadedSpec, options: SpecOptions): Promise<Plan> {
  const unsealed = unsealPlan(sealed, spec.catalog, spec.cluster.hosts)
  if ('plan' in unsealed) return unsealed.plan
  const hint = await compareSources(sealed.source, options, spec)
  throw new SpecError(
    unsealed.differences.map(({ host, message }, index, { length }) => ({
      code: 'plan-outdated',
      path: host === '' ? [] : ['hosts', host],
      message: host === '' ? message : `${host}: ${message}`,
      hint: index === length - 1 ? hint : undefined,
    })),
  )
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') {
      const hint = 'make one with `converge plan --out FILE`; hosts are chosen with --limit'
      throw usageError(`the plan ${file} does not exist`, hint)
    }
    if (code === 'EISDIR') throw usageError(`the plan ${file} is a directory`, 'name a file in it')
    throw error
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const what = text.trim() === '' ? 'is empty' : `is not JSON: ${messageOf(cause)}`
    throw usageError(`${file} ${what}`, 'make a plan with `converge plan --out FILE`; name a spec with -f')
  }
}
