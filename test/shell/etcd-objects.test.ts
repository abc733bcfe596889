import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ObjectFact } from '../../src/model/cluster-object.ts'
import type { Probe } from '../../src/model/facts.ts'
import type { Operation } from '../../src/model/operation.ts'
import { rulesOf } from '../../src/operations/index.ts'
import { change, textContent } from './changes.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { inspect, launching, libraryFor, newRun } from './run-programs.ts'

/** A stand-in for etcdctl, which keeps what it is told in a file, and notes its words. */
const etcdctl = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs')
const here = __dirname
const stdin = () => readFileSync(0, 'utf8')
const words = process.argv.slice(2).filter((word) => !/^--(endpoints|dial-timeout|command-timeout)=/.test(word))
if (words[0] === 'endpoint' && !existsSync(here + '/down')) process.exit(0)
appendFileSync(here + '/log', words.join(' ') + '\\n')
if (existsSync(here + '/down')) { console.log('{"level":"warn"}'); console.error('Error: context deadline exceeded'); process.exit(1) }
if (existsSync(here + '/once')) { require('node:fs').rmSync(here + '/once'); console.error('Error: etcdserver: leader changed'); process.exit(1) }
const all = JSON.parse(readFileSync(here + '/state.json', 'utf8'))
const flags = words.filter((word) => /^-/.test(word))
const at = words.indexOf('--')
const rest = at < 0 ? [] : words.slice(at + 1)
const b64 = (text) => Buffer.from(text).toString('base64')
const fail = (text) => { console.error('Error: etcdserver: ' + text); process.exit(1) }
const kvs = (key) => all.keys[key] === undefined ? {} : { kvs: [{ key: b64(key), mod_revision: all.keys[key].revision, value: b64(all.keys[key].value) || undefined }] }
const [first, second] = words
const scanned = () => stdin().split(/\\s/)[0]
if (first === 'txn') {
  const reads = stdin().split('\\n').filter((line) => line !== '').map((line) => JSON.parse(line.replace(/^get -- /, '')))
  console.log(JSON.stringify({ responses: reads.map((key) => ({ Response: { [all.old ? 'ResponseRange' : 'response_range']: kvs(key) } })) }))
} else if (first === 'get') {
  const found = all.keys[rest[0]]
  if (found === undefined) process.exit(0)
  if (words.includes('fields')) console.log('"Key" : ' + JSON.stringify(rest[0]) + '\\n"ModRevision" : ' + found.revision + '\\n"Value" : ' + JSON.stringify(found.value))
  else console.log(found.value)
} else if (first === 'put') {
  all.revision += 1
  const value = rest.length > 1 ? rest[1] : stdin()
  if (rest.length === 1 && value === '') fail('no available argument and stdin')
  all.keys[rest[0]] = { value, revision: all.revision }
  console.log('OK')
} else if (first === 'del') delete all.keys[rest[0]]
else if (second === 'list') for (const name of Object.keys(all[first + 's'])) console.log(name)
else if (first === 'role') {
  const permissions = all.roles[rest[0]]
  const end = (key, to) => flags.includes('--prefix') ? key.slice(0, -1) + String.fromCharCode(key.charCodeAt(key.length - 1) + 1) : flags.includes('--from-key') ? '\\0' : to
  if (second === 'get') console.log(JSON.stringify({ perm: permissions }))
  if (second === 'add') all.roles[rest[0]] = []
  if (second === 'delete') delete all.roles[rest[0]]
  if (second === 'grant-permission') {
    const [, access, key, to] = rest
    const one = { permType: ['read', 'write', 'readwrite'].indexOf(access) || undefined, key: b64(key), range_end: end(key, to) && b64(end(key, to)) }
    all.roles[rest[0]] = [...permissions.filter((own) => own.key !== one.key || own.range_end !== one.range_end), one]
  }
  if (second === 'revoke-permission') {
    const [, key, to] = rest
    const left = permissions.filter((own) => own.key !== b64(key) || own.range_end !== (end(key, to) && b64(end(key, to))))
    if (left.length === permissions.length) fail('permission is not granted to the role')
    all.roles[rest[0]] = left
  }
} else if (first === 'user') {
  const user = all.users[rest[0]]
  if (second === 'get') console.log(JSON.stringify({ roles: user.roles }))
  if (second === 'add') all.users[rest[0]] = { password: flags.includes('--no-password') ? null : scanned(), roles: [] }
  if (second === 'passwd') user.password = scanned()
  if (second === 'delete') delete all.users[rest[0]]
  if (second === 'grant-role') user.roles = [...new Set([...user.roles, rest[1]])]
  if (second === 'revoke-role') { if (!user.roles.includes(rest[1])) fail('role is not granted to the user'); user.roles = user.roles.filter((role) => role !== rest[1]) }
}
writeFileSync(here + '/state.json', JSON.stringify(all))
`

interface State {
  readonly revision: number
  readonly keys: Readonly<Record<string, { readonly value: string; readonly revision: number }>>
  readonly roles: Readonly<Record<string, readonly unknown[]>>
  readonly users: Readonly<
    Record<string, { readonly password: string | null; readonly roles: readonly string[] }>
  >
  /** Whether it names responses as etcd 3.4 does. */
  readonly old?: boolean
}

const nothing: State = { revision: 1, keys: {}, roles: {}, users: {} }
let runs = 0

function prepare(tree: RootTree, state: State): void {
  tree.write('/srv/etcdctl', etcdctl, 0o755)
  tree.write('/srv/state.json', JSON.stringify(state))
  tree.write('/srv/log', '')
}

function stateOf(tree: RootTree): State {
  return JSON.parse(tree.read('/srv/state.json'))
}

const own = (tree: RootTree, object: string) => ({
  object,
  group: 'etcd',
  question: 'members of etcd',
  connection: {
    etcdctl: tree.at('/srv/etcdctl'),
    clientUrls: ['http://192.0.2.10:2379', 'https://192.0.2.10:2379'],
    clientVariables: tree.at('/srv/etcdctl.env'),
  },
})

const key = (tree: RootTree, name: string, text: string, revision?: number) => {
  const content = textContent(text)
  const { sha256, sizeBytes } = content
  return {
    op: 'etcd-key',
    ...own(tree, `etcdKey[etcd:${name}]`),
    ...{ key: name, sha256, sizeBytes, content },
    ...(revision !== undefined && { revision }),
  } as const
}

async function act(tree: RootTree, operations: readonly Operation[], generation?: number): Promise<string> {
  runs += 1
  const bookkeeping =
    generation === undefined ? {} : { bookkeeping: { generation, summary: [], revert: [], records: [] } }
  const changes = operations.map((operation) => change(operation))
  const { stdout } = await tree.run(launching(tree, changes, newRun(`objects${runs}`), bookkeeping))
  return stdout.toString()
}

const probe = (tree: RootTree, type: 'key' | 'role' | 'user', name: string): Probe => {
  const { connection } = own(tree, '')
  return { probe: 'object', name: `${type} ${name}`, type, key: name, connection }
}

const hostile = ['/a b', `/it's "quoted" \\`, '-flag', '$(id)', '/ünï', '--']

