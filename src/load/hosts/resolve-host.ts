import { type Declaration, type Host, Labels, type Setting, type Trace } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import { given } from '../../model/given.ts'
import { formatPath, type Path } from '../../model/path.ts'
import { Platform } from '../../model/platform.ts'
import { FilledText } from '../../model/schema.ts'
import type { ValueMap } from '../../model/value.ts'
import { isList, isMap, mapWith, NO_VALUES } from '../../model/value.ts'
import { createValidator } from '../../validation/validator.ts'
import { respeltMistake } from '../../validation/value-mistake.ts'
import { createEvaluator, type Evaluator } from '../expressions/evaluate.ts'
import { pathsIn } from '../expressions/expression.ts'
import { createSectionChecker, locateLayered, passedOnWords } from '../layers/check-layered.ts'
import { layerOf, settingsOf } from '../layers/layers.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { checkWritten } from '../schema/check-written.ts'
import { layeredSections } from '../schema/cluster-schema.ts'
import { type Part, valueAt } from '../yaml/document.ts'
import { addressMistake } from './address-mistake.ts'
import { createAttributeChecker } from './check-attributes.ts'
import { createResourceDeclarer } from './declare-resources.ts'
import type { RangeMember } from './expand-range.ts'
import { createTargetResolver } from './resolve-target.ts'

/** Resolves one host of an entry: evaluates and checks its expressions. Undefined if it is wrong. */
export type HostResolver = (entry: HostEntry, member: RangeMember) => Host | undefined

export function createHostResolver(resolution: Resolution): HostResolver {
  const { document, problems } = resolution
  const checkAttributes = createAttributeChecker(resolution)
  const declareResources = createResourceDeclarer(resolution)
  const platformOf = createSectionChecker<Platform>(resolution, 'platform', Platform)
  const targetOf = createTargetResolver(resolution)

  return (entry, { name, index }) => {
    const { value: merged } = entry.stack
    const evaluator = evaluatorOf(entry, { name, index }, resolution)
    const attributes = evaluator.evaluate(merged.attributes ?? {}, ['attributes'])
    if (isMap(attributes)) checkAttributes(entry, attributes, evaluator)
    const listed = listedOf(entry, name, resolution)
    const address = addressOf('address', entry, name, evaluator, resolution)
    const publicAddress = addressOf('publicAddress', entry, name, evaluator, resolution)
    const labels = labelsOf(entry, name, evaluator, resolution)
    const platform = platformOf(entry, evaluator)
    const target = targetOf(entry, listed?.ssh?.host ?? address ?? name, evaluator)
    const declarations = () => {
      problems.concern(name)
      return entry.sections.flatMap((section): Declaration[] => [
        ...section.recipes,
        ...declareResources(section, {
          evaluator,
          locate: (path) => locate(entry, path, 'value', resolution).position,
        }),
      ])
    }
    const isWhole = isMap(attributes) && address !== undefined && labels !== undefined
    if (!isWhole || platform === undefined || target === undefined) {
      declarations()
      return undefined
    }
    return Object.freeze({
      name,
      index,
      address,
      ...given({ publicAddress }),
      target,
      platform,
      environment: entry.environment,
      labels,
      roles: entry.roles,
      attributes,
      runList: entry.runList,
      declarations,
      trace: () => traceOf(entry, { name, index }, resolution),
      ...given({ position: document.locate(entry.path, 'key') }),
    })
  }
}

function scopeOf(entry: HostEntry, { name, index }: RangeMember, { spec: cluster }: Resolution): ValueMap {
  const { value: merged } = entry.stack
  const listed = cluster.inventory?.[name]
  return {
    index,
    host: {
      name,
      address: entry.spec.address ?? listed?.address ?? name,
      ...given({ publicAddress: entry.spec.publicAddress ?? listed?.publicAddress ?? undefined }),
      index,
      labels: mapWith(listed?.labels ?? NO_VALUES, entry.spec.labels ?? NO_VALUES),
    },
    data: cluster.data ?? NO_VALUES,
    cluster: { name: cluster.cluster },
    ...given({ environment: entry.environment }),
    platform: merged.platform ?? {},
    attributes: merged.attributes ?? {},
  }
}

