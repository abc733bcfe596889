import { emptyMap } from '../../model/value.ts'
import { AnswerError } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** Whether a command exits 0. */
export const checks: ProbeKind<ProbeOf<'check'>, boolean> = {
  probe: 'check',
  subject: ({ command }) => command,
  ask: (probes) => [`inspect_checks ${commandLine(probes.map(({ command }) => command))}`],
  read(reader, probes) {
    const answers = reader.expect('checks').split(' ')
    if (answers.length !== probes.length) throw new AnswerError('not every check was answered')
    const facts = emptyMap<boolean>()
    for (const [index, { command }] of probes.entries()) facts[command] = answers[index] === '0'
    return facts
  },
  // 10 s, and 2 s until a command that ignores SIGTERM is killed.
  timeoutMs: 12_000,
}
