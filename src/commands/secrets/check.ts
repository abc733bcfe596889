import { existsSync } from 'node:fs'
import type { LoadedSecrets } from '../../load/load-secrets.ts'
import { SpecError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'
import type { SecretNote } from '../../report/secrets/render-secrets.ts'
import type { View } from '../../report/views/view.ts'
import { certificateFindings, pemOf } from '../../secrets/certificates.ts'
import { checkUses } from '../../secrets/check-uses.ts'
import { isSorted } from '../../secrets/edit-text.ts'
import { kindOf, rotationStep, type SecretEntry } from '../../secrets/secrets-file.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { loadSpec, type SpecOptions } from '../spec/load-spec.ts'
import { countRecipients, decrypted } from './age.ts'
import { withPublicHalf } from './halves.ts'
import { type Identities, type IdentityOptions, identitiesOf } from './identity.ts'
import { listingOf } from './listing.ts'
import { continuing } from './rotate-authority.ts'
import { openStore } from './store.ts'

export interface CheckOptions extends SpecOptions, IdentityOptions {
  /** Days before the expiry of a certificate from which it is reported. */
  readonly within: number
  /** Exit with 2 if a certificate expires within that time. */
  readonly exitCode?: boolean
}

/**
 * `converge secrets check`: certificates that expire or do not fit, and values that are not for the recipients; with an
 * identity also whether each value can be opened.
 */
export async function check(options: CheckOptions, io: Io, view: View): Promise<ExitCode> {
  const store = await openStore(options)
  const identities = await identitiesOf(options, io)
  const notes: SecretNote[] = isSorted([...store.secrets.keys()])
    ? []
    : [
        {
          severity: 'warning',
          message: 'the keys are not sorted',
          hint: 'sort the lines, so that git merges them',
        },
      ]
  const expiring: SecretNote[] = []
  const now = new Date()
  for (const [key, entry] of store.secrets) {
    notes.push(...(await valueNotes(key, entry, store, identities)))
    const step = rotationStep(entry)
    if (step !== undefined)
      notes.push({
        key,
        severity: 'warning',
        message: `its rotation is at step ${step} of 3`,
        hint: `once all hosts have what that changed, run \`${continuing(key)}\``,
      })
    for (const { message, isUrgent } of certificateFindings(entry, store.secrets, {
      now,
      withinDays: options.within,
    }))
      expiring.push({
        key,
        severity: isUrgent ? 'error' : 'warning',
        message,
        hint: `\`converge secrets rotate ${key}\` makes a new one`,
      })
  }
  const all = [...notes, ...expiring, ...(await usesNotes(options, store))]
  view.secrets(listingOf('secrets check', store, all))
  if (all.some(({ severity }) => severity === 'error')) return 1
  return options.exitCode === true && expiring.length > 0 ? 2 : 0
}

/** What the spec uses and the file does not have as it is used. */
async function usesNotes(options: CheckOptions, { secrets }: LoadedSecrets): Promise<readonly SecretNote[]> {
  if (!existsSync(options.file)) return []
  const spec = await loadSpec(options, { mayMiss: true })
  const { uses } = spec.secrets
  // What expires is reported of all certificates already.
  const { errors } = checkUses({ uses, secrets, now: new Date(0) })
  return errors.map(({ message, hint }) => ({ severity: 'error', message, ...given({ hint }) }))
}

async function valueNotes(
  key: string,
  entry: SecretEntry,
  { recipients }: LoadedSecrets,
  identities: Identities | undefined,
): Promise<readonly SecretNote[]> {
  const { value } = entry
  if (value === undefined) return []
  const notes: SecretNote[] = []
  const count = countRecipients(value)
  if (count !== recipients.size)
    notes.push({
      key,
      severity: 'warning',
      message: `is encrypted for ${count}, and the file lists ${recipients.size} recipients`,
      hint: 'set it anew, or remove and add one of the recipients',
    })
  if (identities === undefined) return notes
  const opened = await decrypted(value, identities)
  const problem =
    opened === undefined ? 'cannot be opened with this identity' : halvesMistake(key, entry, opened)
  return problem === undefined ? notes : [...notes, { key, severity: 'error', message: problem }]
}

/** Whether the public half in the file is that of the value. */
function halvesMistake(key: string, entry: SecretEntry, value: string): string | undefined {
  const kind = kindOf(entry)
  const { certificate, public: half } = entry
  try {
    const whole = certificate === undefined ? value : `${value}\n${pemOf(certificate)}`
    const made = withPublicHalf(key, kind, whole)
    const isOwn = half === undefined || made.public?.split(' ', 2).join(' ') === half.split(' ', 2).join(' ')
    return isOwn ? undefined : 'has the public half of another key'
  } catch (error) {
    if (error instanceof SpecError) return `does not fit its kind: ${error.message}`
    throw error
  }
}
