import { existsSync, lstatSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Expectation } from '../../src/model/plan.ts'
import { attributes, change, link, mkdir, run, write } from './changes.ts'
import { inEachShell } from './root-tree.ts'
import { apply, events, inspect, journalPath, libraryFor } from './run-programs.ts'

function mode(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0')
}

test('each operation does what it says, and says so', () =>
  inEachShell(async (tree) => {
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
    assert.is(tree.read('/etc/group'), 'root:x:0:\nusers:x:100:daemon,web\nweb:x:800:\n')
    if (process.getuid?.() === 0) {
      const { uid, gid } = lstatSync(tree.at('/srv/a/b/theirs'))
      assert.equal([uid, gid], [999, 800])
    }
    assert.equal(readdirSync(tree.at('/var/tmp')), [])
  }))

test('owner and group are those of the tree, not those of the machine it lies on', () =>
  inEachShell(async (tree) => {
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

test('a recursive removal needs no root tree', () =>
  inEachShell(
    async (tree) => {
      tree.write('/srv/full/file', 'x')
      const { root } = tree
      const { inspect: words, apply: operations } = libraryFor(tree.shell)
      const { stdout, stderr } = await tree.run(
        `${words}\n${operations}\ndo_remove '${root}/srv/full' yes\necho "went on: $?"\n`,
      )
      assert.is(stderr, '')
      assert.is(stdout.toString(), 'went on: 0\n')
      assert.not(existsSync(tree.at('/srv/full')))
    },
    { environment: { CONVERGE_ROOT: '' } },
  ))

test('a failure stops the rest and quotes what the step printed', () =>
  inEachShell(async (tree) => {
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
  inEachShell(async (tree) => {
    const hanging = { op: 'run', command: 'exec sleep 30', timeoutSeconds: 1 } as const
    const lines = await apply(tree, [change(hanging)])
    assert.equal(lines.slice(2), ['fail 0 exit 124', '| ended after 1 seconds', 'end failed'])
  }))

test('a guard is asked when its turn comes', () =>
  inEachShell(async (tree) => {
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

test('a file that does not validate leaves the old one, and no temporary files', () =>
  inEachShell(async (tree) => {
    tree.write('/etc/config', 'old')
    const validate = 'test "$(cat {})" = good || { echo "not good: $(cat {})"; exit 1; }'
    const bad = await apply(tree, [
      change(write('/etc/first', 'x')),
      change(write('/etc/config', 'bad', { validate })),
      change(write('/etc/third', 'x')),
    ])
    assert.equal(bad, [
      'started',
      'start 0',
      'start 1',
      'start 2',
      'done 0',
      `fail 1 validation failed: ${validate}`,
      '| not good: bad',
      'end failed',
    ])
    assert.is(tree.read('/etc/config'), 'old')
    assert.equal(readdirSync(tree.at('/etc')).sort(), [
      'config',
      'first',
      'group',
      'os-release',
      'passwd',
      'shadow',
    ])
    assert.is((await apply(tree, [change(write('/etc/config', 'good', { validate }))])).at(-1), 'end ok')
    assert.is(tree.read('/etc/config'), 'good')
  }))

test('the validator sees a path with quotes and blanks as one word', () =>
  inEachShell(async (tree) => {
    const path = `/srv/it's "a" $(dir)/{}/file`
    const lines = await apply(tree, [
      change(mkdir(`/srv/it's "a" $(dir)/{}`)),
      change(write(path, 'good', { validate: 'cat {} {} | grep -qx goodgood' })),
    ])
    assert.is(lines.at(-1), 'end ok')
    assert.is(tree.read(path), 'good')
  }))

test('bytes with a wrong checksum never go live', () =>
  inEachShell(async (tree) => {
    tree.write('/etc/config', 'old')
    const operation = write('/etc/config', 'new')
    const damaged = { ...operation, content: { ...operation.content, data: 'damaged on the way' } }
    assert.equal(await apply(tree, [change(damaged)]), [
      'started',
      'start 0',
      'fail 0 the uploaded bytes do not have the checksum of the plan',
      'end failed',
    ])
    assert.is(tree.read('/etc/config'), 'old')
    assert.equal(readdirSync(tree.at('/etc')).sort(), ['config', 'group', 'os-release', 'passwd', 'shadow'])
  }))

for (const [sentence, operation, message] of [
  [
    'a file',
    write('/srv/missing/file', 'x'),
    'the directory /srv/missing does not exist; declare it as a directory resource',
  ],
  [
    'a link',
    link('/srv/missing/link', 'x'),
    'the directory /srv/missing does not exist; declare it as a directory resource',
  ],
  [
    'a file over a link',
    write('/etc/planted', 'x'),
    'a symbolic link is at /etc/planted; converge does not write through links',
  ],
  ['a directory over a link', mkdir('/etc/planted'), 'a symbolic link is at /etc/planted'],
  ['a mode through a link', attributes('/etc/planted', '0777'), 'a symbolic link is at /etc/planted'],
  ['a file over a directory', write('/etc', 'x'), 'a directory is at /etc'],
  ['a link over a file', link('/etc/passwd', 'x'), 'something else than a link is at /etc/passwd'],
  [
    'a user in no group',
    { op: 'user', name: 'a', group: 'none', system: false, createHome: false },
    'there is no group none',
  ],
  [
    'a package in a tree',
    { op: 'package', packages: ['etcd'], autostart: false, update: false },
    'packages cannot be installed into a root tree',
  ],
] as const) {
  test(`refuses ${sentence}`, () =>
    inEachShell(async (tree) => {
      tree.write('/srv/victim', 'untouched', 0o600)
      symlinkSync('/srv/victim', tree.at('/etc/planted'))
      assert.equal(await apply(tree, [change(operation)]), [
        'started',
        'start 0',
        'fail 0 exit 1',
        `| ${message}`,
        'end failed',
      ])
      assert.is(tree.read('/srv/victim'), 'untouched')
      assert.is(mode(tree.at('/srv/victim')), '0600')
      assert.is(readlinkSync(tree.at('/etc/planted')), '/srv/victim')
      assert.is(readdirSync(tree.at('/etc')).filter((file) => file.startsWith('.')).length, 0)
    }))
}

test('what is owed is in the journal before the change, and stays there after a failure', () =>
  inEachShell(async (tree) => {
    const owes = [{ resource: 'unit[a b.service]', action: 'restart' }] as const
    const copy = (to: string) => run(`cp "$CONVERGE_ROOT${journalPath}" "$CONVERGE_ROOT/srv/${to}"`)
    tree.write('/srv/.keep', '')
    const lines = await apply(tree, [
      change(write('/etc/env', 'x', { validate: ': ' }), { owes }),
      change(copy('after-write')),
      change(copy('at-run'), { owes: [{ resource: 'command[reindex]', action: 'run' }] }),
      change(run('false'), { settles: [{ resource: 'command[reindex]', action: 'run' }] }),
    ])
    assert.is(lines.at(-1), 'end failed')
    const owed = 'owe restart unit[a%20b.service]'
    assert.equal(written(tree.read('/srv/after-write')), ['converge-journal 1', owed])
    assert.equal(written(tree.read('/srv/at-run')), ['converge-journal 1', owed, 'owe run command[reindex]'])
    assert.equal(written(tree.read(journalPath)), written(tree.read('/srv/at-run')))
    const facts = await inspect(tree, [])
    assert.equal(facts.pending, [
      { resource: 'unit[a b.service]', action: 'restart' },
      { resource: 'command[reindex]', action: 'run' },
    ])
    const settled = await apply(
      tree,
      [
        change(run(':'), { settles: [{ resource: 'command[reindex]', action: 'run' }] }),
        change(copy('settled')),
        change(run('false')),
      ],
      facts.journal,
    )
    assert.is(settled.at(-1), 'end failed')
    assert.is(written(tree.read('/srv/settled')).at(-1), 'settled run command[reindex]')
    const later = await inspect(tree, [])
    assert.equal(later.pending, [{ resource: 'unit[a b.service]', action: 'restart' }])
    assert.is((await apply(tree, [change(run(':'))], later.journal)).at(-1), 'end ok')
    assert.is(tree.read(journalPath), '')
  }))

test('a write that fails owes nothing', () =>
  inEachShell(async (tree) => {
    const owes = [{ resource: 'unit[a.service]', action: 'restart' }] as const
    await apply(tree, [change(write('/etc/env', 'x', { validate: 'false' }), { owes })])
    assert.equal((await inspect(tree, [])).pending, [])
  }))

test('what a torn journal line swallows is not what is owed now', () =>
  inEachShell(async (tree) => {
    tree.write(journalPath, 'converge-journal 1\nowe resta')
    const { journal } = await inspect(tree, [])
    const owes = [{ resource: 'unit[a.service]', action: 'restart' }] as const
    assert.is(
      (await apply(tree, [change(write('/etc/env', 'x'), { owes }), change(run('false'))], journal)).at(-1),
      'end failed',
    )
    assert.equal((await inspect(tree, [])).pending, owes)
  }))

test('a skipped change owes nothing', () =>
  inEachShell(async (tree) => {
    const owes = [{ resource: 'unit[a.service]', action: 'restart' }] as const
    await apply(tree, [
      change(run(':'), { owes, guard: { onlyIf: 'false' } }),
      change(write('/etc/x', 'x')),
      change(run('false')),
    ])
    assert.equal((await inspect(tree, [])).pending, [])
  }))

test('a host that is no longer what the plan saw is refused and told, and nothing is touched', () =>
  inEachShell(async (tree) => {
    tree.write('/etc/edited', 'as planned')
    tree.write('/etc/same', 'as planned')
    symlinkSync('/one', tree.at('/etc/link'))
    const paths = ['/etc/edited', '/etc/same', '/etc/link', '/etc/new', '/srv']
    const facts = await inspect(
      tree,
      paths.map((path) => ({ probe: 'path', path })),
    )
    const expects = paths.flatMap((path): Expectation[] => {
      const state = facts.paths[path]
      return state === undefined ? [] : [{ path, state }]
    })
    const planned = [change(write('/etc/same', 'new'), { expects })]
    tree.write('/etc/edited', 'by hand')
    tree.write('/etc/new', 'x', 0o600)
    const lines = await apply(tree, planned)
    const was = facts.paths['/etc/edited']
    assert.ok(was?.type === 'file')
    const ids = `${process.getuid?.()} ${process.getgid?.()}`
    const seen = `${ids} ${was?.type === 'file' ? was.sha256 : ''}`
    assert.equal(lines, [
      'started',
      `| /etc/edited: the plan saw file 0644 ${seen}, now it is file 0644 ${ids} ${write('', 'by hand').content.sha256}`,
      `| /etc/new: the plan saw absent, now it is file 0600 ${ids} ${write('', 'x').content.sha256}`,
      'end refused',
    ])
    assert.is(tree.read('/etc/same'), 'as planned')
    assert.equal(readdirSync(tree.at('/var/tmp')), [])
  }))

test('every kind of expectation holds on a host that did not change', () =>
  inEachShell(async (tree) => {
    tree.write("/srv/it's\n a file\\", 'x', 0o640)
    symlinkSync('target\n', tree.at('/srv/link'))
    symlinkSync('link', tree.at('/srv/-link to link'))
    const paths = [
      "/srv/it's\n a file\\",
      '/srv/link',
      '/srv/-link to link',
      '/srv',
      '/srv/absent',
      '/etc/passwd',
    ]
    const many = Array.from({ length: 230 }, (_, index) => `/srv/absent ${index}`)
    const facts = await inspect(
      tree,
      [...paths, ...many].map((path) => ({ probe: 'path', path })),
    )
    const expects = Object.entries(facts.paths).map(([path, state]) => ({ path, state }))
    assert.is(expects.length, 236)
    assert.equal(await apply(tree, [change(run(':'), { expects })]), [
      'started',
      'start 0',
      'done 0',
      'end ok',
    ])
  }))

test('a journal that another run changed is refused', () =>
  inEachShell(async (tree) => {
    tree.write(journalPath, 'converge-journal 1\nowe restart unit[a.service]\n')
    assert.equal(await apply(tree, [change(write('/etc/x', 'x'))]), [
      'started',
      '| the journal: another run changed what is pending',
      'end refused',
    ])
    assert.not(existsSync(tree.at('/etc/x')))
  }))

/** The lines of a journal without the empty ones that part one write from the next. */
function written(journal: string): readonly string[] {
  return journal.split('\n').filter((line) => line !== '')
}

test.run()
