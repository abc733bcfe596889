import { resolve } from 'node:path'
import type { Host, Platform, SshSettings, Target } from '../../model/cluster.ts'
import type { Position } from '../../model/diagnostic.ts'
import type { Value, ValueMap } from '../../model/value.ts'
import { createEvaluator, type Evaluator } from '../expressions/evaluate.ts'
import { checkLayered, locateLayered } from '../layers/check-layered.ts'
import { originOf, resolveDottedPath } from '../layers/layers.ts'
import type { HostEntry, Resolution } from '../resolution.ts'
import { platformSchema, sshSchema } from '../schema/host-schema.ts'
import { createValidator, type Validator } from '../schema/validate.ts'
import { childOf, isMap, type Part } from '../yaml/document.ts'
import type { Path } from '../yaml/path.ts'
import { addressProblem } from './address-problem.ts'
import { createAttributeChecker } from './check-attributes.ts'
import { createResourceDeclarer } from './declare-resources.ts'
import type { RangeMember } from './expand-range.ts'

/** Resolves one host of an entry: evaluates its expressions and checks what they yield. Undefined when it is wrong. */
export type HostResolver = (entry: HostEntry, member: RangeMember) => Host | undefined

export function createHostResolver(resolution: Resolution): HostResolver {
  const { spec: cluster, cache, problems, document, folder } = resolution
  const checkAttributes = createAttributeChecker(resolution)
  const declareResources = createResourceDeclarer(resolution)
  const platformOf = createSectionChecker<Platform>(
    resolution,
    'platform',
    createValidator({ ...platformSchema }, 'platform'),
  )
  const sshOf = createSectionChecker<SshSettings>(resolution, 'ssh', createValidator({ ...sshSchema }, 'ssh'))
  const located = new WeakMap<SshSettings, SshSettings>()

  const targetOf = (entry: HostEntry, address: string, evaluator: Evaluator): Target | undefined => {
    const { transport = 'ssh', directory } = entry.spec
    if (transport === 'memory') return { transport }
    if (transport === 'directory') {
      const path = [...entry.path, 'directory']
      // Its absence has been reported with the entry.
      if (directory === undefined || directory === null) return undefined
      const evaluated = asText(evaluator.evaluate(directory, path), path, 'directory')
      return evaluated === undefined ? undefined : { transport, directory: resolve(folder, evaluated) }
    }
    const ssh = sshOf(entry, evaluator)
    if (ssh === undefined) return undefined
    const before = located.get(ssh)
    const settings = before ?? withAbsolutePaths(ssh, folder)
    located.set(ssh, settings)
    return { transport: 'ssh', address, ssh: settings }
  }

  const asText = (value: Value | undefined, path: Path, name: string): string | undefined => {
    if (value === undefined || (typeof value === 'string' && value !== '')) return value
    const message = value === '' ? `${name} must not be empty` : `${name} must be text, not ${typeof value}`
    problems.error({ code: 'wrong-type', path, message, position: document.locate(path, 'value') })
    return undefined
  }

  return (entry, { name, index }) => {
    const { value: merged } = entry.stack
    const scope: ValueMap = {
      index,
      host: { name, address: entry.spec.address ?? name, index },
      cluster: { name: cluster.cluster },
      ...(entry.environment === undefined ? {} : { environment: entry.environment }),
      platform: merged.platform ?? {},
      attributes: merged.attributes ?? {},
    }
    const evaluator = createEvaluator({
      scope,
      cache,
      report: (path, { message, hint, within }) => {
        const at = locate(entry, path, within === undefined ? 'value' : { within }, resolution)
        problems.error({ code: 'invalid-expression', ...at, message, hint })
      },
    })
    const attributes = evaluator.evaluate(merged.attributes ?? {}, ['attributes'])
    if (isMap(attributes)) checkAttributes(entry, attributes)
    const addressPath = [...entry.path, 'address']
    const address = asText(
      evaluator.evaluate(entry.spec.address ?? name, ['host', 'address']),
      addressPath,
      'address',
    )
    const problem = address === undefined ? undefined : addressProblem(address)
    if (problem !== undefined) {
      const position = document.locate(addressPath, 'value')
      problems.error({ code: 'invalid-address', path: addressPath, ...problem, position })
    }
    const platform = platformOf(entry, evaluator)
    const target = targetOf(entry, address ?? name, evaluator)
    const resources = declareResources(entry, evaluator)
    if (!isMap(attributes) || address === undefined || platform === undefined || target === undefined)
      return undefined
    const position = document.locate(entry.path, 'key')
    return Object.freeze({
      name,
      index,
      address,
      target,
      platform,
      environment: entry.environment,
      roles: entry.roles,
      runList: entry.runList,
      attributes,
      resources,
      origin: (text: string) => {
        const path = resolveDottedPath(merged, text)
        return path && originOf(entry.stack, path)
      },
      ...(position === undefined ? {} : { position }),
    })
  }
}

/** Evaluates and checks `platform` or `ssh`: hosts without expressions in it share the result. */
function createSectionChecker<T>(
  { problems }: Resolution,
  section: 'platform' | 'ssh',
  validate: Validator<T>,
): (entry: HostEntry, evaluator: Evaluator) => T | undefined {
  const known = new WeakMap<object, T | undefined>()
  const none: ValueMap = Object.freeze(Object.create(null))
  return (entry, evaluator) => {
    const value = evaluator.evaluate(childOf(entry.stack.value, section) ?? none, [section])
    if (!isMap(value)) return undefined
    if (known.has(value)) return known.get(value)
    const checked = checkLayered({
      entry,
      path: [section],
      value,
      validate,
      problems,
      fallback: undefined,
      missing: (path) => ({ message: `${path} is missing`, hint: 'leave it out for its default' }),
    })
    known.set(value, checked)
    return checked
  }
}

/** Where an expression stands: in a layered tree, in the host's address, or elsewhere in the spec. */
function locate(
  entry: HostEntry,
  path: Path,
  part: Part,
  { document }: Resolution,
): { readonly path: Path; readonly position: Position | undefined } {
  const [first] = path
  if (first === 'attributes' || first === 'platform' || first === 'ssh')
    return locateLayered(entry, path, part)
  const real = first === 'host' ? [...entry.path, ...path.slice(1)] : path
  return { path: real, position: document.locate(real, part) }
}

/** Relative paths start at the spec's folder; `~` is left to the transport, which knows whose home it is. */
function withAbsolutePaths(ssh: SshSettings, folder: string): SshSettings {
  const absolute = (path: string) => (path.startsWith('~') ? path : resolve(folder, path))
  const { identityFile, knownHostsFile } = ssh
  return Object.freeze({
    ...ssh,
    ...(identityFile === undefined ? {} : { identityFile: absolute(identityFile) }),
    ...(knownHostsFile === undefined ? {} : { knownHostsFile: absolute(knownHostsFile) }),
  })
}