function evaluatorOf(entry: HostEntry, member: RangeMember, resolution: Resolution): Evaluator {
  const { document, cache, problems } = resolution
  return createEvaluator({
    scope: scopeOf(entry, member, resolution),
    cache,
    originOf: (path) => originWords(entry, path, resolution),
    numbers: {
      spelling: (path) =>
        layeredSections.includes(String(path[0]))
          ? layerOf(entry.stack, path)?.source(path)
          : document.source(path),
      report: ({ path, value, spelling }) => {
        const mistake = respeltMistake(formatPath(path), value, spelling)
        problems.error({ code: 'respelt-number', ...mistake, ...locate(entry, path, 'value', resolution) })
      },
    },
    report: (path, { message, hint, within, at: offset }) => {
      const at = locate(entry, path, within === undefined ? 'value' : { within, at: offset }, resolution)
      const words = passedOnWords(layerOf(entry.stack, path))
      problems.error({ code: 'invalid-expression', ...at, message: message + words, hint })
    },
  })
}

function traceOf(entry: HostEntry, member: RangeMember, resolution: Resolution): Trace {
  const scope: ValueMap = mapWith(entry.stack.value, scopeOf(entry, member, resolution))
  const values = evaluatorOf(entry, member, resolution).evaluate(scope, [])
  return {
    scope,
    values: isMap(values) ? values : NO_VALUES,
    layers: entry.stack.layers.flatMap(({ name, value }) => (Object.keys(value).length > 0 ? [name] : [])),
    roles: entry.roles.map((role) => listingOf(role, entry, resolution)),
    settings: (path) =>
      layeredSections.includes(String(path[0]))
        ? settingsOf(entry.stack, path)
        : writtenSettings(entry, member, path, resolution),
  }
}

/** Where a role of a host is listed: by the host, or by another role of it. */
function listingOf(role: string, entry: HostEntry, { document }: Resolution): Setting {
  const lists = [entry, ...entry.sections].flatMap(({ layer, path }) => {
    const listed = valueAt(document.data, [...path, 'roles'])
    const index = isList(listed) ? listed.indexOf(role) : -1
    return index < 0 ? [] : [{ layer, position: document.locate([...path, 'roles', index], 'value') }]
  })
  const [{ layer, position } = { layer: entry.layer }] = lists
  return { layer, value: role, effect: 'sets', refersTo: [], ...given({ position }) }
}

/** What the spec, its inventory or its data says of a value that no layers have. */
function writtenSettings(
  entry: HostEntry,
  { name }: RangeMember,
  [section, ...rest]: Path,
  { document, environment }: Resolution,
): readonly Setting[] {
  const places: readonly (readonly [layer: string, path: Path])[] = (() => {
    if (section === 'data') return [[`data ${rest[0]}`, ['data', ...rest]]]
    if (section === 'cluster') return [['cluster', ['cluster']]]
    if (section === 'environment')
      return [
        entry.environment === environment
          ? ['cluster', ['environment']]
          : [entry.layer, [...entry.path, section]],
      ]
    if (section !== 'host' || ['name', 'index'].includes(String(rest[0]))) return [[entry.layer, entry.path]]
    return [
      ['inventory', ['inventory', name, ...rest]],
      [entry.layer, [...entry.path, ...rest]],
    ]
  })()
  if (section === 'environment' && valueAt(document.data, places[0]?.[1] ?? []) !== entry.environment)
    return [{ layer: '--environment', value: entry.environment ?? null, effect: 'sets', refersTo: [] }]
  const written = places.flatMap(([layer, path]): readonly Omit<Setting, 'effect'>[] => {
    const value = path === entry.path ? entry.key : (valueAt(document.data, path) ?? null)
    const position = document.locate(path, path === entry.path ? 'key' : 'value')
    return value === null ? [] : [{ layer, value, refersTo: pathsIn(value), ...given({ position }) }]
  })
  if (written.length === 0 && section === 'host' && rest[0] === 'address') {
    const position = document.locate(entry.path, 'key')
    const refersTo = [['host', 'name']]
    return [{ layer: entry.layer, value: name, effect: 'sets', refersTo, ...given({ position }) }]
  }
  return written.map((setting, index) => ({
    ...setting,
    effect: index === written.length - 1 ? 'sets' : 'overridden',
  }))
}

