import type { ObjectFact } from '../../src/model/cluster-object.ts'
import type { Facts, GroupFact, PackageFact, PathFact, UnitFact, UserFact } from '../../src/model/facts.ts'
import type { Content } from '../../src/model/operation.ts'
import type { Value } from '../../src/model/value.ts'
import { readPathFact } from './path-states.ts'

/**
 * What is on a host, one line each: `/etc/x: file "text"`, `unit web.service: active enabled`, `package nginx: "1.2"`, `offer nginx: ["1.2"]`,
 * `/srv/a/b: absent 1` (so many directories above it are missing), `absent below a link` (that leads nowhere),
 * `real /var/run/x: /run/x`, `real /srv/app/x: /root/x by others`, `strangers /opt/app/.converge-archive: [data.db]`, `edits /opt/app/.converge-archive: [a]`, `user bob: { uid: 1000 }`, `group web: 33`, `account user web: absent`, `check test -e /x: passes`, `object etcdUser[etcd:web]: { type: user, roles: [app] }`. Accounts, packages and objects may be `absent`.
 */
export type HostLines = Readonly<Record<string, Value>>

type Known = Pick<
  Facts,
  'paths' | 'units' | 'users' | 'groups' | 'accounts' | 'packages' | 'offers' | 'tools' | 'checks' | 'objects'
>

export function readHost(lines: HostLines, wanted: ReadonlyMap<string, Content>): Known {
  const paths: Record<string, PathFact> = {}
  const units: Record<string, UnitFact> = {}
  const users: Record<string, UserFact | null> = {}
  const groups: Record<string, GroupFact | null> = {}
  const packages: Record<string, PackageFact | null> = {}
  const accounts: Record<string, boolean> = {}
  const offers: Record<string, readonly string[] | null> = {}
  const tools: Record<string, boolean> = {}
  const checks: Record<string, boolean> = {}
  const objects: Record<string, ObjectFact | null> = {}
  for (const [line, state] of Object.entries(lines)) {
    const [, what = '', name = ''] = /^(\S+) (.+)$/.exec(line) ?? []
    if (line.startsWith('/')) paths[line] = readPathFact(String(state), wanted.get(line))
    else if (what === 'unit') units[name] = readUnit(String(state))
    else if (what === 'account') accounts[name] = state !== 'absent'
    else if (what === 'user') users[name] = state === 'absent' ? null : readUser(name, state)
    else if (what === 'group') groups[name] = state === 'absent' ? null : readGroup(name, state)
    else if (what === 'package') packages[name] = readPackage(state)
    else if (what === 'offer') offers[name] = Array.isArray(state) ? state.map(String) : null
    else if (what === 'tool' && state === 'absent') tools[name] = false
    else if (what === 'object') objects[name] = state === 'absent' ? { type: 'absent' } : readObject(state)
    else if (what === 'check' && (state === 'passes' || state === 'fails')) checks[name] = state === 'passes'
    else if (what === 'real') {
      const [real = '', by] = String(state).split(' by ')
      const isLedByOthers = by === 'others'
      paths[name] = { ...(paths[name] ?? { type: 'absent' }), real, ...(isLedByOthers && { isLedByOthers }) }
    } else if (what === 'entries' && Array.isArray(state)) {
      const found = paths[name]
      if (found?.type !== 'directory') throw new Error(`there is no directory ${name}`)
      paths[name] = { ...found, entries: state.map(String) }
    } else if ((what === 'strangers' || what === 'edits' || what === 'mounts') && Array.isArray(state)) {
      const stamp = paths[name]
      if (stamp?.type !== 'file') throw new Error(`there is no stamp ${name}`)
      paths[name] = { ...stamp, [what]: state.map(String) }
    } else throw new Error(`not a line about a host: ${line}: ${String(state)}`)
  }
  return { paths, units, users, groups, accounts, packages, offers, tools, checks, objects }
}

function readObject(state: Value): ObjectFact {
  const fact: ObjectFact = JSON.parse(JSON.stringify(state))
  return fact
}

const activeStates = ['active', 'inactive', 'failed', 'activating', 'deactivating', 'reloading']
const fileStates = ['enabled', 'disabled', 'static', 'masked', 'linked', 'enabled-runtime']

/** `inactive disabled` and loaded, unless said otherwise. */
export function readUnit(words: string): UnitFact {
  let fact: UnitFact = { load: 'loaded', active: 'inactive', file: 'disabled', needsReload: false }
  for (const word of words.split(' ')) {
    if (activeStates.includes(word)) fact = { ...fact, active: word }
    else if (fileStates.includes(word)) fact = { ...fact, file: word }
    else if (word === 'not-found') fact = { ...fact, load: word, file: '' }
    else if (word === 'needs-reload') fact = { ...fact, needsReload: true }
    else if (word === 'ends-by-itself') fact = { ...fact, endsByItself: true }
    else if (word === 'cannot-reload') fact = { ...fact, cannotReload: true }
    else if (word === 'crashing') fact = { ...fact, active: 'activating', isCrashing: true }
    else if (word.startsWith('needed-by='))
      fact = { ...fact, dependents: word.slice('needed-by='.length).split(',') }
    else if (word.startsWith('conflicts='))
      fact = { ...fact, conflicts: word.slice('conflicts='.length).split(',') }
    else throw new Error(`not a state of a unit: ${words}`)
  }
  return fact
}

function readPackage(state: Value): PackageFact | null {
  if (state === 'absent') return null
  return typeof state === 'object' ? { version: '1.0', ...state } : { version: String(state) }
}

/** A number, the name of the group with a number, or all of it. */
function readGroup(name: string, state: Value): GroupFact {
  if (typeof state === 'string') return { name: state, gid: Number(name) }
  return typeof state === 'object' ? { gid: 1000, ...state } : { gid: Number(state) }
}

function readUser(name: string, declared: Value): UserFact {
  const usual = {
    uid: 1000,
    gid: 1000,
    comment: '',
    home: `/home/${name}`,
    shell: '/bin/sh',
    groups: [],
    group: name,
  }
  return { ...usual, ...(typeof declared === 'object' ? declared : {}) }
}
