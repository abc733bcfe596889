import type { SecretKind } from '../../model/secret-need.ts'
import type { Look } from '../apply/render-report.ts'
import { escapeLine } from '../text/escape-control.ts'
import { commaList, count } from '../text/words.ts'

/** A secret without its value. */
export interface ListedSecret {
  readonly key: string
  readonly kind: SecretKind
  readonly source: 'value' | 'environment' | 'file' | 'command'
  /** Where it comes from, if not from secrets.yaml. */
  readonly at?: string
  readonly authority?: string
  readonly public?: string
  /** As PEM; of an authority that is rotated both certificates. */
  readonly certificate?: string
  /** What the certificate is valid for. */
  readonly names?: readonly string[]
  /** How far the rotation of an authority is. */
  readonly step?: 1 | 2
  /** When the certificate expires: ISO 8601, in UTC. */
  readonly expires?: string
}

/** What the command did with a secret, or found about it. */
export interface SecretNote {
  /** Absent if it concerns the file. */
  readonly key?: string
  readonly severity: 'done' | 'warning' | 'error'
  readonly message: string
  readonly hint?: string
}

export type SecretsCommand =
  | 'secrets init'
  | 'secrets set'
  | 'secrets edit'
  | 'secrets list'
  | 'secrets generate'
  | 'secrets rotate'
  | 'secrets check'
  | 'secrets recipients'

/** The secrets of a file, and what a command says of them. */
export interface SecretsListing {
  readonly command: SecretsCommand
  readonly file: string
  readonly recipients: readonly { readonly name: string; readonly key: string }[]
  /** Those that the command is about. */
  readonly secrets: readonly ListedSecret[]
  readonly notes: readonly SecretNote[]
}

/** A secret with its value, as `show` prints it. */
export interface ShownSecret extends ListedSecret {
  /** Absent if only the public half was asked for. */
  readonly value?: string
}

/** A table for `list`, otherwise one line for each note. */
export function renderSecrets(
  listing: SecretsListing,
  { style, verbose }: Pick<Look, 'style' | 'verbose'>,
): string {
  const { command, secrets, recipients, notes } = listing
  if (command === 'secrets recipients' && notes.length === 0)
    return recipients.map(({ name, key }) => `${style.heading(escapeLine(name))}  ${key}\n`).join('')
  const rows = command === 'secrets list' ? secrets.map(wordsOf) : []
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row, index) => {
    const cells = row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell))
    const publicHalf = secrets[index]?.public
    const more = verbose && publicHalf !== undefined ? [`    ${escapeLine(publicHalf)}`] : []
    return [cells.join('  ').trimEnd(), ...more].join('\n')
  })
  const lines = notes.flatMap(({ key, severity, message, hint }) => {
    const about = key === undefined ? '' : `${style.heading(escapeLine(key))}: `
    const paint = { error: style.error, warning: style.warning, done: style.success }[severity]
    const mark = severity === 'done' ? '' : `${paint(`${severity}:`)} `
    return [`${mark}${about}${escapeLine(message)}`, ...(hint === undefined ? [] : [`  ${escapeLine(hint)}`])]
  })
  return [...table, ...lines, ...summaryOf(listing)].map((line) => `${line}\n`).join('')
}

function wordsOf({ key, kind, source, at = '', names, expires, step }: ListedSecret): readonly string[] {
  const place = source === 'value' ? '' : escapeLine(`${source} ${at}`)
  const until = expires === undefined ? '' : `until ${expires.slice(0, 10)}`
  const whose = names === undefined || names.length === 0 ? '' : `for ${names.join(', ')}`
  return [
    escapeLine(key),
    kind,
    commaList([
      place !== '' && place,
      until !== '' && until,
      whose !== '' && whose,
      step !== undefined && `rotation at step ${step} of 3`,
    ]),
  ]
}

function summaryOf({ command, secrets, notes, recipients }: SecretsListing): readonly string[] {
  if (command !== 'secrets list' && command !== 'secrets check') return []
  const of = (wanted: SecretNote['severity']) => notes.filter(({ severity }) => severity === wanted).length
  const names = recipients.map(({ name }) => name).join(', ')
  return [
    `${count(secrets.length, 'secret')} for ${names === '' ? 'no recipient' : escapeLine(names)}${
      command === 'secrets check'
        ? `: ${notes.length === 0 ? 'nothing to report' : commaList([of('error') > 0 && count(of('error'), 'error'), of('warning') > 0 && count(of('warning'), 'warning')])}`
        : ''
    }`,
  ]
}
