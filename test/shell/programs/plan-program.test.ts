import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attributes, change, link, mkdir, run, write } from '../changes.ts'
import { inShellsByTurns, withRootTree } from '../root-tree.ts'
import { apply, events, launching, libraryFor, newRun } from '../run-programs.ts'
import { shells } from '../shells.ts'

function mode(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0')
}

test('each operation does what it says, and says so', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/old', 'old')
    tree.write('/srv/full/file', 'x')
    tree.write('/etc/loose', 'x', 0o666)
    symlinkSync('/somewhere', tree.at('/etc/pointer'))
    const lines = await apply(tree, [
      change(mkdir('/srv/a/b', '0750')),
      change(write('/srv/a/b/file', 'text', { mode: '0640' })),
      change(write('/etc/old', 'new')),
      change(attributes('/etc/loose', '0600')),
      change(link('/etc/pointer', '/elsewhere')),
      change({ op: 'remove', path: '/srv/full', recursive: true }),
      change({ op: 'remove', path: '/srv/absent', recursive: false }),
      change({ op: 'group', name: 'web', gid: 800, system: true }),
      change({ op: 'user', name: 'web', system: true, createHome: false, group: 'web', groups: ['users'] }),
      change(write('/srv/a/b/theirs', 'text', { mode: '0600' })),
      change({ op: 'attributes', path: '/srv/a/b/theirs', owner: 'web', group: 'web', mode: '0600' }),
      change(run('echo "$CONVERGE_ROOT" >"$CONVERGE_ROOT/srv/ran"')),
      change({
        ...run('pwd >place; printf %s "$GREETING" >greeting'),
        cwd: '/srv/a/b',
        environment: { GREETING: "it's\n" },
      }),
      change({ op: 'await', command: 'test -e "$CONVERGE_ROOT/srv/ran"', timeoutSeconds: 1 }),
      change({ op: 'remove-user', name: 'daemon' }),
      change({ op: 'remove-group', name: 'daemon' }),
    ])
    assert.equal(lines, [
      'started',
      'start 0',
      'done 0',
      'start 1',
      'start 2',
      'done 1',
      'done 2',
      ...[3, 4, 5, 6, 7, 8].flatMap((number) => [`start ${number}`, `done ${number}`]),
      'start 9',
      'done 9',
      ...[10, 11, 12, 13, 14, 15].flatMap((number) => [`start ${number}`, `done ${number}`]),
      'end ok',
    ])
    assert.is(mode(tree.at('/srv/a')), '0755')
    assert.is(mode(tree.at('/srv/a/b')), '0750')
    assert.is(tree.read('/srv/a/b/file'), 'text')
    assert.is(mode(tree.at('/srv/a/b/file')), '0640')
    assert.is(tree.read('/etc/old'), 'new')
    assert.is(mode(tree.at('/etc/loose')), '0600')
    assert.is(readlinkSync(tree.at('/etc/pointer')), '/elsewhere')
    assert.not(existsSync(tree.at('/srv/full')))
    assert.is(tree.read('/srv/ran'), `${tree.root}\n`)
    assert.is(tree.read('/srv/a/b/place'), `${tree.at('/srv/a/b')}\n`)
    assert.is(tree.read('/srv/a/b/greeting'), "it's\n")
    assert.is(
      tree.read('/etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nweb:x:999:800::/nonexistent:/usr/sbin/nologin\n',
    )
    assert.is(tree.read('/etc/group'), 'root:x:0:\nusers:x:100:web\nweb:x:800:\n')
    if (process.getuid?.() === 0) {
      const { uid, gid } = lstatSync(tree.at('/srv/a/b/theirs'))
      assert.equal([uid, gid], [999, 800])
    }
    assert.equal(readdirSync(tree.at('/var/tmp')), [])
  }))

test('owner and group are those of the tree, not those of the machine it lies on', () =>
  inShellsByTurns(async (tree) => {
    if (process.getuid?.() !== 0) return
    tree.write(
      '/etc/passwd',
      'root:x:0:0::/root:/bin/sh\ndaemon:x:4711:1::/:/bin/sh\nonly-here:x:4712:1::/:/bin/sh',
    )
    tree.write('/etc/group', 'root:x:0:\ndaemon:x:4713:\n')
    const theirs = { ...write('/etc/theirs', 'text'), owner: 'daemon', group: 'daemon' }
    assert.is(
      (await apply(tree, [change(theirs), change({ ...mkdir('/srv'), owner: 'only-here' })])).at(-1),
      'end ok',
    )
    const { uid, gid } = lstatSync(tree.at('/etc/theirs'))
    assert.equal([uid, gid, lstatSync(tree.at('/srv')).uid], [4711, 4713, 4712])
    assert.equal(await apply(tree, [change({ ...mkdir('/srv'), owner: 'sshd' })]), [
      'started',
      'start 0',
      'fail 0 exit 1',
      '| there is no sshd in /etc/passwd',
      'end failed',
    ])
  }))

