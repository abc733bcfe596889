import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Probe } from '../../../src/model/facts.ts'
import { AnswerError } from '../../../src/shell/answers/answer-reader.ts'
import { parseInspect } from '../../../src/shell/probes/parse-inspect.ts'
import { collectQuestions } from '../../../src/shell/programs/inspect-program.ts'

const head = 'converge 1\nplatform systemd 0 \nos debian\nrelease 12\nmachine x86_64\n'
const sum = 'a'.repeat(64)
const file: Probe = { probe: 'path', path: '/a', sha256: sum }
const unit: Probe = { probe: 'unit', unit: 'a.service' }
const user: Probe = { probe: 'user', name: 'a' }
const pkg: Probe = { probe: 'package', name: 'etcd' }
const check: Probe = { probe: 'check', command: 'true' }
const again = 'files came or went while the host was inspected; run it again'

function parse(answer: string, probes: readonly Probe[] = []) {
  return parseInspect(Buffer.from(answer), collectQuestions(probes))
}

test('reads a whole answer', () => {
  const answer = `${head}K f l - d
S
644 0 0 root root 3
777 0 0 root root 1
755 998 0 UNKNOWN root 4096
L 1
b
H
${sum}  /a
C 0 3
x
y
U 1
LoadState=loaded
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no
U end
A
a:x:1:2:c:/h:/s
G
b:x:2:
A end
P
etcd amd64 installed 3.4.23-4
old amd64 config-files 1
P end
X 0 1
J
converge-journal 1
owe restart unit[a.service]

J end
applying id somebody
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
    { probe: 'package', name: 'etcd:amd64' },
    check,
    { probe: 'check', command: 'false' },
  ])
  const root = { owner: 'root', group: 'root', uid: 0, gid: 0 }
  assert.equal(
    { ...facts.paths },
    {
      '/a': { type: 'file', sizeBytes: 3, sha256: sum, content: 'eAp5', mode: '0644', ...root },
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
    groups: [],
  })
  assert.equal(
    { ...facts.packages },
    { etcd: { version: '3.4.23-4' }, old: null, 'etcd:amd64': { version: '3.4.23-4' } },
  )
  assert.equal({ ...facts.checks }, { true: true, false: false })
  assert.is(facts.journal, 'converge-journal 1\nowe restart unit[a.service]')
  assert.is(facts.applying, 'id somebody')
  assert.equal(facts.platform, {
    os: 'debian',
    release: '12',
    arch: 'amd64',
    init: 'systemd',
    uid: 0,
    rooted: false,
  })
})

const packageless =
  'packages are declared, but the host has no dpkg: only Debian and its derivatives are supported'
for (const [answer, probes, message] of [
  ['', [], 'the answer ends in the middle: ""'],
  ['Welcome to the host\n', [], 'wanted "converge", got "Welcome to the host"'],
  ['converge 2\n', [], 'another version of the host program answered'],
  ['converge 1\nplatform upstart 0 \n', [], 'unknown init upstart'],
  ['converge 1\nplatform systemd root \nos \nrelease \nmachine x\n', [], 'wanted a number, got "root"'],
  [`${head}en`, [], 'the answer ends in the middle: "en"'],
  [`${head}motd\n`, [], 'wanted "end", got "motd"'],
  [`${head}K f f\n`, [file], 'asked for 1 paths, got 2'],
  [`${head}K f\nS\nH\n`, [file], again],
  [`${head}K f\nS\n644 0 0 root root 1\nH\nsha256sum: /a: No such file\n`, [file], again],
  [
    `${head}K f\nS\n644 0 0 root root 1\nH\n${sum} /a\nC 1 1\nx\n`,
    [file],
    'content of a file that was not asked for',
  ],
  [
    `${head}K f\nS\n644 0 0 root root 1\nH\n${sum} /a\nC 0 3\nx\nend\n`,
    [file],
    'a file changed while it was read',
  ],
  [`${head}U 1\nU end\n`, [unit], 'asked for 1 units, got 0'],
  [`${head}U 1\nLoadState=loaded\nU end\n`, [unit], 'systemctl did not tell ActiveState of a.service'],
  [`${head}A\na:x:one:2\nG\nA end\n`, [user], 'wanted a number, got "one"'],
  [`${head}A\na:x:1:2:::\n`, [user], 'the answer ends in the middle: ""'],
  [`${head}P none\n`, [pkg], packageless],
  [`${head}X\n`, [check, { probe: 'check', command: 'false' }], 'not every check was answered'],
  [
    `${head}J\nconverge-journal 2\n\nJ end\nend\n`,
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
    return parse(`${head}U 1\n${show}U end\nend\n`, [unit]).units['a.service']?.isCrashing
  })
  assert.equal(found, [true, undefined])
})

test.run()
