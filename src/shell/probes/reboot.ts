import type { RebootFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { AnswerError } from '../answers/answer-reader.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** Whether the host says that it needs a reboot. */
export const reboots: ProbeKind<ProbeOf<'reboot'>, RebootFact> = {
  probe: 'reboot',
  subject: () => 'host',
  ask: () => ['inspect_reboot'],
  read(reader) {
    const [state, boot, ...why] = reader.expect('reboot').split(' ')
    if (state !== 'required' && state !== 'not-required' && state !== 'unknown')
      throw new AnswerError(`unknown need of a reboot: ${state}`)
    return { host: { state, ...given({ boot: boot === 'none' ? undefined : boot }), why: why.join(' ') } }
  },
  timeoutMs: 32_000,
}
