import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Owned, PathFact } from '../../src/model/facts.ts'
import { collectQuestions, readAnswer } from '../../src/shell/probes/index.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { scratchFolder } from '../commands/scratch.ts'
import { change, textContent, write } from './changes.ts'
import { inShellsByTurns } from './root-tree.ts'
import { apply, ask, inspect, journalPath, libraryFor, place } from './run-programs.ts'
import { busyboxFirst } from './shells.ts'

const isRoot = process.getuid?.() === 0

/** Who owns what this process makes: root, for whom another user stands in a tree. */
function owned(mode: string): Owned {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  return { mode, owner: 'root', group: 'root', uid, gid }
}

function file(mode: string, text: string, content?: string): PathFact {
  const { sha256, sizeBytes } = textContent(text)
  return { type: 'file', sizeBytes, sha256, ...(content === undefined ? {} : { content }), ...owned(mode) }
}

test('reports what is at each path', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/srv/same', 'same\n')
    tree.write('/srv/other', 'other\nwithout newline', 0o600)
    tree.write('/srv/unasked', 'text')
    tree.write('/srv/empty', '')
    tree.write('/srv/setuid', 'x', 0o4711)
    tree.write('/srv/back\\slash\nnewline', 'odd name')
    tree.write('/srv/limit', 'a'.repeat(262_144))
    tree.write('/srv/large', 'a'.repeat(262_145))
    mkdirSync(tree.at('/srv/directory'), { mode: 0o700 })
    symlinkSync('same', tree.at('/srv/link'))
    symlinkSync('/nowhere', tree.at('/srv/dangling'))
    symlinkSync('two\nlines ü\n', tree.at('/srv/target'))
    symlinkSync('directory', tree.at('/srv/to-directory'))
    execFileSync('mkfifo', ['-m', '0640', tree.at('/srv/fifo')])
    execFileSync('chmod', ['4711', tree.at('/srv/setuid')])

    const wanted = textContent('same\n').sha256
    const asked = [
      ...['same', 'other', 'empty', 'back\\slash\nnewline', 'limit', 'large', 'link', 'absent', 'fifo'].map(
        (name) => ({ probe: 'path', path: `/srv/${name}`, sha256: wanted }) as const,
      ),
      ...[
        'unasked',
        'setuid',
        'directory',
        'dangling',
        'target',
        'to-directory',
        'same/below',
        'dangling/a/b',
      ].map((name) => ({ probe: 'path', path: `/srv/${name}` }) as const),
    ]
    const { paths } = await inspect(tree, asked)
    assert.equal(
      { ...paths },
      {
        '/srv/same': file('0644', 'same\n'),
        '/srv/other': file('0600', 'other\nwithout newline', 'other\nwithout newline'),
        '/srv/empty': file('0644', '', ''),
        '/srv/back\\slash\nnewline': file('0644', 'odd name', 'odd name'),
        '/srv/limit': file('0644', 'a'.repeat(262_144), 'a'.repeat(262_144)),
        '/srv/large': file('0644', 'a'.repeat(262_145)),
        '/srv/link': { type: 'link', target: 'same', ...owned('0777') },
        '/srv/absent': { type: 'absent' },
        '/srv/fifo': { type: 'other', ...owned('0640') },
        '/srv/unasked': file('0644', 'text'),
        '/srv/setuid': file('4711', 'x'),
        '/srv/directory': { type: 'directory', ...owned('0700') },
        '/srv/dangling': { type: 'link', target: '/nowhere', ...owned('0777') },
        '/srv/target': { type: 'link', target: 'two\nlines ü\n', ...owned('0777') },
        '/srv/to-directory': { type: 'link', target: 'directory', ...owned('0777') },
        '/srv/same/below': { type: 'absent', blockedBy: 'other' },
        '/srv/dangling/a/b': { type: 'absent', blockedBy: 'link' },
      },
    )
  }))

test('owners and groups of a directory service may have blanks', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/srv/report', 'x')
    for (const [owner, group] of [
      ['root', 'domain users'],
      ['EXAMPLE\\ann lee', 'domain users'],
      ['ann lee', 'ops'],
    ] as const) {
      const named = `sed 's/%U/${owner.replaceAll('\\', '\\\\')}/; s/%G/${group}/'`
      tree.write(
        '/srv/bin/stat',
        `#!/bin/sh\nformat=$(printf %s "$2" | ${named})\nshift 2\nPATH=/usr/bin:/bin exec stat -c "$format" "$@"\n`,
        0o755,
      )
      const booted = `export CONVERGE_ROOT= PATH=${tree.at('/srv/bin')}:$PATH\n`
      const path = tree.at('/srv/report')
      const questions = collectQuestions([{ probe: 'path', path }])
      const here = { ...place, stateDir: tree.at('/state') }
      const library = libraryFor(tree.shell)
      const { stdout } = await tree.run(booted + inspectProgram(questions, here, library))
      const answer = readAnswer(stdout, questions)
      const found = 'busy' in answer ? undefined : answer.paths[path]
      assert.equal(found, { ...file('0644', 'x'), owner, group })
      const asked = [group, 'domain'].map(
        (name) => `has_attributes '${path}' 0644 '${owner}' '${name}'; echo $?`,
      )
      const compared = await tree.run([booted, library.inspect, library.apply, ...asked].join('\n'))
      assert.is(compared.stdout.toString(), '0\n1\n')
    }
  }))