test('values arrive as they are, whatever they and their keys have in them, and no process shows them', () =>
  inShellsByTurns(async (tree) => {
    prepare(tree, nothing)
    const values = ['canary', 'two\nlines\n', '', `"' \\ $x`, '\n', 'ünï']
    const answer = await act(
      tree,
      hostile.map((name, index) => key(tree, name, values[index] ?? '', 0)),
    )
    assert.match(answer, `done ${hostile.length - 1}`, answer)
    const { keys } = stateOf(tree)
    assert.equal(
      hostile.map((name) => keys[name]?.value),
      values,
    )
    assert.not.match(tree.read('/srv/log'), 'canary')
    for (const old of [false, true]) {
      tree.write('/srv/state.json', JSON.stringify({ ...stateOf(tree), old }))
      tree.write('/srv/log', '')
      const probes = [...hostile, '/none'].map((name) => probe(tree, 'key', name))
      const { objects } = await inspect(tree, probes)
      assert.equal(
        hostile.map((name) => {
          const fact = objects[`key ${name}`]
          return fact?.type === 'key' ? fact.content : fact
        }),
        values,
      )
      assert.equal(objects['key /none'], { type: 'absent' })
      assert.is(tree.read('/srv/log'), 'txn -w json\n', 'one call')
    }
  }))

