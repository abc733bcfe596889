import { given } from '../model/given.ts'
import type { View } from '../report/views/view.ts'
import type { ApplyOptions } from './apply.ts'
import { usageError } from './cli/usage-error.ts'
import { withHosts } from './hosts/open-hosts.ts'
import { proposePlan, requireConsentable } from './hosts/propose-plan.ts'
import { readSealedPlan, unseal } from './hosts/sealed-plan.ts'
import { type SealedSpecOptions, sourceWords, specOf } from './hosts/sealed-source.ts'
import type { ExitCode, Io } from './io/io.ts'
import { openingWith } from './secrets/opening.ts'
import { loadSpec } from './spec/load-spec.ts'

/** `converge apply PLAN`: does exactly what a sealed plan says, or refuses with what differs. */
export async function applySealed(
  file: string,
  wanted: Omit<ApplyOptions, 'file'> & SealedSpecOptions,
  io: Io,
  view: View,
): Promise<ExitCode> {
  const { limit, only, release, prune, canary, batch } = wanted
  const misplaced = Object.keys(
    given({
      '--limit': limit,
      '--only': only,
      '--canary': canary,
      '--batch': batch,
      '--release': release || undefined,
      '--no-prune': prune === false || undefined,
    }),
  )
  if (misplaced.length > 0) {
    const message = `a sealed plan is applied as it is: ${misplaced.join(', ')} cannot change it`
    throw usageError(message, 'pass it to `converge plan --out`')
  }
  const sealed = await readSealedPlan(file, io.env)
  requireConsentable(wanted, io, view)
  const options = { ...wanted, ...specOf(file, sealed.source, wanted) }
  const spec = await loadSpec(options, openingWith(options, io))
  view.warnings(spec.warnings)
  const plan = await unseal(sealed, spec, options)
  view.remark(`${file}: a plan made from ${sourceWords(sealed.source)}`, '')
  return withHosts({ spec, options, io, view, applies: options.dryRun !== true }, async (open) => {
    const { code } = await proposePlan({
      command: 'apply',
      plan,
      open,
      options,
      otherwise: 'fix the spec and seal a new plan',
      io,
      view,
    })
    return code
  })
}