test('no more of what a command prints stays on the host than is shown', () =>
  inShellsByTurns(async (tree) => {
    for (const [id, end] of [
      ['loud', 'true'],
      ['failing', 'exit 3'],
    ] as const) {
      const loud = change(run(`head -c 300000 /dev/zero | tr '\\\\0' x; ${end}`))
      await tree.run(launching(tree, [loud], newRun(id)))
      assert.is(lstatSync(tree.at(`/var/lib/converge/run/${id}/output`)).size, 8192)
    }
  }))

test('a directory gets its mode whatever set-ID bits it has or inherits', () =>
  inShellsByTurns(async (tree) => {
    for (const [name, bits] of [
      ['shared', 0o2775],
      ['setuid', 0o4755],
      ['sticky', 0o3777],
    ] as const) {
      mkdirSync(tree.at(`/srv/${name}`), { recursive: true })
      chmodSync(tree.at(`/srv/${name}`), bits)
    }
    const lines = await apply(tree, [
      change(mkdir('/srv/shared/reports')),
      change(mkdir('/srv/shared/team', '2770')),
      change(mkdir('/srv/setuid')),
      change(attributes('/srv/sticky', '1755')),
      change(attributes('/srv/shared', '0755')),
    ])
    assert.is(lines.at(-1), 'end ok')
    assert.equal(
      ['shared/reports', 'shared/team', 'setuid', 'sticky', 'shared'].map((name) =>
        mode(tree.at(`/srv/${name}`)),
      ),
      ['0755', '2770', '0755', '1755', '0755'],
    )
  }))

test('what commands, their guards and validators create can be read by others', () =>
  inShellsByTurns(async (tree) => {
    const make = (name: string): string =>
      `mkdir "$CONVERGE_ROOT/srv/${name}" && echo hi >"$CONVERGE_ROOT/srv/${name}/file"`
    await apply(tree, [
      change(mkdir('/srv')),
      change(run(make('run')), { guard: { onlyIf: make('guard') } }),
      change(write('/etc/checked', 'x', { validate: make('validator') })),
      change({ op: 'await', command: make('await'), timeoutSeconds: 1 }),
    ])
    for (const name of ['run', 'guard', 'validator', 'await']) {
      assert.is(mode(tree.at(`/srv/${name}`)), '0755', name)
      assert.is(mode(tree.at(`/srv/${name}/file`)), '0644', name)
    }
    // What converge keeps for itself stays private.
    assert.is(mode(tree.at('/var/lib/converge/run')), '0700')
  }))

test('a command runs in a directory whose name ends in newlines', () =>
  inShellsByTurns(async (tree) => {
    const cwd = '/srv/two\n\n'
    const lines = await apply(tree, [change(mkdir(cwd)), change({ ...run('echo here >place'), cwd })])
    assert.is(lines.at(-1), 'end ok')
    assert.is(tree.read(`${cwd}/place`), 'here\n')
  }))

test('a group leaves with its user as with the tools of the system: if it is its own and nobody else is in it', () =>
  inShellsByTurns(async (tree) => {
    const users = ['alone', 'kept', 'shared', 'primary', 'elsewhere']
    const passwd = (name: string, gid: number): string => `${name}:x:${gid}:${gid}::/:/bin/sh\n`
    tree.write(
      '/etc/passwd',
      `${users.map((name, at) => passwd(name, name === 'elsewhere' ? 4 : 700 + at)).join('')}${passwd('other', 703)}`,
    )
    tree.write(
      '/etc/group',
      'adm:x:4:alone\nalone:x:700:\nkept:x:701:\nshared:x:702:shared,other\nprimary:x:703:\nelsewhere:x:704:',
    )
    await apply(
      tree,
      users.map((name) => change({ op: 'remove-user', name, ...(name === 'kept' && { keepsGroup: true }) })),
    )
    assert.is(tree.read('/etc/passwd'), passwd('other', 703))
    assert.is(
      tree.read('/etc/group'),
      'adm:x:4:\nkept:x:701:\nshared:x:702:other\nprimary:x:703:\nelsewhere:x:704:\n',
    )
  }))

test('the links that enable a unit in a root tree are found again, and go again', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/usr/lib/systemd/system/a.service', '[Install]\nAlias=b.service\nUpheldBy=c.target\n')
    await apply(tree, [change({ op: 'unit', unit: 'a.service', action: 'enable' })])
    const links = ['b.service', 'c.target.upholds/a.service'].map((name) => `/etc/systemd/system/${name}`)
    for (const link of links) assert.is(readlinkSync(tree.at(link)), '/usr/lib/systemd/system/a.service')
    await apply(tree, [change({ op: 'unit', unit: 'a.service', action: 'disable' })])
    for (const link of links) assert.throws(() => lstatSync(tree.at(link)))
  }))