test('a key that has changed since the plan is left alone, and one that is right already', () =>
  inShellsByTurns(async (tree) => {
    prepare(tree, { ...nothing, keys: { '/a': { value: 'theirs', revision: 7 } } })
    for (const revision of [0, 6]) {
      const answer = await act(tree, [key(tree, '/a', 'ours', revision)])
      assert.match(answer, 'has changed since this was planned')
    }
    assert.match(await act(tree, [key(tree, '/a', 'theirs', 6)]), 'done 0')
    assert.is(stateOf(tree).keys['/a']?.value, 'theirs')
    assert.match(await act(tree, [key(tree, '/a', 'ours', 7)]), 'done 0')
    assert.is(stateOf(tree).keys['/a']?.value, 'ours')
  }))

test('what an operation replaces or removes comes back by its inverse', () =>
  inShellsByTurns(async (tree) => {
    const keys = { '/a': { value: 'old\n\n', revision: 7 }, '/b': { value: '', revision: 8 } }
    prepare(tree, { ...nothing, revision: 8, keys })
    const remove = { op: 'etcd-remove', ...own(tree, 'key /b'), type: 'key', name: '/b' } as const
    const write = { ...key(tree, '/a', 'new', 7), object: 'key /a' }
    const { objects } = await inspect(tree, [probe(tree, 'key', '/a'), probe(tree, 'key', '/b')])
    assert.match(await act(tree, [write, remove], 1), 'done 1')
    assert.equal(Object.keys(stateOf(tree).keys), ['/a'])
    const before = { paths: {}, units: {}, users: {}, groups: {}, packages: {}, objects }
    const back = [write, remove].flatMap((operation, index) =>
      rulesOf(operation).inverse(operation, before, `generations/1/${index}`),
    )
    const answer = await act(tree, back, 2)
    assert.match(answer, 'done 1', answer)
    const after = stateOf(tree).keys
    assert.equal([after['/a']?.value, after['/b']?.value], ['old\n\n', ''])
  }))

test('roles get and lose permissions, also if a killed run has begun', () =>
  inShellsByTurns(async (tree) => {
    prepare(tree, nothing)
    const permissions = [
      { access: 'read', key: '/p/', prefix: true },
      { access: 'readwrite', key: 'a', to: 'm' },
      { access: 'write', key: '-k' },
      { access: 'read', key: 'z', open: true },
    ] as const
    const role = {
      op: 'etcd-role',
      ...own(tree, 'role app'),
      role: 'app',
      permissions,
      grant: permissions,
    } as const
    const named = [probe(tree, 'role', 'app'), probe(tree, 'role', 'none')]
    for (let round = 0; round < 2; round += 1) {
      assert.match(await act(tree, [{ ...role, revoke: [] }]), 'done 0')
      const { objects } = await inspect(tree, named)
      const expected: ObjectFact = { type: 'role', permissions }
      assert.equal({ ...objects }, { 'role app': expected, 'role none': { type: 'absent' } })
    }
    const [kept, ...revoke] = permissions
    for (let round = 0; round < 2; round += 1)
      assert.match(await act(tree, [{ ...role, permissions: [kept], grant: [], revoke }]), 'done 0')
    assert.equal((await inspect(tree, named)).objects['role app'], { type: 'role', permissions: [kept] })
    const remove = { op: 'etcd-remove', ...own(tree, 'role app'), type: 'role', name: 'app' } as const
    for (let round = 0; round < 2; round += 1) assert.match(await act(tree, [remove]), 'done 0')
    assert.equal(stateOf(tree).roles, {})
  }))

