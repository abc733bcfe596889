import type { Applied, Generation, Member, Reverting } from '../../model/manifest.ts'
import type { Operation } from '../../model/operation.ts'

// What a host keeps for the controller comes back from it as JSON, and the host may be anybody's by then.

type Check = (value: unknown) => boolean
/** A check for each field of a type but its tag; a field that is added to the type must be added here. */
type Fields<T> = { readonly [Key in Exclude<keyof T, 'op'>]-?: Check }
type Operations = { readonly [Word in Operation['op']]: Fields<Extract<Operation, { op: Word }>> }

/** No NUL: a text may become a word of the shell, which cannot hold one. */
const text: Check = (value) => typeof value === 'string' && !value.includes('\0')
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const flag: Check = (value) => typeof value === 'boolean'
const absolutePath: Check = (value) =>
  text(value) && String(value).startsWith('/') && !String(value).split('/').includes('..')
/** Below the cluster's state directory. */
const keptFile: Check = (value) =>
  /^(generations\/\d+\/\d+|originals\/\w+)$/.test(String(value)) && text(value)
const checksum: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const mode: Check = (value) => typeof value === 'string' && /^[0-7]{4}$/.test(value)
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item)
const record =
  (item: Check): Check =>
  (value) =>
    isMap(value) && Object.entries(value).every(([key, entry]) => text(key) && item(entry))
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(String(value)) && typeof value === 'string'

const ownership = { owner: text, group: text, mode }
const content = { encoding: oneOf('utf8', 'base64'), data: text, sha256: text, sizeBytes: count }

const operations: Operations = {
  write: {
    path: absolutePath,
    content: (value) => hasFields(value, content),
    validate: optional(text),
    sensitive: optional(flag),
    ...ownership,
  },
  mkdir: { path: absolutePath, ...ownership },
  attributes: { path: absolutePath, ...ownership },
  link: { path: absolutePath, target: text },
  remove: { path: absolutePath, recursive: flag, sensitive: optional(flag) },
  restore: { path: absolutePath, kept: keptFile, sha256: checksum, sensitive: optional(flag), ...ownership },
  group: { name: text, gid: optional(count), system: flag, prune: optional(flag) },
  user: {
    name: text,
    system: flag,
    createHome: flag,
    prune: optional(flag),
    uid: optional(count),
    group: optional(text),
    groups: optional(list(text)),
    home: optional(text),
    shell: optional(text),
    comment: optional(text),
  },
  'remove-user': { name: text },
  'remove-group': { name: text },
  package: { packages: list(text), autostart: flag, update: flag },
  'remove-package': { packages: list(text) },
  archive: { url: text, sha256: text, path: absolutePath, strip: count },
  unit: {
    unit: text,
    action: oneOf('enable', 'disable', 'mask', 'unmask', 'start', 'stop', 'restart', 'reload'),
    noBlock: optional(flag),
    noReload: optional(flag),
  },
  'daemon-reload': {},
  run: {
    command: text,
    cwd: optional(text),
    user: optional(text),
    environment: optional(record(text)),
    timeoutSeconds: count,
  },
  await: { command: text, timeoutSeconds: count },
}

const fieldsOf: ReadonlyMap<unknown, Readonly<Record<string, Check>>> = new Map(Object.entries(operations))

const applied: Fields<Applied> = {
  resource: isResourceId,
  origin: oneOf('created', 'adopted'),
  desired: text,
  paths: (value) => record(text)(value) && Object.keys(Object(value)).every(absolutePath),
  removal: list(isOperation),
  sensitive: optional(flag),
  group: optional(text),
  found: optional((value) =>
    hasFields(value, {
      units: record((unit) => hasFields(unit, { active: text, file: text })),
      absent: list(text),
    }),
  ),
}

const ssh = {
  user: optional(text),
  port: optional(count),
  identityFile: optional(text),
  proxyJump: optional(text),
  knownHostsFile: optional(text),
  hostKeyChecking: optional(oneOf('yes', 'accept-new')),
  connectTimeoutSeconds: optional(count),
  sudo: optional(oneOf('auto', 'always', 'never')),
}

const platform = {
  os: optional(text),
  release: optional(text),
  arch: optional(text),
  init: oneOf('systemd', 'none'),
  stateDir: absolutePath,
  stagingDir: absolutePath,
  binDir: absolutePath,
  keepGenerations: optional(count),
}

const generation: Fields<Generation> = { number: count, run: text, by: text, changes: list(text) }

/** Whether a value is an entry of a manifest. */
export function isApplied(value: unknown): value is Applied {
  return hasFields(value, applied)
}

/** Whether a value is the account of a generation. */
export function isGeneration(value: unknown): value is Generation {
  return hasFields(value, generation)
}

/** Whether a value is a way back. */
export function isReverts(value: unknown): value is readonly Reverting[] {
  return list((item) => hasFields(item, { resource: isResourceId, operation: isOperation }))(value)
}

/** Whether a value is a list of a cluster's hosts. */
export function isMembers(value: unknown): value is readonly Member[] {
  return list((item) =>
    hasFields(item, { name: text, target: isTarget, platform: (found) => hasFields(found, platform) }),
  )(value)
}

function isTarget(value: unknown): boolean {
  if (!isMap(value)) return false
  switch (value.transport) {
    case 'ssh':
      return hasFields(value, { address: text, ssh: (settings) => hasFields(settings, ssh) })
    case 'directory':
      return text(value.directory)
    default:
      return value.transport === 'memory'
  }
}

function isOperation(value: unknown): boolean {
  const fields = isMap(value) ? fieldsOf.get(value.op) : undefined
  return fields !== undefined && hasFields(value, fields)
}

function isResourceId(value: unknown): boolean {
  return text(value) && /^[^[\]]+\[[\s\S]*\]$/.test(String(value))
}

function hasFields(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  return (
    isMap(value) &&
    Object.entries(fields).every(([key, check]) => check(Object.hasOwn(value, key) ? value[key] : undefined))
  )
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