test('a file that something is mounted on is reported', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/hosts', 'x')
    tree.write('/etc/hosts.d', 'x')
    tree.write('/etc/a file', 'x')
    const paths = ['/etc/hosts', '/etc/hosts.d', '/etc/a file']
    const questions = collectQuestions(paths.map((path) => ({ probe: 'path', path })))
    const { inspect: library, ...others } = libraryFor(tree.shell)
    const mounted = `${library}\nMOUNTS=" / /proc ${tree.at('/etc/hosts')} "\n`
    const { stdout } = await tree.run(inspectProgram(questions, place, { ...others, inspect: mounted }))
    const answer = readAnswer(stdout, questions)
    if ('busy' in answer) throw new Error('busy')
    const found = paths.map((path) => answer.paths[path])
    assert.equal(found, [{ ...file('0644', 'x'), isMount: true }, file('0644', 'x'), file('0644', 'x')])
  }))

test('a list of an archive that is another one each time it is read shows nothing of what it is', () =>
  inShellsByTurns(async (tree) => {
    symlinkSync('/proc/sys/kernel/random/uuid', tree.at('/.converge-files'))
    tree.write('/.converge-archive', 'old\n')
    const { inspect: library } = libraryFor(tree.shell)
    const { stdout } = await tree.run(
      `${library}\nread_uid\nMOUNTS=' '\ninspect_tree 0 "$R" | grep -- - | grep -v /\n`,
    )
    assert.is(stdout.toString(), '')
  }))

test('of the list of a checkout, which may be any file by now, only names in the tree are shown', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/secret', 'hunter2\nhunter2\n./hunter3\n./app\n./app\n')
    tree.write('/srv/.git/HEAD', 'x')
    for (const name of ['app', 'untracked', '.converge-archive']) tree.write(`/srv/${name}`, 'x')
    symlinkSync('../etc/secret', tree.at('/srv/.converge-files'))
    utimesSync(tree.at('/srv/.converge-archive'), 1, 1)
    const { inspect: library } = libraryFor(tree.shell)
    const { stdout } = await tree.run(`${library}\nread_uid\nMOUNTS=' '\ninspect_tree 0 "$R/srv"\n`)
    assert.not.match(stdout.toString(), 'hunter')
    assert.match(stdout.toString(), 'edit ./app\nedit ./2 that are gone\n')
  }))

test('what was put into the tree of an archive is reported if the tree makes way, and what is mounted there', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/opt/app/.converge-files', '.\n./kept\n./changed\n')
    tree.write('/opt/app/.converge-archive', 'old\n')
    for (const name of ['kept', 'changed', 'data/1', 'a new one']) tree.write(`/opt/app/${name}`, 'x')
    for (const name of ['kept', '.converge-files']) utimesSync(tree.at(`/opt/app/${name}`), 0, 0)
    utimesSync(tree.at('/opt/app/.converge-archive'), 1, 1)
    const path = '/opt/app/.converge-archive'
    const { inspect: library, ...others } = libraryFor(tree.shell)
    const mounted = `${library}\nMOUNTS=" / ${tree.at('/opt/app')} ${tree.at('/opt/app/data')} ${tree.at('/opt/app-2')} "\n`
    const look = async (sha256: string) => {
      const questions = collectQuestions([{ probe: 'path', path, sha256 }])
      const { stdout } = await tree.run(inspectProgram(questions, place, { ...others, inspect: mounted }))
      const answer = readAnswer(stdout, questions)
      if ('busy' in answer) throw new Error('busy')
      return answer.paths[path]
    }
    const stamp = file('0644', 'old\n')
    assert.equal(await look('0'.repeat(64)), {
      ...stamp,
      content: 'old\n',
      strangers: ['a new one', 'changed', 'data', 'data/1'],
      mounts: ['.', 'data'],
    })
    assert.equal(await look('sha256' in stamp ? stamp.sha256 : ''), stamp)
  }))

