import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Member } from '../../../src/model/manifest.ts'
import { AnswerError } from '../../../src/shell/answers/answer-reader.ts'
import { collectQuestions, readAnswer } from '../../../src/shell/probes/index.ts'
import { knownMembers } from '../../../src/shell/probes/known-members.ts'
import { rememberProgram } from '../../../src/shell/programs/state-programs.ts'
import { inShellsByTurns } from '../root-tree.ts'
import { inspect, libraryFor, place } from '../run-programs.ts'

function member(name: string): Member {
  const platform = {
    init: 'systemd',
    stateDir: '/var/lib/converge',
    stagingDir: '/var/tmp',
    binDir: '/usr/local/bin',
  } as const
  return { name, target: { transport: 'ssh', address: name, ssh: { user: 'o.neil ü' } }, platform }
}

test('a host that remembers the same members says so, and lists them otherwise', () =>
  inShellsByTurns(async (tree) => {
    const members = [member('a'), member('b')]
    tree.write(`${place.stateDir}/clusters/${place.cluster}/generations/1/about`, '')
    await tree.run(rememberProgram({ members }, place, libraryFor(tree.shell)))
    const asking = async (known: readonly Member[]) =>
      (await inspect(tree, [], knownMembers(known))).state?.members
    assert.is(await asking(members), members)
    assert.equal(await asking([member('a')]), members)
    assert.equal((await inspect(tree, [])).state?.members, members)
  }))

test('refuses an answer that names no members where none are known', () => {
  const answer =
    'converge 1\nplatform systemd 0 \nos debian\nrelease 12\nmachine x86_64\ngeneration 1\nknown-members\nend\n'
  assert.throws(
    () => readAnswer(Buffer.from(answer), collectQuestions([])),
    (error: unknown) => error instanceof AnswerError,
  )
})

test.run()