const validateLabels = createValidator<Labels>({ ...Labels, additionalProperties: false }, 'labels')

const validateAddress = createValidator<string>({ ...FilledText }, 'address')

/** The entry of the inventory for a host; reports that there is none, if it has no address of its own. */
function listedOf(entry: HostEntry, name: string, { spec, document, problems }: Resolution) {
  const listed = spec.inventory?.[name]
  if (spec.inventory === undefined || listed !== undefined || (entry.spec.address ?? null) !== null)
    return listed
  problems.error({
    code: 'unknown-host',
    path: entry.path,
    message: `the inventory has no host ${name}`,
    hint: 'write the inventory anew, or set the address of the host',
    position: document.locate(entry.path, 'key'),
  })
  return undefined
}

/** An address from the spec or the inventory, not from both. */
function addressOf(
  key: 'address' | 'publicAddress',
  entry: HostEntry,
  name: string,
  evaluator: Evaluator,
  resolution: Resolution,
): string | undefined {
  const { spec, document, problems } = resolution
  const own = entry.spec[key] ?? undefined
  const listed = spec.inventory?.[name]?.[key] ?? undefined
  const path = own === undefined && listed !== undefined ? ['inventory', name, key] : [...entry.path, key]
  if (own !== undefined && listed !== undefined) {
    const message = `the ${key} of ${name} is here and in the inventory`
    const hint = 'keep one of them'
    problems.error({ code: 'duplicate-key', path, message, hint, position: document.locate(path, 'key') })
  }
  const written = own ?? listed ?? (key === 'address' ? name : undefined)
  if (written === undefined) return undefined
  const address = checkWritten(
    evaluator.evaluate(written, ['host', key]),
    path,
    validateAddress,
    resolution,
    evaluator,
  )
  const mistake = address === undefined ? undefined : addressMistake(address)
  if (mistake === undefined) return address
  const message = mistake.message + evaluator.inPlay(written)
  const isNamed = own === undefined && listed === undefined
  const at = isNamed ? entry.path : path
  const position = document.locate(at, isNamed ? 'key' : 'value')
  problems.error({ code: 'invalid-address', path: at, ...mistake, message, position })
  return undefined
}

/** The labels of the inventory and of the spec, which wins. */
function labelsOf(
  entry: HostEntry,
  name: string,
  evaluator: Evaluator,
  resolution: Resolution,
): Labels | undefined {
  const own = evaluator.evaluate(entry.spec.labels ?? NO_VALUES, ['host', 'labels'])
  const checked = checkWritten(own, [...entry.path, 'labels'], validateLabels, resolution, evaluator)
  const listed = resolution.spec.inventory?.[name]?.labels
  if (!listed || checked === undefined) return checked
  const path = ['inventory', name, 'labels']
  const known = checkWritten(evaluator.evaluate(listed, path), path, validateLabels, resolution, evaluator)
  return known && Object.freeze({ ...known, ...checked })
}

/** `roles.yaml:12`, `--set` or `recipe etcd (default)`: where a value was set that expressions know. */
function originWords(entry: HostEntry, path: Path, resolution: Resolution): string | undefined {
  const isLayered = layeredSections.includes(String(path[0]))
  const layer = isLayered ? layerOf(entry.stack, path) : undefined
  const position = isLayered
    ? layer?.locate(path, 'value')
    : locate(entry, path, 'value', resolution).position
  return position === undefined ? layer?.name : `${position.file}:${position.line}`
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
