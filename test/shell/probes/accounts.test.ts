import { existsSync, readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { collectQuestions, readAnswer } from '../../../src/shell/probes/index.ts'
import { inspectProgram } from '../../../src/shell/programs/inspect-program.ts'
import { inShellsByTurns, type RootTree } from '../root-tree.ts'
import { inspect, libraryFor } from '../run-programs.ts'

/** A directory service as sssd is by default: it answers by key and lists nothing. */
const directoryService = `#!/bin/sh
database=$1
shift
[ "$1" != -- ] || shift
[ $# -gt 0 ] || exit 2
missing=0
for key; do
  found=
  while IFS= read -r line; do
    rest=\${line#*:*:}
    case $database-$line in
      initgroups-"$key "*) found=$line ;;
      initgroups-*) ;;
      *-"$key":*) found=$line ;;
      *) case $rest in "$key":*) found=$line ;; esac ;;
    esac
  done <"$DIRECTORY/$database"
  if [ -n "$found" ]; then echo "$found"; elif [ "$database" = initgroups ]; then echo "$key"; else missing=2; fi
done
exit "$missing"
`

const entries = {
  passwd: 'web:*:70001:70000:the web:/home/web:/bin/sh\nplain:*:70002:70002::/:/bin/sh\n',
  group: 'domain users:*:70020:\nstaff:*:70000:\nops:*:70010:someone\nadm:*:4:web\n',
  initgroups: 'web                   70010 4 70000\n',
}

/** A program on a booted host, with the directory service in place of its NSS. */
async function runBooted(tree: RootTree, program: string, more = ''): Promise<Buffer> {
  tree.write('/srv/bin/getent', directoryService, 0o755)
  for (const [name, text] of Object.entries(entries)) tree.write(`/srv/directory/${name}`, text)
  tree.write('/srv/directory/passwd', entries.passwd + more)
  const environment = `CONVERGE_ROOT= PATH=${tree.at('/srv/bin')}${delimiter}$PATH DIRECTORY=${tree.at('/srv/directory')}`
  const { stdout, stderr } = await tree.run(`export ${environment}\n${program}`)
  assert.is(stderr, '')
  return stdout
}

/** Whether this machine asks its files first, as most do. */
const asksFilesFirst =
  existsSync('/etc/nsswitch.conf') &&
  ['passwd', 'group'].every((database) =>
    new RegExp(`^${database}:\\s+files(?!\\s*\\[)`, 'm').test(readFileSync('/etc/nsswitch.conf', 'utf8')),
  )

test('a user in the files is found without a process, if they are asked first', () =>
  inShellsByTurns(async (tree) => {
    if (!asksFilesFirst) return
    const questions = collectQuestions([{ probe: 'user', name: 'root' }])
    const place = { stateDir: tree.at('/state'), stagingDir: '/', cluster: 'test' }
    const answer = await runBooted(tree, inspectProgram(questions, place, libraryFor(tree.shell)))
    const facts = readAnswer(answer, questions)
    if ('busy' in facts) throw new Error('busy')
    const { uid, gid, group, home } = facts.users.root ?? {}
    assert.equal({ uid, gid, group, home }, { uid: 0, gid: 0, group: 'root', home: '/root' })
  }))

test('users and groups are found in a directory that lists none', () =>
  inShellsByTurns(async (tree) => {
    const questions = collectQuestions([
      ...['web', 'plain', 'nobody-knows'].map((name) => ({ probe: 'user', name }) as const),
      ...['ops', 'none-such', '4'].map((name) => ({ probe: 'group', name }) as const),
    ])
    const place = { stateDir: tree.at('/state'), stagingDir: '/', cluster: 'test' }
    const answer = await runBooted(tree, inspectProgram(questions, place, libraryFor(tree.shell)))
    const facts = readAnswer(answer, questions)
    if ('busy' in facts) throw new Error('busy')
    assert.equal(
      { ...facts.users },
      {
        web: {
          uid: 70001,
          gid: 70000,
          comment: 'the web',
          home: '/home/web',
          shell: '/bin/sh',
          group: 'staff',
          groups: ['adm', 'ops'],
        },
        plain: {
          uid: 70002,
          gid: 70002,
          comment: '',
          home: '/',
          shell: '/bin/sh',
          // It has no name anywhere.
          group: '70002',
          groups: [],
        },
        'nobody-knows': null,
      },
    )
    assert.equal(
      { ...facts.groups },
      {
        ops: { gid: 70010, members: ['someone'] },
        'none-such': null,
        '4': { name: 'adm', gid: 4, members: ['web'] },
      },
    )
  }))

test('a process is found that runs as a user who is to have another number or home', () =>
  inShellsByTurns(async (tree) => {
    const uid = process.getuid?.() ?? 0
    const wanted = [
      { name: 'me', uid: 70001 },
      { name: 'again', home: '/other' },
      { name: 'same', uid, home: '/' },
      { name: 'web', uid: 1 },
    ].map((one) => ({ probe: 'user', ...one }) as const)
    const questions = collectQuestions(wanted)
    const place = { stateDir: tree.at('/state'), stagingDir: '/', cluster: 'test' }
    const mine = ['me', 'again', 'same'].map((name) => `${name}:*:${uid}:70000::/:/bin/sh\n`).join('')
    const answer = await runBooted(tree, inspectProgram(questions, place, libraryFor(tree.shell)), mine)
    const facts = readAnswer(answer, questions)
    if ('busy' in facts) throw new Error('busy')
    const found = wanted.map(({ name }) => [name, facts.users[name]?.busyPid !== undefined])
    assert.equal(Object.fromEntries(found), { me: true, again: true, same: false, web: false })
  }))

test('users whose primary group it is are found', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/passwd', 'root:x:0:0:::\nsvc:x:700:4200:::\nother:x:701:4201:::')
    tree.write('/etc/group', 'root:x:0:\napp:x:4200:\nnone:x:4300:\n')
    const { groups } = await inspect(
      tree,
      ['app', 'none', '4300'].map((name) => ({ probe: 'group', name }) as const),
    )
    assert.equal(
      { ...groups },
      { app: { gid: 4200, primaryOf: ['svc'] }, none: { gid: 4300 }, 4300: { name: 'none', gid: 4300 } },
    )
  }))

