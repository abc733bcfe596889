import type { ConvergeError } from '../../model/errors.ts'
import type { ApplyFailure, HostHistory, KeptGeneration } from '../../model/manifest.ts'
import { parseStartedBy, wallTime } from '../../model/started-by.ts'
import type { Look } from '../apply/render-report.ts'
import { escapeLine } from '../text/escape-control.ts'
import { renderGroups } from '../text/group-hosts.ts'
import { renderError } from '../text/render-error.ts'
import type { Style } from '../text/style.ts'
import { count } from '../text/words.ts'

/** A host's history and its hold, if that still counts; or why it did not answer. */
export type RecordedHost =
  | ({ readonly host: string } & HostHistory)
  | { readonly host: string; readonly error: ConvergeError }

const shownChanges = 3

/** `failed at install package ngnix (package[ngnix]): exit status 100` */
export function failureWords({ at, problem }: ApplyFailure): string {
  const why = problem.replace(/^exit (?=\d+$)/, 'exit status ')
  return `failed${at === undefined ? '' : ` at ${at}`}: ${why}`
}

/** Generations as text, newest first; hosts with the same ones are shown together. */
export function renderHistory({
  hosts,
  style,
  verbose,
}: Look & { readonly hosts: readonly RecordedHost[] }): string {
  return renderGroups(hosts, (host) => renderHost(host, style, verbose), style)
    .map((block) => `${block}\n`)
    .join('\n')
}

/** The first line is shown next to the host's name. */
function renderHost(host: RecordedHost, style: Style, verbose: boolean): readonly string[] {
  if ('error' in host) return ['', ...renderError(host.error, style)]
  const held =
    host.held === undefined ? '' : `${style.warning('held')} after a rollback by ${escapeLine(host.held)}`
  if (host.generations.length === 0) return [held, style.quiet('no applies are recorded')]
  return [held, ...host.generations.flatMap((generation) => renderGeneration(generation, style, verbose))]
}

function renderGeneration(
  { number, by, changes, failed }: KeptGeneration,
  style: Style,
  verbose: boolean,
): readonly string[] {
  const { who, at } = parseStartedBy(by)
  const shown = verbose ? changes : changes.slice(0, shownChanges)
  const hidden = changes.length - shown.length
  return [
    `generation ${number}${at === undefined ? '' : `, ${wallTime(at)}`}, ${escapeLine(who)}`,
    ...(failed === undefined ? [] : [`  ${style.error(escapeLine(failureWords(failed)))}`]),
    ...shown.map((line) => `  ${escapeLine(line)}`),
    ...(hidden === 0 ? [] : [style.quiet(`  and ${count(hidden, 'more change')}; --verbose shows them`)]),
  ]
}
