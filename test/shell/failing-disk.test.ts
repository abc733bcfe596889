import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../../src/model/plan.ts'
import { change, run, textContent, write } from './changes.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { apply, inspect, launching, libraryFor, newRun, place } from './run-programs.ts'

const restart = { resource: 'unit[a.service]', action: 'restart' } as const
const owner = { mode: '0644', owner: 'root', group: 'root' } as const
const clusterPath = `${place.stateDir}/clusters/${place.cluster}`

/** Carries out changes with shell functions in place of some tools. */
async function applyWith(
  tree: RootTree,
  functions: string,
  changes: readonly Change[],
): Promise<readonly string[]> {
  const library = libraryFor(tree.shell)
  const broken = { ...library, apply: `${library.apply}\n${functions}\n` }
  const { stdout } = await tree.run(launching(tree, changes, newRun('broken'), { library: broken }))
  return stdout.toString().trimEnd().split('\n')
}

function temporaries(tree: RootTree, directory: string): readonly string[] {
  return readdirSync(tree.at(directory)).filter((name) => name.startsWith('.converge-'))
}

/** A disk that loses bytes; the full sync does not report it. */
const deafDisk = `sync() {
  [ $# -eq 0 ] || { echo "sync: error syncing '$2': Input/output error" >&2; return 1; }
}`

test('what the disk did not take does not go live, and is not taken for done', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/config', 'old')
    const deaf = deafDisk.replace('[ $# -eq 0 ]', '[ $# -eq 0 ] || [ "${2##*/}" = temporaries ]')
    const lines = await applyWith(tree, deaf, [
      change(write('/etc/config', 'new'), { owes: [restart] }),
      change(run('echo restart >>"$CONVERGE_ROOT/etc/acts"'), { settles: [restart] }),
    ])
    assert.equal(lines.slice(0, 3), ['started', 'start 0', 'fail 0 it cannot be synced to disk'])
    assert.match(lines[3] ?? '', 'Input/output error')
    assert.is(lines.at(-1), 'end failed')
    assert.is(tree.read('/etc/config'), 'old')
    assert.equal(temporaries(tree, '/etc'), [])
  }))

test('names that the disk did not take end the run, and what they owe stays owed', () =>
  inShellsByTurns(async (tree) => {
    const deaf = deafDisk.replace('$# -eq 0', '"$2" != "$R/etc/"')
    const lines = await applyWith(tree, deaf, [
      change(write('/etc/config', 'new'), { owes: [restart] }),
      change(run(':'), { settles: [restart] }),
    ])
    assert.equal(lines.slice(0, 4), ['started', 'start 0', 'done 0', 'fail - it cannot be synced to disk'])
    assert.is(lines.at(-1), 'end failed')
    assert.equal((await inspect(tree, [])).pending, [restart])
  }))

test('a full disk does not cost an account file a line', () =>
  inShellsByTurns(async (tree) => {
    const accounts =
      'root:x:0:0:root:/root:/bin/sh\napp:x:7:7::/:/bin/sh\nlost:x:8:8::/:/bin/sh\nlast:x:9:9::/:/bin/sh\n'
    tree.write('/etc/passwd', accounts)
    tree.write('/etc/group', 'root:x:0:\nlost:x:8:\nlast:x:9:\n')
    const full = `say() { case $1 in lost:*) return 1 ;; esac; printf '%s\\n' "$*"; }`
    const user = { op: 'user', name: 'app', system: false, createHome: false } as const
    const shell = await applyWith(tree, full, [change({ ...user, shell: '/bin/false' })])
    assert.equal(shell.slice(-2), ['fail 0 exit 1', 'end failed'])
    assert.is(tree.read('/etc/passwd'), accounts)
  }))

test('memberships are not written in part', () =>
  inShellsByTurns(async (tree) => {
    const groups = 'root:x:0:\nlost:x:8:\nlast:x:9:\n'
    tree.write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\napp:x:7:9::/:/bin/sh\n')
    tree.write('/etc/group', groups)
    const full = `say() { case $1 in lost:*) return 1 ;; esac; printf '%s\\n' "$*"; }`
    const user = { op: 'user', name: 'app', system: false, createHome: false, groups: ['last'] } as const
    const lines = await applyWith(tree, full, [change(user)])
    assert.equal(lines.slice(-2), ['fail 0 exit 1', 'end failed'])
    assert.is(tree.read('/etc/group'), groups)
  }))