test('a user in a directory that lists none is the same as the one that is declared', () =>
  inShellsByTurns(async (tree) => {
    const { inspect, apply } = libraryFor(tree.shell)
    const asked = [
      "web no no 70001 staff 'adm,ops' : : :",
      'web no no : ops : : : :',
      "web no no : : 'ops' : : :",
      "plain no no : : '' : : :",
    ]
    const program = `${inspect}\n${apply}\n${asked.map((words) => `if is_user ${words}; then echo same; else echo other; fi`).join('\n')}\n`
    assert.equal((await runBooted(tree, program)).toString().trim().split('\n'), [
      'same',
      'other',
      'other',
      'same',
    ])
  }))

test('a user that a root tree does not have is null, in files that end anywhere', () =>
  inShellsByTurns(async (tree) => {
    const { inspect, apply } = libraryFor(tree.shell)
    tree.write('/etc/passwd', 'web:x:701:700::/:/bin/sh')
    tree.write('/etc/group', 'web:x:700:\nadm:x:4:web,other')
    const asked = ['web no no 701 web adm : : :', 'other no no : : : : : :']
    const { stdout } = await tree.run(
      `${inspect}\n${apply}\n${asked.map((words) => `if is_user ${words}; then echo same; else echo other; fi`).join('\n')}\n`,
    )
    assert.is(stdout.toString(), 'same\nother\n')
  }))

const known = ['user root', 'user web', 'group domain users', 'user nobody knows', 'group none-such']

test('whether an owner is known is answered by the files, then by a directory', () =>
  inShellsByTurns(async (tree) => {
    const questions = collectQuestions(known.map((account) => ({ probe: 'account', account })))
    const place = { stateDir: tree.at('/state'), stagingDir: '/', cluster: 'test' }
    const program = inspectProgram(questions, place, libraryFor(tree.shell))
    const facts = readAnswer(await runBooted(tree, program), questions)
    if ('busy' in facts) throw new Error('busy')
    assert.equal(
      known.filter((account) => facts.accounts[account]),
      ['user root', 'user web', 'group domain users'],
    )
  }))

test('in a root tree an owner is known if its files have it', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/etc/group', 'root:x:0:\ndomain users:x:5005:')
    const { accounts } = await inspect(
      tree,
      known.map((account) => ({ probe: 'account', account })),
    )
    assert.equal(
      known.filter((account) => accounts[account]),
      ['user root', 'group domain users'],
    )
  }))

test.run()
