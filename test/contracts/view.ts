import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { View, ViewContext } from '../../src/report/views/view.ts'
import { recordView } from '../report/views/record-view.ts'
import { hosts, secrets, showings } from '../report/views/showings.ts'

/** One output format under test. */
export interface ViewUnderTest {
  readonly createView: (context: ViewContext) => View
  /** Throws if what was printed to stdout is not what the format promises. */
  readonly check: (stdout: string) => void
}

/** What every view must do with everything that can be shown. Registers and runs a suite. */
export function viewContract(format: string, { createView, check }: ViewUnderTest): void {
  const test = suite(format)
  const print = (use: (view: View) => void) =>
    [false, true].map((verbose) => recordView(createView, use, { verbose }))

  for (const [what, use] of Object.entries(showings)) {
    test(`prints nothing of what is sensitive: ${what}`, () => {
      for (const { stdout, stderr } of print(use))
        for (const secret of secrets) assert.not.match(stdout + stderr, secret)
    })

    test(`prints no control character: ${what}`, () => {
      for (const { stdout, stderr } of print(use))
        assert.not.match(stdout + stderr, /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/)
    })

    test(`ends what it prints with a newline: ${what}`, () => {
      for (const { stdout, stderr } of print(use))
        for (const text of [stdout, stderr]) assert.ok(text === '' || text.endsWith('\n'), text.slice(-40))
    })

    test(`prints to stdout what the format promises: ${what}`, () => {
      for (const { stdout } of print(use)) check(stdout)
    })
  }

  for (const what of ['plan', 'report', 'drift', 'diff', 'status', 'history', 'answers'] as const) {
    test(`names every host on stdout: ${what}`, () => {
      const { stdout } = recordView(createView, showings[what], { verbose: true })
      for (const host of hosts[what]) assert.match(stdout, host)
    })
  }

  test('says what ended a command, and where', () => {
    const { stdout, stderr } = recordView(createView, showings['failure of a host'])
    for (const word of ['infra1', 'connection refused', 'Check that sshd runs'])
      assert.match(stdout + stderr, word)
  })

  test.run()
}