test('a user that cannot be removed whole is still there, and when it goes its memberships go', () =>
  inShellsByTurns(async (tree) => {
    const passwd = 'root:x:0:0:root:/root:/bin/sh\napp:x:7:9::/:/bin/sh\n'
    tree.write('/etc/passwd', passwd)
    tree.write('/etc/shadow', 'app:!:::::::\nlost:!:::::::\n')
    tree.write('/etc/group', 'root:x:0:\nadm:x:4:lost,app\napply:x:5:app\nlast:x:9:\n')
    const full = `say() { case $1 in lost:!*) return 1 ;; esac; printf '%s\\n' "$*"; }`
    const removal = { op: 'remove-user', name: 'app' } as const
    const failed = await applyWith(tree, full, [change(removal)])
    assert.is(failed.at(-1), 'end failed')
    assert.is(tree.read('/etc/passwd'), passwd)
    const lines = await apply(tree, [change(removal)])
    assert.is(lines.at(-1), 'end ok')
    assert.is(tree.read('/etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
    assert.is(tree.read('/etc/shadow'), 'lost:!:::::::\n')
    assert.is(tree.read('/etc/group'), 'root:x:0:\nadm:x:4:lost\napply:x:5:\nlast:x:9:\n')
  }))

test('if the old content cannot be kept, earlier writes go live, and nothing staged is left', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/second', 'old')
    const lines = await applyWith(tree, '', [
      change(write('/etc/first', 'new')),
      change(write('/etc/second', 'new'), { keeps: [{ path: '/etc/second', kept: 'generations/none/1' }] }),
    ])
    assert.equal(lines.slice(0, 4), ['started', 'start 0', 'done 0', 'fail 1 cannot keep /etc/second'])
    assert.is(lines.at(-1), 'end failed')
    assert.is(tree.read('/etc/first'), 'new')
    assert.is(tree.read('/etc/second'), 'old')
    assert.equal(temporaries(tree, '/etc'), [])
  }))

test('a kept content that cannot take its place leaves nothing beside it', () =>
  inShellsByTurns(async (tree) => {
    tree.write(`${clusterPath}/originals/x`, 'original')
    mkdirSync(tree.at('/etc/x'))
    const { sha256 } = textContent('original')
    const lines = await applyWith(tree, '', [
      change({ op: 'restore', path: '/etc/x', kept: 'originals/x', sha256, ...owner }),
    ])
    assert.is(lines.at(-1), 'end failed')
    assert.ok(lstatSync(tree.at('/etc/x')).isDirectory())
    assert.equal(temporaries(tree, '/etc'), [])
  }))

const canSetAttributes = spawnSync('lsattr', ['-V']).error === undefined && process.getuid?.() === 0
const attributed = canSetAttributes ? test : test.skip

attributed(
  'what cannot be changed is told, nothing is torn, and what stays is removed once that is possible',
  () =>
    inShellsByTurns(async (tree) => {
      const set = (words: string, path: string): void => {
        execFileSync('chattr', [words, tree.at(path)])
      }
      for (const path of ['/srv/log/x', '/srv/fixed/x', '/srv/other']) tree.write(path, 'old')
      set('+a', '/srv/log')
      set('+i', '/srv/fixed')
      set('+i', '/srv/other')
      try {
        for (const [path, told] of [
          ['/srv/log/x', '| /srv/log/ is append-only: run chattr -a on it first'],
          ['/srv/fixed/x', '| /srv/fixed/ is immutable: run chattr -i on it first'],
          ['/srv/other', '| /srv/other is immutable: run chattr -i on it first'],
        ] as const) {
          const lines = await apply(tree, [change(write(path, 'new'))])
          assert.ok(lines.includes(told), lines.join('\n'))
          assert.is(lines.at(-1), 'end failed')
          assert.is(tree.read(path), 'old')
        }
        assert.equal(temporaries(tree, '/srv/fixed'), [])
        assert.is(temporaries(tree, '/srv/log').length, 1)
        assert.is((await apply(tree, [change(write('/etc/beside', 'new'))])).at(-1), 'end ok')
      } finally {
        set('-a', '/srv/log')
        set('-i', '/srv/fixed')
        set('-i', '/srv/other')
      }
      assert.is((await apply(tree, [change(write('/etc/beside', 'again'))])).at(-1), 'end ok')
      assert.equal(temporaries(tree, '/srv/log'), [])
      assert.is(tree.read(`${place.stateDir}/temporaries`), '')
    }),
)

test.run()
