import type { Position } from '../../model/diagnostic.ts'
import type {
  Cause,
  ExplainedLine,
  ExplainedOutput,
  Explanation,
  HostExplanation,
  ValuesExplanation,
} from '../../model/explanation.ts'
import type { Value } from '../../model/value.ts'
import type { Look } from '../apply/render-report.ts'
import { compactHosts } from '../text/compact-hosts.ts'
import { escapeLine } from '../text/escape-control.ts'
import type { Style } from '../text/style.ts'
import { count } from '../text/words.ts'

/** An explanation as text: what it is, and below it where that comes from. */
export function renderExplanation({
  explanation,
  style,
  verbose,
}: Look & { readonly explanation: Explanation }): string {
  const lines = (() => {
    if (explanation.about === 'host') return renderHost(explanation, style)
    if (explanation.about === 'values') return renderValues(explanation, style)
    const outputs = explanation.outputs.flatMap((output, index) => [
      ...(index === 0 ? [] : ['']),
      ...renderOutput(explanation.host, output, { style, verbose }),
    ])
    const stopped = 'Not everything was tried in time; --compile-timeout allows more.'
    return explanation.isComplete ? outputs : [...outputs, '', style.warning(stopped)]
  })()
  return lines.map((line) => `${line}\n`).join('')
}

function renderHost(
  { host, address, environment, roles, layers, made }: HostExplanation,
  style: Style,
): readonly string[] {
  const named = (words: string, position: Position | undefined) =>
    `${escapeLine(words)}${placed(position, style)}`
  return [
    `${style.heading(escapeLine(host))} at ${escapeLine(address)}`,
    ...(environment === undefined
      ? []
      : [named(`environment ${environment.name}, set by ${environment.by}`, environment.position)]),
    ...roles.map(({ name, by, position }) => named(`role ${name}, listed by ${by}`, position)),
    escapeLine(`layers, weakest first: ${layers.join(', ')}`),
    ...made.flatMap(({ by, listedBy, position, resources, dependsOn = [] }) => [
      '',
      `${style.heading(escapeLine(by))}${listedBy === undefined ? '' : escapeLine(`, listed by ${listedBy}`)}${placed(position, style)}`,
      ...resources.map((resource) => `  ${escapeLine(resource)}`),
      ...(resources.length > 0
        ? []
        : [
            dependsOn.length > 0 ? '  makes nothing; it reads' : '  makes nothing',
            ...renderCauses(dependsOn, '    ', style),
          ]),
    ]),
  ]
}

function renderValues({ host, values }: ValuesExplanation, style: Style): readonly string[] {
  return values.flatMap(({ path, value, settings, refersTo }, index) => [
    ...(index === 0 ? [] : ['']),
    `${style.heading(escapeLine(host))}: ${escapeLine(path)} ${value === undefined ? 'has no value' : `= ${shown(value)}`}`,
    ...settings.map((setting) => renderSetting(setting, style)),
    ...renderCauses(refersTo, '    ', style),
  ])
}

function renderSetting(
  { layer, value, effect, position }: ValuesExplanation['values'][number]['settings'][number],
  style: Style,
): string {
  const what = effect === 'removes' ? 'removes it' : shown(value)
  const line = `${effect === 'overridden' ? '   ' : '-> '}${escapeLine(layer)}: ${what}${placed(position, style)}`
  return effect === 'overridden' ? style.quiet(line) : line
}

function renderOutput(
  host: string,
  output: ExplainedOutput,
  { style, verbose }: Pick<Look, 'style' | 'verbose'>,
): readonly string[] {
  const { resource, by, path, isSensitive, lines, thereFor, causes, alsoRead, position } = output
  const what = path === undefined ? 'properties' : path
  const width = String(lines.at(-1)?.number ?? 1).length
  return [
    `${style.heading(escapeLine(host))}: ${escapeLine(`${what} of ${resource} by ${by}`)}${placed(position, style)}`,
    ...(thereFor.length === 0
      ? []
      : ['  there, under this name, because of', ...renderCauses(thereFor, '    ', style)]),
    ...groupLines(lines).flatMap((group) => [
      ...group.map(({ number, text, template }) => {
        const body = isSensitive || text === undefined ? style.quiet('(sensitive)') : escapeLine(text)
        return `${style.quiet(`${String(number).padStart(width + 2)} | `)}${body}${template === undefined ? '' : placed(template, style)}`
      }),
      ...renderCauses(
        (group[0]?.causes ?? []).flatMap((index) => causes[index] ?? []),
        ' '.repeat(width + 5),
        style,
      ),
    ]),
    ...(alsoRead.length === 0 ? [] : renderAlsoRead(by, alsoRead, { style, verbose })),
  ]
}

function renderAlsoRead(
  by: string,
  causes: readonly Cause[],
  { style, verbose }: Pick<Look, 'style' | 'verbose'>,
): readonly string[] {
  const title = `${by} also reads ${count(causes.length, 'value')} of which no effect on this was found`
  if (verbose) return [`${escapeLine(title)}:`, ...renderCauses(causes, '  ', style)]
  return [style.quiet(escapeLine(`${title}: ${causes.map(nameOf).join(', ')}`))]
}

/** Lines in a row that depend on the same. */
function groupLines(lines: readonly ExplainedLine[]): readonly (readonly ExplainedLine[])[] {
  const groups: ExplainedLine[][] = []
  for (const line of lines) {
    const last = groups.at(-1)
    if (last?.[0]?.causes.join() === line.causes.join()) last?.push(line)
    else groups.push([line])
  }
  return groups
}

function renderCauses(causes: readonly Cause[], indent: string, style: Style): readonly string[] {
  return causes.flatMap((cause) => [
    `${indent}${escapeLine(describeCause(cause))}${placed(cause.position, style)}`,
    ...renderCauses(cause.refersTo, `${indent}  `, style),
  ])
}

/** `etcd.version of web1 = "3.5.0", role web`; what is written adds its own words. */
function describeCause(cause: Cause): string {
  const { kind, value, written, layer } = cause
  if (kind === 'text')
    return typeof value === 'string' ? `written: ${value.trim()}` : `written: ${nameOf(cause)}`
  if (kind === 'hosts') return nameOf(cause)
  if (layer === undefined)
    return `${nameOf(cause)}${value === undefined ? ', which no layer sets' : ` = ${shown(value)}`}`
  const is = value === undefined ? '' : ` = ${shown(value)}`
  const as = written === undefined ? '' : `, written ${shown(written)}`
  return `${nameOf(cause)}${is}, ${layer}${as}`
}

function nameOf({ kind, what, hosts }: Cause): string {
  if (kind === 'hosts') return `hosts of ${what}: ${compactHosts(hosts ?? [])}`
  return hosts === undefined ? what : `${what} of ${compactHosts(hosts)}`
}

/** ` (cluster.yaml:4:9)` */
function placed(position: Position | undefined, style: Style): string {
  if (position === undefined) return ''
  const { file, line, column } = position
  return style.quiet(escapeLine(` (${file}:${line}:${column})`))
}

const longest = 200

function shown(value: Value): string {
  const text = JSON.stringify(value)
  return escapeLine(text.length > longest ? `${text.slice(0, longest)}...` : text)
}
