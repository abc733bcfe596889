import type { Look } from '../apply/render-report.ts'
import type { Hunk } from '../text/diff-hunks.ts'
import { escapeLine } from '../text/escape-control.ts'
import { renderHunkLines } from '../text/render-hunk.ts'
import { commaList, count } from '../text/words.ts'

/** A file of the expected result that is not as it should be. */
export interface CaseDifference {
  /** Relative to the folder of the case: `expected/web0/etc/motd`. */
  readonly path: string
  readonly what: 'differs' | 'is missing' | 'is not expected'
  readonly hunks: readonly Hunk[]
}

/** How a recipe changes hosts from one revision to the files that are there. */
interface Upgrade {
  readonly from: string
  /** The plan, as a dry run prints it. */
  readonly lines: readonly string[]
}

/** A case of a recipe's tests, and how it went. */
export interface TestedCase {
  readonly recipe: string
  readonly name: string
  readonly status: 'passed' | 'failed' | 'updated'
  /** What is wrong, besides the differences: of each the first line says it. */
  readonly problems: readonly string[]
  readonly differences: readonly CaseDifference[]
  /** What was done, and what was not. */
  readonly notes: readonly string[]
  readonly upgrade?: Upgrade
}

/** One line per case, with what is wrong below it; then the counts. */
export function renderRecipeTests(cases: readonly TestedCase[], { style, verbose }: Look): string {
  const lines = cases.flatMap((tested) => {
    const { recipe, name, status, problems, differences, notes, upgrade } = tested
    const heading = `${style.heading(escapeLine(`${recipe}/${name}`))} ${paints(style)[status](status)}`
    const aside = notes.map((note) => `  ${style.quiet(escapeLine(note))}`)
    return [
      heading,
      ...(verbose || upgrade !== undefined || status === 'failed' ? aside : []),
      ...problems.flatMap((problem) => problem.split('\n').map((line) => `  ${escapeLine(line)}`)),
      ...differences.flatMap(({ path, what, hunks }) => [
        `  ${escapeLine(`${path} ${status === 'updated' ? updated[what] : what}`)}`,
        ...(status === 'updated' && !verbose ? [] : hunks).flatMap((hunk) => [
          `    ${style.hunk(hunk.header)}`,
          ...renderHunkLines(hunk, { style, whole: verbose }).map((line) => `    ${line}`),
        ]),
      ]),
      ...(upgrade?.lines ?? []).map((line) => (line === '' ? '' : `  ${escapeLine(line)}`)),
    ]
  })
  const hint = cases.some(({ status, differences }) => status === 'failed' && differences.length > 0)
    ? 'If what differs is right, accept it by `converge recipe test --update`.\n'
    : ''
  return `${lines.join('\n')}\n\n${summaryOf(cases)}\n${hint}`
}

const updated = {
  differs: 'was changed',
  'is missing': 'was removed',
  'is not expected': 'was added',
} as const

/** `4 cases: 2 passed, 1 updated, 1 failed` */
export function summaryOf(cases: readonly TestedCase[]): string {
  const { passed, updated, failed } = countsOf(cases)
  const parts = [`${passed} passed`, updated > 0 && `${updated} updated`, failed > 0 && `${failed} failed`]
  return `${count(cases.length, 'case')}: ${commaList(parts)}`
}

export function countsOf(cases: readonly TestedCase[]) {
  const of = (status: TestedCase['status']) => cases.filter((one) => one.status === status).length
  return { passed: of('passed'), updated: of('updated'), failed: of('failed') }
}

function paints(style: Look['style']) {
  return { passed: style.success, updated: style.warning, failed: style.error } as const
}
