import { dirname, resolve } from 'node:path'
import { perObject, perText } from '../../model/memo.ts'
import { defaultTransport, type Target, targetKinds } from '../../model/targets/index.ts'
import type { ValueMap } from '../../model/value.ts'
import { createValidator } from '../../validation/validator.ts'
import type { Evaluator } from '../expressions/evaluate.ts'
import { createSectionChecker, locateLayered } from '../layers/check-layered.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { checkWritten } from '../schema/check-written.ts'
import { valueAt } from '../yaml/document.ts'
import { writtenForOthers } from './address-mistake.ts'

type TargetResolver = (entry: HostEntry, address: string, evaluator: Evaluator) => Target | undefined

/** Creates a host's target from the settings of its transport. Undefined if they are wrong. */
export function createTargetResolver(resolution: Resolution): TargetResolver {
  const resolverOf = perText((transport: Target['transport']) => transportResolver(transport, resolution))
  return (entry, address, evaluator) =>
    resolverOf(entry.spec.transport ?? defaultTransport)(entry, address, evaluator)
}

/** Reports settings that are not plain text; each place once. */
function hasForeignText(
  section: ValueMap,
  name: string,
  entry: HostEntry,
  { problems }: Resolution,
): boolean {
  const found = Object.entries(section).flatMap(([key, value]) => {
    const hint = typeof value === 'string' ? writtenForOthers(value) : undefined
    return hint === undefined ? [] : [{ key, value, hint }]
  })
  for (const { key, value, hint } of found) {
    const place = locateLayered(entry, [name, key], 'value')
    problems.error({ code: 'invalid-value', ...place, message: `${key} cannot be ${String(value)}`, hint })
  }
  return found.length > 0
}

function transportResolver(transport: Target['transport'], resolution: Resolution): TargetResolver {
  const { settings, located, target } = targetKinds[transport]
  if (settings === undefined) return (_, address) => target(address, undefined)
  if (settings.isLayered) {
    const sectionOf = createSectionChecker<ValueMap>(resolution, transport, settings.schema)
    const locatedOnce = perObject((section: ValueMap, entry: HostEntry) =>
      located(section, (key) => {
        const file = locateLayered(entry, [transport, key], 'value').position?.file
        return folderOf(file ?? resolution.document.file)
      }),
    )
    return (entry, address, evaluator) => {
      const section = sectionOf(entry, evaluator)
      if (section === undefined || hasForeignText(section, transport, entry, resolution)) return undefined
      return target(address, locatedOnce(section, entry))
    }
  }
  const validate = createValidator({ ...settings.schema }, transport)
  return (entry, address, evaluator) => {
    const path = [...entry.path, transport]
    // Its absence has been reported with the entry.
    const written = valueAt(resolution.document.data, path) ?? null
    if (written === null) return undefined
    const value = checkWritten(evaluator.evaluate(written, path), path, validate, resolution, evaluator)
    return value === undefined
      ? undefined
      : target(
          address,
          located(value, () => folderOf(resolution.document.fileOf(entry.path))),
        )
  }
}

function folderOf(file: string): string {
  return resolve(dirname(file))
}
