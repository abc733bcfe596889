import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Probe } from '../../../src/model/facts.ts'
import { AnswerError } from '../../../src/shell/answers/answer-reader.ts'
import { collectQuestions, readAnswer } from '../../../src/shell/probes/index.ts'

const head = 'converge 1\nplatform systemd 0 \nos debian\nrelease 12\nmachine x86_64\n'
const sum = 'a'.repeat(64)
const file: Probe = { probe: 'path', path: '/a', sha256: sum }
const unit: Probe = { probe: 'unit', unit: 'a.service' }
const user: Probe = { probe: 'user', name: 'a' }
const pkg: Probe = { probe: 'package', name: 'etcd' }
const check: Probe = { probe: 'check', command: 'true' }
const again = 'files appeared or disappeared while the host was inspected; run converge again'

function parse(answer: string, probes: readonly Probe[] = []) {
  const read = readAnswer(Buffer.from(answer), collectQuestions(probes))
  if ('busy' in read) throw new Error(`busy: ${read.busy}`)
  return read
}

test('reads a whole answer', () => {
  const answer = `${head}kinds f l - d
stats
644 0 0 3 root:root
777 0 0 1 root:root
755 998 0 4096 UNKNOWN:root
link 1
b
sums
${sum}  /a
content 0 3
x
y
units
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no
units end
users
a:x:1:2:c:/h:/s
groups
b:x:2:
d:x:4:a
memberships
a                     4 5
users end
processes
411 a
processes end
packages
etcd 3.4.23-4
etcd:amd64 3.4.23-4
etcd:i386 3.4.22-1
packages end
removals
etcd etcd-tools
etcd app:i386
removals end
checks 0 1
journal
converge-journal 1
owe restart unit[a.service]

journal end
end
`
  const facts = parse(answer, [
    { ...file, sha256: 'b'.repeat(64) },
    { probe: 'path', path: '/link' },
    { probe: 'path', path: '/absent' },
    { probe: 'path', path: '/directory' },
    unit,
    user,
    pkg,
    { probe: 'package', name: 'old' },
    { probe: 'package', name: 'etcd:i386' },
    check,
    { probe: 'check', command: 'false' },
  ])
  const root = { owner: 'root', group: 'root', uid: 0, gid: 0 }
  assert.equal(
    { ...facts.paths },
    {
      '/a': { type: 'file', sizeBytes: 3, sha256: sum, content: 'x\ny', mode: '0644', ...root },
      '/link': { type: 'link', target: 'b', mode: '0777', ...root },
      '/absent': { type: 'absent' },
      '/directory': { type: 'directory', mode: '0755', ...root, owner: 'UNKNOWN', uid: 998 },
    },
  )
  assert.equal(facts.units['a.service'], {
    load: 'loaded',
    active: 'active',
    file: 'enabled',
    needsReload: false,
  })
  assert.equal(facts.users.a, {
    uid: 1,
    gid: 2,
    comment: 'c',
    home: '/h',
    shell: '/s',
    group: 'b',
    groups: ['5', 'd'],
    busyPid: 411,
  })
  assert.equal(
    { ...facts.packages },
    {
      etcd: { version: '3.4.23-4', takesAlong: ['etcd-tools', 'app:i386'] },
      old: null,
      'etcd:i386': { version: '3.4.22-1' },
    },
  )
  assert.equal({ ...facts.checks }, { true: true, false: false })
  assert.is(facts.journal, 'converge-journal 1\nowe restart unit[a.service]')
  assert.equal(facts.platform, {
    os: 'debian',
    release: '12',
    arch: 'amd64',
    init: 'systemd',
    uid: 0,
    rooted: false,
  })
})

const packageless = 'packages are declared, but the host has none of the supported package managers: apt, apk'
for (const [answer, probes, message] of [
  ['', [], 'the answer is incomplete: ""'],
  ['Welcome to the host\n', [], 'expected "converge", got "Welcome to the host"'],
  ['converge 2\n', [], 'another version of the host program answered'],
  ['converge 1\nplatform upstart 0 \n', [], 'unknown init upstart'],
  ['converge 1\nplatform systemd root \nos \nrelease \nmachine x\n', [], 'expected a number, got "root"'],
  [`${head}en`, [], 'the answer is incomplete: "en"'],
  [`${head}motd\n`, [], 'expected "end", got "motd"'],
  [`${head}kinds f f\n`, [file], 'asked for 1 paths, got 2'],
  [`${head}kinds f\nstats\nsums\n`, [file], again],
  [`${head}kinds f\nstats\n644 0 0 1 root:root\nsums\nsha256sum: /a: No such file\n`, [file], again],
  [
    `${head}kinds f\nstats\n644 0 0 1 root:root\nsums\n${sum} /a\ncontent 1 1\nx\n`,
    [file],
    'content of a file that was not asked for',
  ],
  [
    `${head}kinds f\nstats\n644 0 0 1 root:root\nsums\n${sum} /a\ncontent 0 3\nx\nend\n`,
    [file],
    'a file changed while it was read',
  ],
  [`${head}units\nunits end\n`, [unit], 'asked for 1 units, got 0'],
  [
    `${head}units\nLoadState=loaded\nunits end\n`,
    [unit],
    'systemctl did not report ActiveState of a.service',
  ],
  [
    `${head}users\na:x:one:2\ngroups\nmemberships\nusers end\nprocesses\nprocesses end\n`,
    [user],
    'expected a number, got "one"',
  ],
  [`${head}users\na:x:1:2:::\n`, [user], 'the answer is incomplete: ""'],
  [`${head}packages unsupported apt apk\n`, [pkg], packageless],
  [`${head}checks\n`, [check, { probe: 'check', command: 'false' }], 'not every check was answered'],
  [
    `${head}journal\nconverge-journal 2\n\njournal end\nend\n`,
    [],
    'the journal begins with "converge-journal 2": a newer converge wrote it',
  ],
] as const) {
  test(`an answer is refused: ${message} (${JSON.stringify(answer.slice(head.length, head.length + 30))})`, () => {
    try {
      parse(answer, probes)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, AnswerError)
      assert.is(error instanceof Error && error.message, message)
    }
  })
}

test('a unit that waits to be started again is crashing, one that starts is not', () => {
  const found = ['auto-restart', 'start'].map((sub) => {
    const show = `LoadState=loaded\nActiveState=activating\nSubState=${sub}\nUnitFileState=enabled\nNeedDaemonReload=no\n`
    return parse(`${head}units\n${show}units end\nend\n`, [unit]).units['a.service']?.isCrashing
  })
  assert.equal(found, [true, undefined])
})

test('an apply on the host is the whole answer', () => {
  const busy = (line: string) => readAnswer(Buffer.from(`${head}${line}\nend\n`), collectQuestions([]))
  assert.equal(busy('applying id ann@desk'), { busy: 'applying', holder: 'id ann@desk' })
  assert.equal(busy('applied'), { busy: 'applied' })
})

test('probes that ask about the same are asked once, and the last wanted content counts', () => {
  const { probes } = collectQuestions([
    check,
    file,
    unit,
    file,
    { probe: 'path', path: '/a', sha256: 'last' },
    check,
  ])
  assert.equal(probes, [{ ...file, sha256: 'last' }, unit, check])
  assert.equal(collectQuestions([file, { probe: 'path', path: '/a' }]).probes, [file])
})

test.run()