test('an account whose comment is a dash gets it', () =>
  inShellsByTurns(async (tree) => {
    const dash = { op: 'user', name: 'web', system: true, createHome: false, comment: '-' } as const
    assert.is((await apply(tree, [change(dash)])).at(-1), 'end ok')
    assert.match(tree.read('/etc/passwd'), /^web:x:\d+:\d+:-:/m)
  }))

test('more files in a row are written than one command takes names', () =>
  withRootTree(shells[0], async (tree) => {
    const directory = `/srv/${'x'.repeat(220)}/${'y'.repeat(220)}`
    const paths = Array.from({ length: 320 }, (_, index) => `${directory}/${index}`)
    const changes = [change(mkdir(directory)), ...paths.map((path) => change(write(path, 'x')))]
    // Linux grants arguments a quarter of the stack.
    const { stdout } = await tree.run(`ulimit -s 512\n${launching(tree, changes, newRun('many'))}`)
    assert.match(stdout.toString(), /\nend ok\n$/)
    for (const path of paths) assert.is(tree.read(path), 'x')
  }))

test('a recursive removal needs no root tree', () =>
  inShellsByTurns(
    async (tree) => {
      tree.write('/srv/full/file', 'x')
      const { root } = tree
      const { inspect: words, apply: operations } = libraryFor(tree.shell)
      const { stdout, stderr } = await tree.run(
        `${words}\n${operations}\nNUMBER=1 ID=test STATE='${root}/srv'; read_uid\ndo_remove '${root}/srv/full' yes\necho "went on: $?"\n`,
      )
      assert.is(stderr, '')
      assert.is(stdout.toString(), 'went on: 0\n')
      assert.not(existsSync(tree.at('/srv/full')))
    },
    { environment: { CONVERGE_ROOT: '' } },
  ))

test('a failure stops the rest and quotes what the step printed', () =>
  inShellsByTurns(async (tree) => {
    const lines = await apply(tree, [
      change(write('/etc/before', 'x')),
      change(run('echo out; echo end ok; printf "no newline" >&2; exit 3')),
      change(write('/etc/after', 'x')),
    ])
    assert.equal(lines, [
      'started',
      'start 0',
      'done 0',
      'start 1',
      'fail 1 exit 3',
      '| out',
      '| end ok',
      '| no newline',
      'end failed',
    ])
    assert.equal(events(lines).at(-1), { event: 'end', outcome: 'failed' })
    assert.ok(existsSync(tree.at('/etc/before')))
    assert.not(existsSync(tree.at('/etc/after')))
  }))

test('a step that outlasts its time fails', () =>
  inShellsByTurns(async (tree) => {
    const hanging = { op: 'run', command: 'exec sleep 30', timeoutSeconds: 1 } as const
    const lines = await apply(tree, [change(hanging)])
    assert.equal(lines.slice(2), ['fail 0 exit 124', '| stopped after 1 seconds', 'end failed'])
  }))

test('a guard is asked when its turn comes', () =>
  inShellsByTurns(async (tree) => {
    const exists = 'test -e "$CONVERGE_ROOT/etc/flag"'
    const touch = (path: string) => run(`: >"$CONVERGE_ROOT${path}"`)
    const lines = await apply(tree, [
      change(write('/etc/too-early', 'x'), { guard: { onlyIf: exists } }),
      change(write('/etc/flag', 'x')),
      change(touch('/etc/only-if'), { guard: { onlyIf: exists } }),
      change(touch('/etc/unless'), { guard: { unless: exists } }),
      change(touch('/etc/both'), { guard: { onlyIf: `${exists} # comment`, unless: 'false' } }),
      change(touch('/etc/neither'), { guard: { onlyIf: exists, unless: exists } }),
    ])
    assert.equal(lines, [
      'started',
      'skip 0',
      'start 1',
      'done 1',
      'start 2',
      'done 2',
      'skip 3',
      'start 4',
      'done 4',
      'skip 5',
      'end ok',
    ])
    const names = readdirSync(tree.at('/etc')).filter(
      (file) => !/^(passwd|group|shadow|os-release)$/.test(file),
    )
    assert.equal(names.sort(), ['both', 'flag', 'only-if'])
  }))

test('nothing waits for the effect of what was skipped', () =>
  inShellsByTurns(async (tree) => {
    const waiting = { op: 'await', command: 'false', timeoutSeconds: 1 } as const
    const lines = await apply(tree, [
      change(run('true'), { guard: { onlyIf: 'false' } }),
      change(waiting),
      change(run('true')),
      change(waiting),
    ])
    assert.equal(lines.slice(1, 7), ['skip 0', 'skip 1', 'start 2', 'done 2', 'start 3', 'fail 3 exit 1'])
  }))

test.run()
