import type { Plan } from '../../model/plan.ts'
import type { Look } from '../apply/render-report.ts'
import { compactHosts } from '../text/compact-hosts.ts'
import { escapeLine } from '../text/escape-control.ts'
import { renderHunkLines } from '../text/render-hunk.ts'
import type { Style } from '../text/style.ts'
import { renderWaves } from './render-waves.ts'
import { renderPlanSummary, summarisePlan } from './summarise-plan.ts'
import {
  type ChangeView,
  type HostGroup,
  ownMarks,
  type PathHunk,
  type Shown,
  viewPlan,
} from './view-plan.ts'

type RenderPlanOptions = Look & {
  readonly plan: Plan
  /** One line per change instead of causes and diffs. */
  readonly stat?: boolean
  readonly indents?: Indents
}

/** What is before the words of a change, its details and the lines of its diff. */
interface Indents {
  readonly words: string
  readonly details: string
  readonly diff: string
}

const textIndents: Indents = { words: '  ', details: '    ', diff: '    ' }

/** The plan as text, hosts with the same changes and hunks together. Ends with the summary line. */
export function renderPlan(options: RenderPlanOptions): string {
  const { hosts, waves, warnings, summary } = planParts(options)
  const blocks = [...hosts, waves, warnings, [summary]].filter((lines) => lines.length > 0)
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

/** The lines of a plan by what they are about; those of a group of hosts begin with its heading. */
export function planParts(options: RenderPlanOptions) {
  const { plan, style } = options
  return {
    hosts: options.stat ? renderStat(options) : renderHosts(options),
    waves: renderWaves(plan.waves, style),
    warnings: [...departedLines(plan), ...consentLines(plan)].map((line) => style.warning(line)),
    summary: renderPlanSummary(summarisePlan(plan), style),
  }
}

function departedLines({ departed, cluster }: Plan): readonly string[] {
  return departed.map((member) => {
    const name = escapeLine(member.name)
    return `${name} was removed from the spec of ${cluster} and is no longer managed. Run \`converge retire ${name}\` to clean it up.`
  })
}

function consentLines({ consents }: Plan): readonly string[] {
  return consents.map(({ what }) => `careful: ${escapeLine(what)}`)
}

/** The lines of each group of hosts; unchanged ones only if they have notes, or if verbose. */
export function renderHosts({
  plan,
  style,
  verbose,
  indents = textIndents,
}: RenderPlanOptions): readonly (readonly string[])[] {
  const groups = viewPlan(plan, style)
  const renderHunk = hunkRenderer(groups, { style, whole: verbose })
  const look = { style, indents }
  const shownOn = new Map<string, string>()
  return groups
    .filter((group) => verbose || group.status !== 'unchanged' || group.lines.length > 0)
    .map((group) => {
      const heading = style.heading(escapeLine(compactHosts(group.hosts)))
      const changes = verbose
        ? group.changes.flatMap((change) => renderChange(change, group, renderHunk, look))
        : renderNewChanges(group, shownOn, renderHunk, look)
      return [`${heading}${headings[group.status]}`, ...changes, ...group.lines.map((line) => `  ${line}`)]
    })
}

const fewestFolded = 2

/** The changes of a group; those in a row that one group before it has as well are one line. */
function renderNewChanges(
  group: HostGroup,
  shownOn: Map<string, string>,
  renderHunk: HunkRenderer,
  { style, indents }: { readonly style: Style; readonly indents: Indents },
): readonly string[] {
  const name = compactHosts(group.hosts)
  const known = group.changes.map((change) => ({ change, on: shownOn.get(keyOf(change, group)) }))
  const runs: { readonly on: string | undefined; readonly changes: ChangeView[] }[] = []
  for (const { change, on } of known) {
    const last = runs.at(-1)
    if (last !== undefined && last.on === on) last.changes.push(change)
    else runs.push({ on, changes: [change] })
  }
  for (const change of group.changes)
    if (!shownOn.has(keyOf(change, group))) shownOn.set(keyOf(change, group), name)
  return runs.flatMap(({ on, changes }) =>
    on === undefined || changes.length < fewestFolded
      ? changes.flatMap((change) => renderChange(change, group, renderHunk, { style, indents }))
      : [`${indents.words}${style.quiet(`${changes.length} changes as shown above on ${escapeLine(on)}`)}`],
  )
}

/** The same for changes that look alike on all hosts of their groups. */
function keyOf({ words, details, hunks }: ChangeView, { hosts }: HostGroup): string {
  const parts = [words, details, hunks].map((part) =>
    part.map((shown) => [shown.value, shown.hosts.length === hosts.length ? 'all' : shown.hosts]),
  )
  return JSON.stringify(parts)
}

/** One line per change, with its hosts: what a plan of many hosts comes to. */
function renderStat(options: RenderPlanOptions): readonly (readonly string[])[] {
  const { plan, style } = options
  const hostsOf = new Map<string, string[]>()
  const changing = viewPlan(plan, style).flatMap(({ changes }) => changes.flatMap(({ words }) => words))
  for (const { value, hosts } of changing) {
    // A name that is longer makes a file longer.
    const words = value.replace(/, \d+ bytes?\)$/, ')')
    hostsOf.set(words, [...new Set([...(hostsOf.get(words) ?? []), ...hosts])])
  }
  const lines = [...hostsOf].map(
    ([words, hosts]) => `${words} ${style.quiet(`on ${escapeLine(compactHosts(hosts))}`)}`,
  )
  const others = plan.hosts.filter(({ status }) => status !== 'planned')
  return [
    ...(lines.length === 0 ? [] : [lines]),
    ...renderHosts({ ...options, plan: { ...plan, hosts: others } }),
  ]
}

