import { chmodSync, mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostLibrary } from '../../src/shell/library.ts'
import { change } from './changes.ts'
import { inEachShell, type RootTree } from './root-tree.ts'
import { launching, libraryFor, newRun } from './run-programs.ts'

const secret = "hunter2 very'secret\n$(not run)\n"
/** What every user of the machine can see of all processes, taken while the command runs, and what the command itself has. */
const listing = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >"$CONVERGE_ROOT/srv/list"
printf %s "$DB_PASSWORD" >"$CONVERGE_ROOT/srv/value"; env | grep -c ^DB_PASSWORD= >"$CONVERGE_ROOT/srv/exported"; cat`

const wayIn = 'command -v runuser >/dev/null'
const ways: readonly (readonly [string, string | undefined, (library: HostLibrary) => HostLibrary])[] = [
  ['as root', undefined, (library) => library],
  ['as another user by runuser', 'daemon', (library) => library],
  ['as another user by su', 'daemon', (library) => withApply(library, wayIn, 'false')],
]

function withApply(library: HostLibrary, from: string, to: string): HostLibrary {
  assert.ok(library.apply.includes(from))
  return { ...library, apply: library.apply.replace(from, to) }
}

async function runIn(tree: RootTree, operation: object, adapt = (library: HostLibrary) => library) {
  const step = change({ op: 'run', command: listing, timeoutSeconds: 30, ...operation })
  const library = adapt(libraryFor(tree.shell))
  const { stdout } = await tree.run(launching(tree, [step], newRun('secret'), { library }))
  return stdout.toString().trimEnd().split('\n')
}

for (const [how, user, adapt] of ways) {
  const here = user === undefined || process.getuid?.() === 0 ? test : test.skip
  here(`the variables of a command are in no list of processes: ${how}`, () =>
    inEachShell(async (tree) => {
      mkdirSync(tree.at('/srv'))
      chmodSync(tree.root, 0o755)
      chmodSync(tree.at('/srv'), 0o777)
      const environment = { DB_PASSWORD: secret, PATH: `/nowhere:${process.env.PATH}` }
      const lines = await runIn(tree, { user, environment }, adapt)
      assert.is(lines.at(-1), 'end ok', lines.join('\n'))
      assert.is(tree.read('/srv/value'), secret)
      assert.is(tree.read('/srv/exported'), '1\n')
      const list = tree.read('/srv/list')
      assert.match(list, 'srv/exported')
      assert.not.match(list, 'hunter2')
    }),
  )
}

test('a sensitive command that fails prints nothing that is shown or kept', () =>
  inEachShell(async (tree) => {
    const command = 'printf "%s\\n" "$TOKEN"; printf "%s\\n" "$TOKEN" >&2; exit 3'
    const lines = await runIn(tree, { command, sensitive: true, environment: { TOKEN: 'hunter2' } })
    const said = '| the command is sensitive: its output is neither shown nor kept'
    assert.equal(lines.slice(2), ['fail 0 exit 3', said, 'end failed'])
    assert.not.match(tree.read('/var/lib/converge/run/secret/output'), 'hunter2')
  }))

test('a command without a way to read its variables is not run', () =>
  inEachShell(async (tree) => {
    const blind = (library: HostLibrary) => withApply(library, 'cat <&3', 'missing-cat <&3')
    const command = 'echo ran >"$CONVERGE_ROOT/ran"'
    const lines = await runIn(tree, { command, environment: { A: 'b' } }, blind)
    assert.is(lines[2], 'fail 0 exit 127')
    assert.throws(() => tree.read('/ran'), /ENOENT/)
  }))

test.run()
