import type { Member } from '../../model/manifest.ts'

// What a host keeps for the controller comes back from it as JSON, and the host may be anybody's by then.

type Check = (value: unknown) => boolean

/** No NUL: a text may become a word of the shell, which cannot hold one. */
const text: Check = (value) => typeof value === 'string' && !value.includes('\0')
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const absolutePath: Check = (value) =>
  text(value) && String(value).startsWith('/') && !String(value).split('/').includes('..')
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(String(value)) && typeof value === 'string'

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

function hasFields(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  return (
    isMap(value) &&
    Object.entries(fields).every(([key, check]) => check(Object.hasOwn(value, key) ? value[key] : undefined))
  )
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