const headings = { changing: '', unchanged: ' unchanged', held: ' held', failed: '' } as const

function renderChange(
  change: ChangeView,
  group: HostGroup,
  renderHunk: HunkRenderer,
  { style, indents }: { readonly style: Style; readonly indents: Indents },
): readonly string[] {
  const part = ({ value, hosts }: Shown<string>) =>
    hosts.length === group.hosts.length ? value : `${value} ${onHosts(hosts)}`
  return [
    ...change.words.map((words) => `${indents.words}${part(words)}`),
    ...change.details.map((detail) => `${indents.details}${style.quiet(part(detail))}`),
    ...change.hunks.flatMap((hunk) => renderHunk(hunk, group).map((line) => `${indents.diff}${line}`)),
  ]
}

type HunkRenderer = (hunk: Shown<PathHunk>, group: HostGroup) => readonly string[]

function hunkRenderer(
  groups: readonly HostGroup[],
  look: { readonly style: Style; readonly whole: boolean },
): HunkRenderer {
  const allHosts = new Map<string, readonly string[]>()
  for (const { value, hosts } of groups.flatMap((group) => group.changes).flatMap((change) => change.hunks)) {
    const key = JSON.stringify(value)
    allHosts.set(key, [...(allHosts.get(key) ?? []), ...hosts])
  }
  const shown = new Set<string>()
  return ({ value, hosts, marks = [] }, group) => {
    const key = JSON.stringify(value)
    const { style } = look
    const words = marks.map((mark) => `${mark} is the ${ownMarks[mark]} of each`).join(', ')
    const legend = words === '' ? '' : ` ${style.quiet(words)}`
    const header = `${style.hunk(value.hunk.header)}${legend}`
    const onSome = (of: readonly string[]) =>
      of.length === group.hosts.length ? '' : ` ${style.heading(onHosts(of))}`
    if (shown.has(key)) return [`${header}${onSome(hosts)} ${style.quiet('as shown above')}`]
    shown.add(key)
    return [`${header}${onSome(allHosts.get(key) ?? hosts)}`, ...renderHunkLines(value.hunk, look)]
  }
}

function onHosts(hosts: readonly string[]): string {
  return `on ${escapeLine(compactHosts(hosts))}`
}
