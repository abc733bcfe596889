import { emptyMap } from '../../model/value.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** What an API of the cluster says. */
export const answers: ProbeKind<ProbeOf<'answer'>, string | null> = {
  probe: 'answer',
  subject: ({ name }) => name,
  ask: (probes) => [`inspect_answers ${commandLine(probes.map(({ command }) => command))}`],
  read(reader, probes) {
    const facts = emptyMap<string | null>()
    for (const { name } of probes) {
      const isAnswered = reader.expect('answer') === 'yes'
      facts[name] = isAnswered
        ? reader
            .linesUntil('.')
            .map((line) => line.slice(1))
            .join('\n')
        : null
    }
    return facts
  },
  timeoutMs: 22_000,
  outputBytes: 1024 * 1024,
}
