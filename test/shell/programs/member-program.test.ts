import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memberProgram, parseMember } from '../../../src/shell/programs/member-program.ts'
import { inEachShell } from '../root-tree.ts'
import { libraryFor } from '../run-programs.ts'

test('tells how the health probe of a member ended and the end of what it printed', () =>
  inEachShell(async (tree) => {
    const member = async (healthy: string) => {
      const { stdout } = await tree.run(
        memberProgram({ unit: "it's.service", healthy }, libraryFor(tree.shell)),
      )
      return parseMember(stdout)
    }
    const long =
      'i=0; while [ $i -lt 3000 ]; do echo "$i: é exit 0"; i=$((i + 1)); done; echo refused >&2; exit 7'
    const { exitCode, printed, unitSaid } = await member(long)
    assert.equal([exitCode, printed.split('\n').length, unitSaid], [7, 20, ''])
    assert.match(printed, /^2981: é exit 0\n/)
    assert.match(printed, /\nrefused$/)
    assert.equal(await member('true'), { exitCode: 0, printed: '', unitSaid: '' })
    assert.is((await member('(')).exitCode > 0, true)
  }))

test.run()
