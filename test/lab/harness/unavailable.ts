import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Callback, suite, type Test } from 'uvu'

const commands = [
  'systemd-nspawn',
  'mmdebstrap',
  'nsenter',
  'ip',
  'mount',
  'ssh',
  'ssh-keygen',
  'rpmbuild',
  'createrepo_c',
]

const ownKernelCommands = ['qemu-system-x86_64', 'mke2fs']

/** Why this machine cannot run the lab (`not root`); undefined if it can. */
export function labUnavailable(): string | undefined {
  if (process.platform !== 'linux') return `the lab needs Linux, this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'the lab needs root'
  return missing(commands)
}

/** Why this machine, which can run the lab, cannot run hosts with a kernel of their own; undefined if it can. */
export function ownKernelUnavailable(): string | undefined {
  if (process.arch !== 'x64') return `hosts with a kernel of their own need x64, this is ${process.arch}`
  return missing(ownKernelCommands)
}

function missing(needed: readonly string[]): string | undefined {
  const names = needed.filter((command) => !isInstalled(command))
  return names.length === 0 ? undefined : `not installed: ${names.join(', ')}`
}

/**
 * A uvu suite that runs in the lab. On a machine that cannot run the lab every test of it counts as skipped and the
 * reason is printed once; `alsoUnavailable` says why not this suite. A failing `before` hook is printed too: uvu itself would only show `0 / n`.
 */
export function labSuite(name: string, alsoUnavailable: () => string | undefined = () => undefined): Test {
  const tests = suite(name)
  const unavailable = labUnavailable() ?? alsoUnavailable()
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

function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