test('a path below a link is reported with where it is, also if it is not there, and one that leads out as such', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/run/app/x', 'x')
    tree.write('/usr/bin/tool', 'x')
    symlinkSync('../run', tree.at('/var/run'))
    symlinkSync('usr/bin', tree.at('/bin'))
    symlinkSync('app', tree.at('/run/link'))
    symlinkSync('/', tree.at('/out'))
    symlinkSync('nowhere', tree.at('/dangling'))
    const wanted = {
      '/var/run/app/x': '/run/app/x',
      '/var/run/link/new/x': '/run/app/new/x',
      '/bin/tool': '/usr/bin/tool',
      '/bin/none\nsuch': '/usr/bin/none\nsuch',
      '/usr/bin/tool': undefined,
      '/dangling/x': undefined,
      '/run/link': undefined,
    }
    const paths = Object.keys(wanted)
    const facts = await inspect(
      tree,
      [...paths, '/out/x'].map((path) => ({ probe: 'path', path })),
    )
    assert.equal(
      paths.map((path) => [path, facts.paths[path]?.real]),
      Object.entries(wanted),
    )
    assert.is(facts.paths['/out/x']?.leadsOut, true)
  }))

test('a tree in which something is mounted is not removed', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/opt/app/data/1', 'x')
    const { inspect: library, apply } = libraryFor(tree.shell)
    const mounted = `read_mounts() { MOUNTS=" / ${tree.at('/opt/app/data')} "; }`
    const settings = 'NUMBER=1 ID=test STATE=$R/var; read_uid'
    const words = [
      'do_remove /opt/app yes',
      'at /opt/app; make_way /opt/app tree',
      'at /opt/app; take_tree /opt/app',
    ]
    for (const word of words) {
      const { exitCode, stdout } = await tree.run([library, apply, settings, mounted, word].join('\n'))
      assert.equal([exitCode, stdout.toString()], [1, 'something is mounted in /opt/app; unmount it first\n'])
    }
    assert.is(tree.read('/opt/app/data/1'), 'x')
  }))

test('answers hundreds of paths in their order', () =>
  inShellsByTurns(async (tree) => {
    const probes = Array.from({ length: 250 }, (_, index) => {
      const path = `/srv/${index}`
      if (index % 3 !== 0) tree.write(path, `content ${index}`)
      return { probe: 'path', path, sha256: textContent('x').sha256 } as const
    })
    const { paths } = await inspect(tree, probes)
    for (const [index, { path }] of probes.entries()) {
      const text = `content ${index}`
      assert.equal(paths[path], index % 3 === 0 ? { type: 'absent' } : file('0644', text, text))
    }
  }))

test('reports the platform', () =>
  inShellsByTurns(async (tree) => {
    const { platform } = await inspect(tree, [])
    assert.equal(
      { ...platform, arch: '' },
      { os: 'debian', release: '12', arch: '', init: 'offline', uid: process.getuid?.(), rooted: true },
    )
    assert.match(platform.arch, /^(amd64|arm64|armhf|i386|ppc64el|\w+)$/)
    tree.write('/etc/os-release', "ID='alpine'\nVERSION_ID=3.20.1\n")
    const alpine = await inspect(tree, [])
    assert.is(alpine.platform.os, 'alpine')
    assert.is(alpine.platform.release, '3.20.1')
  }))

test('a name may have line breaks, also where the tools are those of busybox', async () => {
  const environment = busyboxFirst(scratchFolder())
  const sumLike = `${'0'.repeat(64)}  x`
  await inShellsByTurns(
    async (tree) => {
      const names = ['plain', `a\n${sumLike}`, 'b\\n', '\nc\n']
      for (const name of names) tree.write(`/srv/${name}`, name)
      const asked = names.map((name) => ({ probe: 'path', path: `/srv/${name}` }) as const)
      const { paths } = await inspect(tree, asked)
      assert.equal(
        names.map((name) => paths[`/srv/${name}`]),
        names.map((name) => file('0644', name)),
      )
      const expects = asked.map(({ path }) => ({ path, state: paths[path] ?? { type: 'absent' as const } }))
      const lines = await apply(tree, [change(write('/srv/new', 'x'), { expects })])
      assert.is(lines.at(-1), 'end ok', lines.join('\n'))
    },
    { environment },
  )
})

