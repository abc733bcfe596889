import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startFleet } from './fleet.ts'

test('a command that was given up is ended on the host, with what it has started', async () => {
  const fleet = await startFleet(['a'])
  const session = fleet.session([])
  try {
    const answers = await session.exec('sleep 61 & echo $! >"$CONVERGE_ROOT/etc/pid"; wait', 1000, {
      allowLocal: true,
    })
    assert.instance(answers.get('a'), Error)
    const pid = Number(fleet.read('a', '/etc/pid'))
    const deadline = performance.now() + 10_000
    while (isAlive(pid) && performance.now() < deadline) await pause(50)
    assert.not(isAlive(pid))
  } finally {
    await session.close()
    await fleet.close()
  }
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test.run()
