import { delimiter } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostLibrary } from '../../src/shell/library.ts'
import { commandProgram } from '../../src/shell/programs/command-program.ts'
import { change, run } from './changes.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { inspect, launching, libraryFor, newRun } from './run-programs.ts'

// No second passes here that a clock measures: the clock is a file, and what takes time writes to it.

/** The library with a clock that goes on when something waits or takes its time. */
function clocked(tree: RootTree): HostLibrary {
  const library = libraryFor(tree.shell)
  const clock = `
read_clock() { read -r CLOCK <"$R/srv/clock"; }
pass() { read -r now <"$R/srv/clock"; echo "$((now + $1))" >"$R/srv/clock"; }
sleep() { pass "$1"; }
`
  tree.write('/srv/clock', '100\n')
  return { ...library, apply: `${library.apply}\n${clock}` }
}

/** Words of a command of the user that takes so many seconds. */
function taking(seconds: number): string {
  return `read -r now <"$CONVERGE_ROOT/srv/clock"; echo "$((now + ${seconds}))" >"$CONVERGE_ROOT/srv/clock"`
}

function elapsed(tree: RootTree): number {
  return Number(tree.read('/srv/clock')) - 100
}

/** Puts a stand-in for `timeout` first in PATH; it is a script whose last words are the command. */
function withTimeoutTool(script: string) {
  const bin = '/srv/bin'
  return {
    plant: (tree: RootTree) => tree.write(`${bin}/timeout`, `#!/bin/sh\n${script}\n`, 0o755),
    path: (tree: RootTree) => `PATH=${tree.at(bin)}${delimiter}$PATH\n`,
  }
}

async function results(tree: RootTree, program: string): Promise<readonly string[]> {
  return (await tree.run(program)).stdout.toString().trimEnd().split('\n')
}

function awaiting(command: string, timeoutSeconds: number) {
  return change({ op: 'await', command, timeoutSeconds })
}

test('an await is given up after its timeout, however long each try takes', () =>
  inShellsByTurns(async (tree) => {
    const library = clocked(tree)
    const command = `${taking(4)}; echo tried >>"$CONVERGE_ROOT/srv/tries"; false`
    const lines = await results(tree, launching(tree, [awaiting(command, 5)], newRun('slow'), { library }))
    assert.equal(lines.slice(2, 4), ['fail 0 exit 1', `| still failing after 5 seconds: ${command}`])
    assert.is(elapsed(tree), 5)
    assert.is(tree.read('/srv/tries'), 'tried\n')
  }))

test('an await whose tries hang is given up after its timeout', () =>
  inShellsByTurns(async (tree) => {
    // The last try gets only what is left.
    const hangs = `limit=$3; read -r now <"$CONVERGE_ROOT/srv/clock"; [ "$4" = true ] && exit
echo "$limit" >>"$CONVERGE_ROOT/srv/limits"; echo "$((now + limit))" >"$CONVERGE_ROOT/srv/clock"; exit 124`
    const tool = withTimeoutTool(hangs)
    const library = clocked(tree)
    tool.plant(tree)
    const program = launching(tree, [awaiting('hang', 25)], newRun('hangs'), { library })
    assert.is((await results(tree, tool.path(tree) + program))[2], 'fail 0 exit 1')
    assert.is(elapsed(tree), 25)
    assert.equal(tree.read('/srv/limits').trim().split('\n'), ['10', '10', '3'])
  }))

test('an await ends when its command succeeds', () =>
  inShellsByTurns(async (tree) => {
    const library = clocked(tree)
    const late = 'read -r now <"$CONVERGE_ROOT/srv/clock"; test "$now" -ge 107'
    const lines = await results(tree, launching(tree, [awaiting(late, 60)], newRun('late'), { library }))
    assert.equal(lines.slice(1), ['start 0', 'done 0', 'end ok'])
    assert.is(elapsed(tree), 7)
  }))

// What the tools of different hosts take; each notes the options that it was given and then runs the command.
const note = 'echo "$noted$1" >>"$CONVERGE_ROOT/srv/limits"; shift; exec "$@"'
for (const [host, script, limit] of [
  ['coreutils or a new busybox', `[ "$1" = -k ] || exit 125; noted="-k $2 "; shift 2; ${note}`, '-k 2 30'],
  [
    'a busybox without -k',
    `[ "$1" = -s ] || exit 1; case $3 in -*) exit 1 ;; esac; noted="-s $2 "; shift 2; ${note}`,
    '-s KILL 30',
  ],
  [
    'a busybox with -t',
    `[ "$1 $3" = "-s -t" ] || exit 127; noted="-s $2 -t "; shift 3; ${note}`,
    '-s KILL -t 30',
  ],
  ['a host that has no timeout', 'exit 127', undefined],
] as const) {
  test(`a command is limited in time as ${host} does it, also if it ignores SIGTERM`, () =>
    inShellsByTurns(async (tree) => {
      const tool = withTimeoutTool(script)
      tool.plant(tree)
      const noted = (): string | undefined => {
        const lines = limit === undefined ? [] : tree.read('/srv/limits').trim().split('\n')
        return lines.at(-1)
      }
      const ran = change(run('echo ran >"$CONVERGE_ROOT/srv/ran"'))
      const lines = await results(tree, tool.path(tree) + launching(tree, [ran], newRun('limited')))
      assert.is(lines.at(-1), 'end ok')
      assert.is(tree.read('/srv/ran'), 'ran\n')
      assert.is(noted(), limit)
      const program = commandProgram('echo "$0 said"', 29_000, libraryFor(tree.shell))
      assert.equal(await results(tree, tool.path(tree) + program), ['/bin/sh said'])
      assert.is(noted(), limit)
    }))
}

test('a command that was killed after its time is distinguished from one that was killed before', () =>
  inShellsByTurns(async (tree) => {
    // busybox reports the signal, and so does coreutils after a SIGKILL.
    const killed = `[ "$4" = true ] && exit; shift 3; "$@"; exit $(cat "$CONVERGE_ROOT/srv/status")`
    const tool = withTimeoutTool(killed)
    tool.plant(tree)
    const step = change({ op: 'run', command: taking(30), timeoutSeconds: 30 })
    const soon = change({ op: 'run', command: taking(3), timeoutSeconds: 30 })
    for (const status of ['137', '143']) {
      tree.write('/srv/status', status)
      for (const [changes, expected] of [
        [[step], ['fail 0 exit 124', '| stopped after 30 seconds', 'end failed']],
        [[soon], [`fail 0 exit ${status}`, 'end failed']],
      ] as const) {
        const program = launching(tree, changes, newRun(`killed-${status}-${expected.length}`), {
          library: clocked(tree),
        })
        assert.equal((await results(tree, tool.path(tree) + program)).slice(2), expected)
      }
    }
  }))

test('a guard that was killed after its time has not answered', () =>
  inShellsByTurns(async (tree) => {
    const killed = '[ "$4" = true ] && exit; shift 3; "$@"; exit 143'
    const tool = withTimeoutTool(killed)
    tool.plant(tree)
    const guarded = change(run('true'), { guard: { onlyIf: taking(10) } })
    const program = launching(tree, [guarded], newRun('guard'), { library: clocked(tree) })
    assert.match((await results(tree, tool.path(tree) + program))[1] ?? '', /^fail 0 its guard /)
  }))

test('a check that is killed counts as one that fails', () =>
  inShellsByTurns(async (tree) => {
    const { checks } = await inspect(tree, [{ probe: 'check', command: 'kill -KILL $$' }])
    assert.equal(Object.values(checks), [false])
  }))

test.run()
