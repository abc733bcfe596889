import type { Plan } from '../../model/plan.ts'
import { planParts } from '../plan/render-plan.ts'
import { diffHeading } from '../plan/revision-diff.ts'
import { summaryOf } from '../recipes/recipe-tests.ts'
import { summariseDiagnostics } from '../text/code-frame.ts'
import { createStyle } from '../text/style.ts'
import { onStderr } from './on-stderr.ts'
import { createTextView } from './text.ts'
import type { View, ViewContext } from './view.ts'

/** As much as a comment on GitHub takes; it counts characters, of which there are never more. */
const defaultMaxBytes = 65_536

/** A part of a document: a heading, and lines that are shown as they are. */
interface Block {
  readonly heading?: string
  readonly lines: readonly string[]
  readonly language?: 'diff'
}

/** Markdown for a comment on a pull request: the summary first, then text in fences, cut to a size. */
export function createMarkdownView(context: ViewContext): View {
  const { stdout, command, verbose, stat = false, maxBytes = defaultMaxBytes } = context
  const style = createStyle({ color: false })
  const print = (title: string, blocks: readonly Block[], whole = `converge ${command}`): void => {
    const heading = `### converge ${command}${title === '' ? '' : `: ${title}`}\n`
    const at =
      context.wholeAt === undefined ? `${code(whole)} shows all of it.` : `[All of it](${context.wholeAt})`
    stdout.write(cut(heading, blocks, maxBytes, `\n**This is cut to ${maxBytes} bytes.** ${at}\n`))
  }
  const asText = (show: (view: View) => void, title = ''): void => {
    let text = ''
    const write = (more: string) => {
      text += more
    }
    show(createTextView({ ...context, stdout: { style, write }, stderr: { style, write } }))
    print(title, text === '' ? [] : [{ lines: text.trimEnd().split('\n') }])
  }
  const plan = (shown: Plan, before: readonly Block[] = [], whole?: string): void => {
    const indents = { words: '', details: '  ', diff: '' }
    const { hosts, waves, warnings, summary } = planParts({ plan: shown, style, verbose, stat, indents })
    const groups = hosts.map(
      ([heading = '', ...lines]): Block =>
        stat ? { lines: [heading, ...lines] } : { heading, lines, language: 'diff' },
    )
    print(summary, [...before, { lines: warnings }, { lines: waves }, ...groups], whole)
  }
  return {
    ...onStderr(context),
    canAsk: false,
    diagnostics: (found, sources) =>
      asText((view) => view.diagnostics(found, sources), summariseDiagnostics(found)),
    plan: (shown) => plan(shown),
    proposal: () => {},
    idle: (shown, by) => asText((view) => view.idle(shown, by)),
    report: (report, shown, by) => asText((view) => view.report(report, shown, by)),
    drift: (drift) => asText((view) => view.drift(drift)),
    diff(diff) {
      const { from, to } = diff
      const revisions = to.commit === undefined ? from.name : `${from.name}..${to.name}`
      plan(diff.plan, [{ heading: diffHeading(diff), lines: [] }], `converge diff ${revisions}`)
    },
    status: (cluster, hosts) => asText((view) => view.status(cluster, hosts)),
    history: (cluster, hosts) => asText((view) => view.history(cluster, hosts)),
    answers: (cluster, commandLine, answers) => asText((view) => view.answers(cluster, commandLine, answers)),
    explanation: (cluster, shown) => asText((view) => view.explanation(cluster, shown)),
    recipeTests: (cases) => asText((view) => view.recipeTests(cases), summaryOf(cases)),
    etcdSnapshot: (snapshot) => asText((view) => view.etcdSnapshot(snapshot)),
    secrets: (listing) => asText((view) => view.secrets(listing)),
    secret: (shown) => asText((view) => view.secret(shown)),
    remark: () => {},
  }
}

/** A document of at most so many bytes. The note says that it is cut. */
function cut(heading: string, blocks: readonly Block[], maxBytes: number, note: string): string {
  const all = blocks.flatMap((block) =>
    block.heading === undefined && block.lines.length === 0 ? [] : [block],
  )
  const whole = heading + all.map((block) => written(block)).join('')
  if (sizeOf(whole) <= maxBytes) return whole
  let text = heading
  let room = maxBytes - sizeOf(heading) - sizeOf(note)
  for (const block of all) {
    const shown = fitting(block, room)
    text += shown
    room -= sizeOf(shown)
    if (shown !== written(block)) break
  }
  return text + note
}

/** A block with as many of its lines as fit, if any do. */
function fitting(block: Block, room: number): string {
  if (sizeOf(written(block)) <= room) return written(block)
  const empty = sizeOf(written({ ...block, lines: [''] }))
  // Backticks in it may need longer fences than those of an empty one.
  let left = room - empty - 2 * longestTicks(block.lines)
  const end = block.lines.findIndex((line) => {
    left -= sizeOf(line) + 1
    return left < 0
  })
  return end <= 0 ? '' : written({ ...block, lines: block.lines.slice(0, end) })
}

function written({ heading, lines, language }: Block): string {
  const title = heading === undefined ? '' : `\n**${code(heading)}**\n`
  if (lines.length === 0) return title
  const fence = '`'.repeat(Math.max(3, longestTicks(lines) + 1))
  return `${title}\n${fence}${language ?? ''}\n${lines.join('\n')}\n${fence}\n`
}

/** Text in one line, as code. */
function code(text: string): string {
  const shown = text.length > longestHeading ? `${text.slice(0, longestHeading)}...` : text
  const ticks = '`'.repeat(longestTicks([shown]) + 1)
  const space = /^`|`$/.test(shown) ? ' ' : ''
  return `${ticks}${space}${shown}${space}${ticks}`
}

const longestHeading = 300

function longestTicks(lines: readonly string[]): number {
  return Math.max(0, ...lines.flatMap((line) => line.match(/`+/g)?.map(({ length }) => length) ?? []))
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text)
}
