import { type Declaration, type Host, Labels } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import { formatPath, type Path } from '../../model/path.ts'
import { Platform } from '../../model/platform.ts'
import { FilledText } from '../../model/schema.ts'
import type { ValueMap } from '../../model/value.ts'
import { isMap, NO_VALUES } from '../../model/value.ts'
import { createValidator } from '../../validation/validator.ts'
import { respeltMistake } from '../../validation/value-mistake.ts'
import { createEvaluator, type Evaluator } from '../expressions/evaluate.ts'
import { createSectionChecker, locateLayered } from '../layers/check-layered.ts'
import { layerOf, originOf, resolveDottedPath } from '../layers/layers.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { checkWritten } from '../schema/check-written.ts'
import { layeredSections } from '../schema/cluster-schema.ts'
import type { Part } from '../yaml/document.ts'
import { addressMistake } from './address-mistake.ts'
import { createAttributeChecker } from './check-attributes.ts'
import { createResourceDeclarer } from './declare-resources.ts'
import type { RangeMember } from './expand-range.ts'
import { createTargetResolver } from './resolve-target.ts'

/** Resolves one host of an entry: evaluates and checks its expressions. Undefined if it is wrong. */
export type HostResolver = (entry: HostEntry, member: RangeMember) => Host | undefined

export function createHostResolver(resolution: Resolution): HostResolver {
  const { document } = resolution
  const checkAttributes = createAttributeChecker(resolution)
  const declareResources = createResourceDeclarer(resolution)
  const platformOf = createSectionChecker<Platform>(resolution, 'platform', Platform)
  const targetOf = createTargetResolver(resolution)

  return (entry, { name, index }) => {
    const { value: merged } = entry.stack
    const evaluator = evaluatorOf(entry, { name, index }, resolution)
    const attributes = evaluator.evaluate(merged.attributes ?? {}, ['attributes'])
    if (isMap(attributes)) checkAttributes(entry, attributes)
    const address = addressOf(entry, name, evaluator, resolution)
    const labels = checkWritten(
      evaluator.evaluate(entry.spec.labels ?? NO_VALUES, ['host', 'labels']),
      [...entry.path, 'labels'],
      validateLabels,
      resolution,
    )
    const platform = platformOf(entry, evaluator)
    const target = targetOf(entry, address ?? name, evaluator)
    const declarations = entry.sections.flatMap((section): Declaration[] => [
      ...section.recipes,
      ...declareResources(section, evaluator),
    ])
    if (!isMap(attributes) || address === undefined || labels === undefined) return undefined
    if (platform === undefined || target === undefined) return undefined
    return Object.freeze({
      name,
      index,
      address,
      target,
      platform,
      environment: entry.environment,
      labels,
      roles: entry.roles,
      attributes,
      declarations,
      origin: (text: string) => {
        const path = resolveDottedPath(merged, text)
        return path && originOf(entry.stack, path)
      },
      ...given({ position: document.locate(entry.path, 'key') }),
    })
  }
}

function evaluatorOf(entry: HostEntry, { name, index }: RangeMember, resolution: Resolution): Evaluator {
  const { spec: cluster, cache, problems } = resolution
  const { value: merged } = entry.stack
  const scope: ValueMap = {
    index,
    host: { name, address: entry.spec.address ?? name, index, labels: entry.spec.labels ?? NO_VALUES },
    cluster: { name: cluster.cluster },
    ...given({ environment: entry.environment }),
    platform: merged.platform ?? {},
    attributes: merged.attributes ?? {},
  }
  return createEvaluator({
    scope,
    cache,
    numbers: {
      spelling: (path) =>
        layeredSections.includes(String(path[0])) ? layerOf(entry.stack, path)?.source(path) : undefined,
      report: ({ path, value, spelling }) => {
        const mistake = respeltMistake(formatPath(path), value, spelling)
        problems.error({ code: 'respelt-number', ...mistake, ...locateLayered(entry, path, 'value') })
      },
    },
    report: (path, { message, hint, within, at: offset }) => {
      const at = locate(entry, path, within === undefined ? 'value' : { within, at: offset }, resolution)
      problems.error({ code: 'invalid-expression', ...at, message, hint })
    },
  })
}

const validateLabels = createValidator<Labels>({ ...Labels, additionalProperties: false }, 'labels')

const validateAddress = createValidator<string>({ ...FilledText }, 'address')

function addressOf(
  entry: HostEntry,
  name: string,
  evaluator: Evaluator,
  resolution: Resolution,
): string | undefined {
  const path = [...entry.path, 'address']
  const evaluated = evaluator.evaluate(entry.spec.address ?? name, ['host', 'address'])
  const address = checkWritten(evaluated, path, validateAddress, resolution)
  const mistake = address === undefined ? undefined : addressMistake(address)
  if (mistake === undefined) return address
  const isNamed = entry.spec.address === undefined || entry.spec.address === null
  const position = resolution.document.locate(isNamed ? entry.path : path, isNamed ? 'key' : 'value')
  resolution.problems.error({
    code: 'invalid-address',
    path: isNamed ? entry.path : path,
    ...mistake,
    position,
  })
  return undefined
}

/** The position of an expression: in a layered tree, in the host's address, or elsewhere in the spec. */
function locate(
  entry: HostEntry,
  path: Path,
  part: Part,
  { document }: Resolution,
): { readonly path: Path; readonly position: Position | undefined } {
  const [first] = path
  if (layeredSections.includes(String(first))) return locateLayered(entry, path, part)
  const real = first === 'host' ? [...entry.path, ...path.slice(1)] : path
  return { path: real, position: document.locate(real, part) }
}
