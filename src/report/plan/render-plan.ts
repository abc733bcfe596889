import type { Plan } from '../../model/plan.ts'
import type { Look } from '../apply/render-report.ts'
import { compactHosts } from '../text/compact-hosts.ts'
import { escapeLine } from '../text/escape-control.ts'
import { renderHunkLines } from '../text/render-hunk.ts'
import type { Style } from '../text/style.ts'
import { renderWaves } from './render-waves.ts'
import { renderPlanSummary, summarisePlan } from './summarise-plan.ts'
import { type ChangeView, type HostGroup, type PathHunk, type Shown, viewPlan } from './view-plan.ts'

type RenderPlanOptions = Look & { readonly plan: Plan }

/** The plan as text, hosts with the same changes and hunks together. Ends with the summary line. */
export function renderPlan(options: RenderPlanOptions): string {
  const { plan, style } = options
  const blocks = [...renderHosts(options)]
  const waves = renderWaves(plan.waves, style)
  if (waves.length > 0) blocks.push(waves)
  const warnings = [...departedLines(plan), ...consentLines(plan)].map((line) => style.warning(line))
  if (warnings.length > 0) blocks.push(warnings)
  blocks.push([renderPlanSummary(summarisePlan(plan), style)])
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

function departedLines({ departed, cluster }: Plan): readonly string[] {
  return departed.map((member) => {
    const name = escapeLine(member.name)
    return `${name} was removed from the spec of ${cluster} and is no longer managed. Run \`converge retire ${name}\` to clean it up.`
  })
}

function consentLines({ consents }: Plan): readonly string[] {
  return consents.map((sentence) => `careful: ${escapeLine(sentence)}`)
}

/** The lines of each group of hosts; unchanged ones only if they have notes, or if verbose. */
export function renderHosts({ plan, style, verbose }: RenderPlanOptions): readonly (readonly string[])[] {
  const groups = viewPlan(plan, style)
  const renderHunk = hunkRenderer(groups, { style, whole: verbose })
  return groups
    .filter((group) => verbose || group.status !== 'unchanged' || group.lines.length > 0)
    .map((group) => renderGroup(group, renderHunk, style))
}

function renderGroup(group: HostGroup, renderHunk: HunkRenderer, style: Style): readonly string[] {
  const name = style.heading(escapeLine(compactHosts(group.hosts)))
  return [
    `${name}${headings[group.status]}`,
    ...group.changes.flatMap((change) => renderChange(change, group, renderHunk, style)),
    ...group.lines.map((line) => `  ${line}`),
  ]
}

const headings = { changing: '', unchanged: ' unchanged', held: ' held', failed: '' } as const

function renderChange(
  change: ChangeView,
  group: HostGroup,
  renderHunk: HunkRenderer,
  style: Style,
): readonly string[] {
  const part = ({ value, hosts }: Shown<string>) =>
    hosts.length === group.hosts.length ? value : `${value} ${onHosts(hosts)}`
  return [
    ...change.words.map((words) => `  ${part(words)}`),
    ...change.details.map((detail) => `    ${style.quiet(part(detail))}`),
    ...change.hunks.flatMap((hunk) => renderHunk(hunk, group).map((line) => `    ${line}`)),
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
  return ({ value, hosts }, group) => {
    const key = JSON.stringify(value)
    const { style } = look
    const header = style.hunk(value.hunk.header)
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
