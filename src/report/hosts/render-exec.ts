import type { ConvergeError } from '../../model/errors.ts'
import { closed, type Data } from '../../model/schema.ts'
import { counts } from '../json/schema.ts'
import { escapeLines } from '../text/escape-control.ts'
import { renderGroups } from '../text/group-hosts.ts'
import { renderError } from '../text/render-error.ts'
import type { Style } from '../text/style.ts'
import { commaList, count } from '../text/words.ts'

/** The output of a command on a host, or why there is none. */
export type Answer =
  | {
      readonly host: string
      /** Undefined if a signal ended it. */
      readonly exitCode: number | undefined
      readonly stdout: string
      readonly stderr: string
    }
  | { readonly host: string; readonly error: ConvergeError }

/** Answers as text: hosts with the same output and exit code together, control characters escaped. */
export function renderAnswers(answers: readonly Answer[], style: Style): string {
  const blocks = renderGroups(answers, (answer) => renderAnswer(answer, style), style)
  return [...blocks, renderSummary(summariseAnswers(answers), style)].map((block) => `${block}\n`).join('\n')
}

/** The first line is shown next to the host's name. */
function renderAnswer(answer: Answer, style: Style): readonly string[] {
  if ('error' in answer) return ['', ...renderError(answer.error, style)]
  const { exitCode, stdout, stderr } = answer
  const ended = exitCode === undefined ? 'ended by a signal' : `exit code ${exitCode}`
  return [
    exitCode === 0 ? '' : style.error(ended),
    ...(stdout === '' ? [] : escapeLines(stdout)),
    ...(stderr === '' ? [] : escapeLines(stderr).map((line) => `${style.warning('stderr:')} ${line}`)),
  ]
}

export const AnswersSummary = closed(
  'Counts of hosts.',
  counts({
    hosts: 'All.',
    succeeded: 'Those on which it exited 0.',
    failed: 'Those on which it did not.',
    unanswered: 'Those that could not be asked, or did not answer in time.',
  }),
)
export type AnswersSummary = Data<typeof AnswersSummary>

/** Counts hosts. */
export function summariseAnswers(answers: readonly Answer[]): AnswersSummary {
  const unanswered = answers.filter((answer) => 'error' in answer).length
  const succeeded = answers.filter((answer) => 'exitCode' in answer && answer.exitCode === 0).length
  return { hosts: answers.length, succeeded, failed: answers.length - unanswered - succeeded, unanswered }
}

/** `3 hosts: 2 succeeded, 1 failed` */
function renderSummary({ hosts, succeeded, failed, unanswered }: AnswersSummary, style: Style): string {
  const parts = [
    succeeded > 0 && `${succeeded} succeeded`,
    failed > 0 && style.error(`${failed} failed`),
    unanswered > 0 && style.error(`${unanswered} did not answer`),
  ]
  return `${count(hosts, 'host')}: ${commaList(parts)}`
}
