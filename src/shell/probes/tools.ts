import { emptyMap } from '../../model/value.ts'
import { AnswerError } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** Whether the host has a program. */
export const tools: ProbeKind<ProbeOf<'tool'>, boolean> = {
  probe: 'tool',
  subject: ({ tool }) => tool,
  ask: (probes) => [`inspect_tools ${commandLine(probes.map(({ tool }) => tool))}`],
  read(reader, probes) {
    const answers = reader.expect('tools').split(' ')
    if (answers.length !== probes.length) throw new AnswerError('not every tool was looked for')
    const facts = emptyMap<boolean>()
    for (const [index, { tool }] of probes.entries()) facts[tool] = answers[index] === '0'
    return facts
  },
}
