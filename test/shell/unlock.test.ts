import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { unlockProgram } from '../../src/shell/programs/state-programs.ts'
import { change, run } from './changes.ts'
import { inEachShell } from './root-tree.ts'
import { launching, libraryFor, newRun, place } from './run-programs.ts'

test('unlock stops the holder of the lock, and no other process that got the id of a killed run', () =>
  inEachShell(async (tree) => {
    tree.write('/srv/.keep', '')
    for (const fifo of ['/srv/begun', '/srv/never']) execFileSync('mkfifo', [tree.at(fifo)])
    const hanging = change(run('echo >"$CONVERGE_ROOT/srv/begun"; read -r word <"$CONVERGE_ROOT/srv/never"'))
    const holder = newRun('holds')
    const { finished } = tree.start(launching(tree, [hanging], holder))
    await tree.run(`read -r word <'${tree.at('/srv/begun')}'`)
    const bystander = spawn('cat', { detached: true })
    const ended = once(bystander, 'exit')
    try {
      tree.write(`${place.stateDir}/run/dead/pid`, `${bystander.pid}\n`)
      tree.write(`${place.stateDir}/applying`, `dead nobody\n${holder.id} ${holder.by}\n`)
      const { stdout } = await tree.run(unlockProgram(place, libraryFor(tree.shell)))
      assert.is(stdout.toString(), `ended ${holder.id} ${holder.by}\n`)
      bystander.stdin.end()
      assert.equal(await ended, [0, null])
      await finished
    } finally {
      bystander.kill('SIGKILL')
    }
  }))

test.run()