test('reads the state of units from their files in a tree that is not booted', () =>
  inShellsByTurns(async (tree) => {
    const unit = '[Service]\nExecStart=/bin/true\n'
    tree.write('/etc/systemd/system/plain.service', unit)
    tree.write('/etc/systemd/system/off.service', `${unit}[Install]\nWantedBy=multi-user.target\n`)
    tree.write('/usr/lib/systemd/system/on.service', `${unit}[Install]\nWantedBy=multi-user.target\n`)
    mkdirSync(tree.at('/etc/systemd/system/multi-user.target.wants'))
    symlinkSync(
      '/usr/lib/systemd/system/on.service',
      tree.at('/etc/systemd/system/multi-user.target.wants/on.service'),
    )
    symlinkSync('/dev/null', tree.at('/etc/systemd/system/masked.service'))
    tree.write('/usr/lib/systemd/system/other.service', `${unit}[Install]\nAlias=one.service two.service\n`)
    symlinkSync('/usr/lib/systemd/system/other.service', tree.at('/etc/systemd/system/two.service'))
    tree.write('/usr/lib/systemd/system/held.service', `${unit}[Install]\nUpheldBy=other.service\n`)
    mkdirSync(tree.at('/etc/systemd/system/other.service.upholds'))
    symlinkSync(
      '/usr/lib/systemd/system/held.service',
      tree.at('/etc/systemd/system/other.service.upholds/held.service'),
    )
    const names = ['plain', 'off', 'on', 'other', 'held', 'masked', 'missing'].map(
      (name) => `${name}.service`,
    )
    const { units } = await inspect(
      tree,
      names.map((name) => ({ probe: 'unit', unit: name })),
    )
    const offline = { active: 'inactive', needsReload: false }
    assert.equal(
      { ...units },
      {
        'plain.service': { load: 'loaded', file: 'static', ...offline },
        'off.service': { load: 'loaded', file: 'disabled', ...offline },
        'on.service': { load: 'loaded', file: 'enabled', ...offline },
        'other.service': { load: 'loaded', file: 'enabled', ...offline },
        'held.service': { load: 'loaded', file: 'enabled', ...offline },
        'masked.service': { load: 'masked', file: 'masked', ...offline },
        'missing.service': { load: 'not-found', file: '', ...offline },
      },
    )
  }))

test('reads users and groups from the files, even without a last newline', () =>
  inShellsByTurns(async (tree) => {
    tree.write(
      '/etc/passwd',
      'root:x:0:0:root:/root:/bin/sh\netcd:x:998:997:the store:/var/lib/etcd:/bin/false',
    )
    tree.write('/etc/group', 'root:x:0:\nssl:x:20:web,etcd\netcd:x:997:\nadm:x:4:etcd')
    const { users, groups } = await inspect(tree, [
      { probe: 'user', name: 'etcd' },
      { probe: 'user', name: 'nobody' },
      { probe: 'group', name: 'adm' },
      { probe: 'group', name: '__proto__' },
    ])
    assert.equal(users.etcd, {
      uid: 998,
      gid: 997,
      comment: 'the store',
      home: '/var/lib/etcd',
      shell: '/bin/false',
      group: 'etcd',
      groups: ['adm', 'ssl'],
    })
    assert.is(users.nobody, null)
    assert.equal(Object.entries(groups), [
      ['adm', { gid: 4, members: ['etcd'] }],
      ['__proto__', null],
    ])
  }))

test('names owners as the tree names them, and without root calls all of them root', () =>
  inShellsByTurns(async (tree) => {
    const uid = process.getuid?.() ?? 0
    const gid = process.getgid?.() ?? 0
    tree.write('/etc/passwd', `captain:x:${uid}:${gid}::/:/bin/sh\n`)
    tree.write('/etc/group', `crew:x:${gid}:\n`)
    const { paths } = await inspect(tree, [{ probe: 'path', path: '/etc/passwd' }])
    const found = paths['/etc/passwd']
    assert.is(
      found?.type === 'file' && `${found.owner}:${found.group}`,
      isRoot ? 'captain:crew' : 'root:root',
    )
  }))

test('answers checks by exit code, with the tree in CONVERGE_ROOT', () =>
  inShellsByTurns(async (tree) => {
    const commands = [
      'true',
      'exit 3',
      'test -e "$CONVERGE_ROOT/etc/passwd"',
      'echo noise; echo noise >&2',
      'read x',
    ]
    const { checks } = await inspect(
      tree,
      commands.map((command) => ({ probe: 'check', command })),
    )
    assert.equal(Object.values(checks), [true, false, true, true, false])
  }))

test('brings the journal and what it leaves open, torn or not', () =>
  inShellsByTurns(async (tree) => {
    const whole =
      'converge-journal 1\nowe restart unit[a.service]\nowe run command[say%20hi]\nsettled restart unit[a.service]'
    for (const torn of ['\n', '\nowe resta', '\nowe restart ']) {
      tree.write(journalPath, whole + torn)
      const facts = await inspect(tree, [])
      assert.equal(facts.pending, [{ resource: 'command[say hi]', action: 'run' }])
      assert.is(facts.journal, whole + torn.trimEnd() + (torn.endsWith(' ') ? ' ' : ''))
    }
  }))

test('an apply that ends while the host is inspected makes the answer void', () =>
  inShellsByTurns(async (tree) => {
    const ends = `mkdir -p "$CONVERGE_ROOT${place.stateDir}/clusters/${place.cluster}/generations/1"`
    assert.equal(await ask(tree, [{ probe: 'check', command: ends }]), { busy: 'applied' })
    assert.not('busy' in (await ask(tree)))
  }))

test.run()