test('users get passwords that no process shows, and roles', () =>
  inShellsByTurns(async (tree) => {
    prepare(tree, nothing)
    const user = { op: 'etcd-user', ...own(tree, 'user web'), user: 'web', roles: ['a', 'b'] } as const
    const password = textContent('canary-1')
    assert.match(await act(tree, [{ ...user, password, grant: ['a', 'b'], revoke: [] }]), 'done 0')
    assert.equal(stateOf(tree).users, { web: { password: 'canary-1', roles: ['a', 'b'] } })
    const other = textContent('canary-2')
    for (let round = 0; round < 2; round += 1)
      assert.match(await act(tree, [{ ...user, password: other, grant: ['c'], revoke: ['a'] }]), 'done 0')
    assert.match(await act(tree, [{ ...user, grant: ['c'], revoke: [] }]), 'done 0')
    assert.equal(stateOf(tree).users, { web: { password: 'canary-2', roles: ['b', 'c'] } })
    const { objects } = await inspect(tree, [probe(tree, 'user', 'web'), probe(tree, 'user', 'none')])
    assert.equal(
      { ...objects },
      {
        'user web': { type: 'user', roles: ['b', 'c'] },
        'user none': { type: 'absent' },
      },
    )
    assert.match(await act(tree, [{ ...user, user: 'cert', grant: [], revoke: [] }]), 'done 0')
    assert.is(stateOf(tree).users.cert?.password, null)
    for (const blank of ['canary 3', 'canary\n']) {
      const answer = await act(tree, [{ ...user, password: textContent(blank), grant: [], revoke: [] }])
      assert.match(answer, 'the password of web is empty or has blanks')
      assert.not.match(answer, 'canary')
    }
    assert.not.match(tree.read('/srv/log'), 'canary')
  }))

test('the undo of an apply passes over a key that was not reached', () =>
  inShellsByTurns(async (tree) => {
    const library = libraryFor(tree.shell)
    tree.write('/srv/generations/1/0', 'old\n')
    const asked = (kept: string) => `is_etcd_key etcdctl urls variables /a '' sum 3 ${kept}; echo $?`
    const lines = [
      `CLUSTER=${tree.at('/srv')}`,
      asked('generations/1/0'),
      asked('generations/1/1'),
      asked("''"),
    ]
    const { stdout } = await tree.run(['{', library.etcd, ...lines, '} </dev/null', ''].join('\n'))
    assert.is(stdout.toString(), '1\n0\n1\n')
  }))

test('who does not answer is asked once, and knows nothing', () =>
  inShellsByTurns(async (tree) => {
    prepare(tree, nothing)
    tree.write('/srv/down', '')
    const probes = [probe(tree, 'key', '/a'), probe(tree, 'role', 'app'), probe(tree, 'user', 'web')]
    const { objects } = await inspect(tree, probes)
    assert.equal({ ...objects }, { 'key /a': null, 'role app': null, 'user web': null })
    assert.is(tree.read('/srv/log'), 'endpoint health\nendpoint health\n', 'at both URLs')
  }))

test('a refusal that passes is tried again', () =>
  inShellsByTurns(async (tree) => {
    prepare(tree, nothing)
    tree.write('/srv/once', '')
    assert.match(await act(tree, [key(tree, '/a', 'text', 0)]), 'done 0')
    assert.is(stateOf(tree).keys['/a']?.value, 'text')
  }))

test.run()
