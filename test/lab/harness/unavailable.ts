import { type Callback, suite, type Test } from 'uvu'
import { labUnavailable } from '../../../src/lab/unavailable.ts'

/** Why this machine cannot run the suites; undefined if it can. `.ci/run` asks, too. @public */
export function suitesUnavailable(): string | undefined {
  return labUnavailable(['rpmbuild', 'createrepo_c', 'packer'])
}

/**
 * A uvu suite that runs in the lab. On a machine that cannot run the lab every test of it counts as skipped and the
 * reason is printed once; `alsoUnavailable` says why not this suite. A failing `before` hook is printed too: uvu itself would only show `0 / n`.
 */
export function labSuite(name: string, alsoUnavailable: () => string | undefined = () => undefined): Test {
  const tests = suite(name)
  const unavailable = suitesUnavailable() ?? alsoUnavailable()
  if (unavailable !== undefined) {
    console.log(`${name}: skipped, ${unavailable}`)
    const skip = (title: string): void => tests.skip(title)
    const ignoreHook = Object.assign(() => {}, { each: () => {} })
    return Object.assign(skip, { ...tests, only: skip, before: ignoreHook, after: ignoreHook })
  }
  const { before } = tests
  const shown = (hook: Callback) => before(printFailure(name, hook))
  tests.before = Object.assign(shown, { each: before.each })
  return tests
}

function printFailure(name: string, hook: Callback): Callback {
  return async (context) => {
    try {
      await hook(context)
    } catch (error) {
      console.error(`${name}: the suite could not be set up`, error)
      throw error
    }
  }
}
