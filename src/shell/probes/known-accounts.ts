import { emptyMap } from '../../model/value.ts'
import { AnswerError } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** Whether the host knows a user or a group. */
export const knownAccounts: ProbeKind<ProbeOf<'account'>, boolean> = {
  probe: 'account',
  subject: ({ account }) => account,
  ask: (probes) => [
    `inspect_known_accounts ${commandLine(
      probes.flatMap(({ account }) => {
        const [, kind, name = ''] = /^(\w+) (.*)$/s.exec(account) ?? []
        return [kind === 'user' ? 'passwd' : 'group', name]
      }),
    )}`,
  ],
  read(reader, probes) {
    const answers = reader.expect('accounts').split(' ')
    if (answers.length !== probes.length) throw new AnswerError('not every account was looked for')
    const facts = emptyMap<boolean>()
    for (const [index, { account }] of probes.entries()) facts[account] = answers[index] === '0'
    return facts
  },
}
