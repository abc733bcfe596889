import type { Problem } from '../model/diagnostic.ts'
import type { CertificateNeed, SecretNeed } from '../model/secret-need.ts'
import { certificateFacts, certificateFindings, isTrusted } from './certificates.ts'
import type { SecretUse } from './keyring.ts'
import { kindOf, type SecretEntry, type SecretsFile } from './secrets-file.ts'

type Entries = SecretsFile['secrets']

/** How long before its end a certificate is to be made anew. */
const renewalDays = 30

interface Checked {
  readonly uses: readonly SecretUse[]
  readonly secrets: Entries
  readonly now: Date
}

/** What a spec needs of each secret: the names of a certificate are those of all who declare it. */
export function needsOf(uses: readonly SecretUse[]): {
  readonly needs: ReadonlyMap<string, SecretNeed>
  readonly conflicts: readonly Problem[]
} {
  const needs = new Map<string, SecretNeed>()
  const conflicts: Problem[] = []
  const firsts = new Map<string, SecretUse>()
  for (const use of uses) {
    const { key, need, by, position } = use
    if (need === undefined) continue
    const before = needs.get(key)
    const first = firsts.get(key)
    if (before === undefined || first === undefined) {
      needs.set(key, need)
      firsts.set(key, use)
      continue
    }
    const both = merged(before, need)
    if (both !== undefined) needs.set(key, both)
    else
      conflicts.push({
        code: 'conflicting-secret',
        message: `the secret ${key} is declared in two ways: as ${wordsOf(before)} by ${first.by} and as ${wordsOf(need)} by ${by}`,
        hint: 'declare it in one way, or give one of them another key',
        path: ['secrets', key],
        position,
      })
  }
  return { needs, conflicts }
}

function merged(one: SecretNeed, other: SecretNeed): SecretNeed | undefined {
  if (one.kind !== 'certificate' || other.kind !== 'certificate')
    return JSON.stringify(one) === JSON.stringify(other) ? one : undefined
  const same = (need: CertificateNeed) => JSON.stringify([need.authority, need.usages, need.days])
  const names = [...new Set([...one.names, ...other.names])].sort()
  return same(one) === same(other) ? { ...one, names } : undefined
}

function wordsOf({ kind, ...options }: SecretNeed): string {
  const words = Object.entries(options).map(([name, value]) => `${name} ${String(value)}`)
  return words.length === 0 ? kind : `${kind} (${words.join(', ')})`
}

/** What a spec uses and the file does not have, or has in another way than it is used. */
export function checkUses({ uses, secrets, now }: Checked): {
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
} {
  const { needs, conflicts } = needsOf(uses)
  const errors = [...conflicts]
  const warnings: Problem[] = []
  // What it is to be comes before what it is.
  const told = new Set(conflicts.map(({ path }) => path?.at(-1)))
  for (const { key, part, by, position } of uses) {
    const entry = secrets.get(key)
    const need = needs.get(key)
    const about = { path: ['secrets', key], position }
    const authority = need?.kind === 'certificate' ? need.authority : undefined
    if (authority !== undefined && !needs.has(authority) && !secrets.has(authority) && !told.has(authority)) {
      told.add(authority)
      errors.push({
        code: 'missing-secret',
        message: `there is no secret ${authority}, the authority of ${key}`,
        hint: `declare it with authority(), or run \`converge secrets generate ${authority} --kind authority\``,
        ...about,
      })
    }
    if (entry === undefined) {
      if (told.has(key)) continue
      told.add(key)
      const message = `there is no secret ${key}, which ${by} uses`
      errors.push({ code: 'missing-secret', message, hint: howToMake(key, need), ...about })
      continue
    }
    if (part !== undefined && entry[part] === undefined)
      errors.push({
        code: 'missing-secret',
        message: `the secret ${key} is of kind ${kindOf(entry)}, and has no ${part === 'public' ? 'public half' : 'certificate'}`,
        hint:
          part === 'public' ? 'keys have one: sshKey, wireguardKey' : 'authorities and certificates have one',
        ...about,
      })
    if (told.has(key)) continue
    told.add(key)
    const code = 'unfit-secret'
    for (const { message, hint, isUrgent } of misfits(key, need, entry, secrets, now))
      (isUrgent ? errors : warnings).push({ code, message: `the secret ${key}: ${message}`, hint, ...about })
  }
  return { errors, warnings }
}

function howToMake(key: string, need: SecretNeed | undefined): string {
  if (need === undefined)
    return `\`converge secrets set ${key}\` adds it; \`converge secrets generate ${key} --kind password\` makes one`
  return need.kind === 'opaque'
    ? `\`converge secrets set ${key}\` adds it`
    : '`converge secrets generate` makes it'
}

interface Misfit {
  readonly message: string
  readonly hint: string
  readonly isUrgent: boolean
}

const generate = '`converge secrets generate` makes a new one'
const texts: readonly string[] = ['password', 'token', 'opaque']

/** Whether an entry is what is needed, and works. */
export function misfits(
  key: string,
  need: SecretNeed | undefined,
  entry: SecretEntry,
  secrets: Entries,
  now: Date,
): readonly Misfit[] {
  const kind = kindOf(entry)
  const isText = need !== undefined && texts.includes(need.kind) && texts.includes(kind)
  if (need !== undefined && !isText && need.kind !== kind) {
    const hint = `set it anew with \`converge secrets set ${key} --kind ${need.kind}\`, or use another key`
    return [{ message: `it is of kind ${kind}, and ${need.kind} is needed`, hint, isUrgent: true }]
  }
  const isWhole =
    need === undefined ||
    isText ||
    (need.kind === 'sshKey' || need.kind === 'wireguardKey' ? entry.public : entry.certificate) !== undefined
  if (!isWhole) {
    const hint = 'add public or certificate to its line in secrets.yaml'
    return [{ message: 'its public half is missing', hint, isUrgent: true }]
  }
  const lifetime = certificateFindings(entry, secrets, { now, withinDays: renewalDays })
  return [
    ...(need?.kind === 'certificate' ? certificateMisfits(need, entry, secrets) : []),
    ...lifetime.map(({ message, isUrgent }) => ({
      message,
      hint: need?.kind === 'certificate' ? generate : `\`converge secrets rotate ${key}\` makes a new one`,
      isUrgent,
    })),
  ]
}

function certificateMisfits(need: CertificateNeed, entry: SecretEntry, secrets: Entries): readonly Misfit[] {
  const { certificate = '' } = entry
  const { names = [], usages = [] } = certificateFacts(certificate) ?? {}
  const issuer = secrets.get(need.authority)
  const missing = need.names.filter((name) => !names.includes(name))
  const extra = names.filter((name) => !need.names.includes(name))
  const unusable = need.usages.filter((usage) => !usages.includes(usage))
  const found: (Misfit | false)[] = [
    missing.length > 0 && {
      message: `its certificate is not for ${missing.join(', ')}`,
      hint: generate,
      isUrgent: true,
    },
    unusable.length > 0 && {
      message: `its certificate is not for use as ${unusable.join(' and ')}`,
      hint: generate,
      isUrgent: true,
    },
    entry.authority !== need.authority &&
      issuer?.certificate !== undefined &&
      !isTrusted(certificate, issuer, secrets) && {
        message: `its certificate is not of the authority ${need.authority}`,
        hint: generate,
        isUrgent: true,
      },
    extra.length > 0 && {
      message: `its certificate is also for ${extra.join(', ')}, which nothing needs any more`,
      hint: generate,
      isUrgent: false,
    },
  ]
  return found.filter((misfit) => misfit !== false)
}
