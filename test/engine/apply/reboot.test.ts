import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { awaitBoot, closedWindow } from '../../../src/engine/apply/reboot.ts'
import { ConvergeError } from '../../../src/model/errors.ts'
import { type PlannedHost, plainChange } from '../../../src/model/plan.ts'
import { createStop } from '../../../src/model/stop.ts'
import { blankFacts } from '../../samples/facts.ts'
import { fakeClock } from '../fake-clock.ts'

const operation = { op: 'reboot', boot: 'b1', window: '22:00-04:00', timeoutSeconds: 60 } as const
const planned: PlannedHost = {
  host: 'a',
  status: 'planned',
  changes: [plainChange({ resource: 'reboot[a]', operation, reason: '' })],
  facts: blankFacts,
  disrupts: [],
  notes: [],
}
const down = new ConvergeError('connect-failed', 'connection refused', { host: 'a', step: 'connect' })

/** Waits for a host that gives these answers, the last one for ever. */
async function waiting(answers: readonly (ConvergeError | string | undefined)[]) {
  const clock = fakeClock()
  let asked = 0
  const useNew = async (): Promise<never> => {
    const answer = answers[Math.min(asked, answers.length - 1)]
    asked += 1
    if (answer instanceof ConvergeError) throw answer
    return answer as never
  }
  const connections = { use: useNew, useNew, close: async () => undefined }
  const { stop } = createStop(() => 0)
  const input = { planned, host: { name: 'a' } as never, connections, programs: {} as never, clock, stop }
  await awaitBoot(input)
  return clock.now()
}

test('waits until the host is in another boot', async () => {
  const still = 'it is still in the boot that it should end'
  assert.is(await waiting([still, down, down, undefined]), 6000)
})

test('gives up when the host does not come back in time, and says what it last saw', async () => {
  const failure = await waiting([down]).then(
    () => assert.unreachable(),
    (error: unknown) => error,
  )
  assert.ok(failure instanceof ConvergeError)
  assert.is(failure.code, 'reboot-failed')
  assert.is(failure.message, 'it was not back 60 s after its reboot was ordered: connection refused')
})

test('does not start a host that would reboot when the window is over', () => {
  assert.is(closedWindow(planned, new Date('2026-11-27T23:00:00Z')), undefined)
  assert.is(
    closedWindow(planned, new Date('2026-11-27T05:00:00Z')),
    'it would reboot, and the window for that is 22:00-04:00 UTC',
  )
  assert.is(closedWindow({ ...planned, changes: [] }, new Date('2026-11-27T05:00:00Z')), undefined)
})

test.run()
