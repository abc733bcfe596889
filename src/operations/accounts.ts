import { type GroupFact, type UserFact, unknownId } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { OperationTypes } from '../model/operation.ts'
import { details, hasNoPath, type RulesByOperation, yesNo } from './operation-rules.ts'

const userRules = {
  ...hasNoPath,
  subject: ({ name }: { readonly name: string }) => `user ${name}`,
  probes: ({ name }: { readonly name: string }) => [{ probe: 'user', name }] as const,
  timeoutSeconds: () => 10,
}

const groupRules = {
  ...hasNoPath,
  subject: ({ name }: { readonly name: string }) => `group ${name}`,
  probes: ({ name }: { readonly name: string }) => [{ probe: 'group', name }] as const,
  timeoutSeconds: () => 10,
}

export const accountRules: Pick<RulesByOperation, 'user' | 'group' | 'remove-user' | 'remove-group'> = {
  user: {
    ...userRules,
    isNeeded: (operation, { users }) => {
      const found = users[operation.name]
      return found === null || (found !== undefined && changedFields(operation, found) !== undefined)
    },
    inverse(operation, { users, groups }) {
      const { name, prune, group } = operation
      const before = users[name]
      const keepsGroup = group === name || (groups[name] ?? null) !== null
      if (before === null)
        return prune === true ? [{ op: 'remove-user', name, ...(keepsGroup && { keepsGroup }) }] : []
      const fields = before && changedFields(operation, before)
      return fields === undefined ? [] : [{ op: 'user', name, system: false, createHome: false, ...fields }]
    },
    outlasts: ({ name, prune }, { users }) => prune !== true && users[name] === null,
    after({ name, uid, group, groups, home, shell, comment }, before) {
      const found: UserFact = {
        ...newUser(name),
        ...before.users?.[name],
        ...given({ uid, group, groups, home, shell, comment }),
      }
      const own: Readonly<Record<string, GroupFact>> =
        group === undefined ? { [name]: before.groups?.[name] ?? { gid: unknownId } } : {}
      return {
        users: { [name]: found, ...(uid !== undefined && { [uid]: { ...found, name } }) },
        groups: own,
      }
    },
    undoRank: () => 2,
    leavesUnsynced: false,
    words: (operation, facts) =>
      `${verb(facts?.users[operation.name])} user ${operation.name}${userDetails(operation)}`,
    shell({ name, system, createHome, uid, group, groups, home, shell, comment }) {
      const declared = [uid?.toString(), group, groups?.toSorted().join(','), home, shell, comment]
      return ['user', name, yesNo(system), yesNo(createHome), ...declared.map((value) => value ?? ':')]
    },
  },
  'remove-user': {
    ...userRules,
    // No home is empty, so that a process that runs as the user is asked for.
    probes: ({ name }) => [{ probe: 'user', name, home: '' }],
    isNeeded: ({ name }, { users }) => users[name] !== null,
    /** The account with its old numbers, so that it owns its files again; its home was kept. */
    inverse({ name }, { users }) {
      const before = users[name] ?? undefined
      if (before === undefined) return []
      const { uid, gid, group, groups, home, shell, comment } = before
      return [
        {
          op: 'user',
          ...{ name, uid, group, groups, home, shell, comment },
          ...{ system: false, createHome: false, prune: true },
        },
        // The system's tools remove a group together with its user. The last operation of an undo comes first.
        { op: 'group', name: group, gid, system: false },
      ]
    },
    undoRank: () => 4,
    after: ({ name }) => ({ users: { [name]: null } }),
    leavesUnsynced: true,
    words: ({ name }) => `remove user ${name}`,
    shell: ({ name, keepsGroup }) => ['remove_user', name, ...(keepsGroup === true ? ['keep-group'] : [])],
  },
  group: {
    ...groupRules,
    isNeeded: ({ name, gid }, { groups }) => {
      const found = groups[name]
      return found === null || (found !== undefined && gid !== undefined && gid !== found.gid)
    },
    inverse({ name, gid, prune }, { groups }) {
      const before = groups[name]
      if (before === null) return prune === true ? [{ op: 'remove-group', name }] : []
      const isOther = before !== undefined && gid !== undefined && gid !== before.gid
      return isOther ? [{ op: 'group', name, gid: before.gid, system: false }] : []
    },
    outlasts: ({ name, prune }, { groups }) => prune !== true && groups[name] === null,
    after({ name, gid }, before) {
      const found = { gid: unknownId, ...before.groups?.[name], ...given({ gid }) }
      return { groups: { [name]: found, ...(gid !== undefined && { [gid]: { ...found, name } }) } }
    },
    undoRank: () => 2,
    leavesUnsynced: false,
    words: ({ name, gid, system }, facts) =>
      `${verb(facts?.groups[name])} group ${name}${details(gid !== undefined && `gid ${gid}`, system && 'system')}`,
    shell: ({ name, gid, system }) => ['group', name, String(gid ?? ''), yesNo(system)],
  },
  'remove-group': {
    ...groupRules,
    isNeeded: ({ name }, { groups }) => groups[name] !== null,
    inverse({ name }, { groups }) {
      const before = groups[name] ?? undefined
      return before === undefined ? [] : [{ op: 'group', name, gid: before.gid, system: false, prune: true }]
    },
    undoRank: () => 4,
    after: ({ name }) => ({ groups: { [name]: null } }),
    leavesUnsynced: true,
    words: ({ name }) => `remove group ${name}`,
    shell: ({ name }) => ['remove_group', name],
  },
}

/** As the system's tools make it. */
function newUser(name: string): UserFact {
  return {
    uid: unknownId,
    gid: unknownId,
    comment: '',
    home: `/home/${name}`,
    shell: '',
    groups: [],
    group: name,
  }
}

type UserFields = Partial<Pick<UserFact, 'uid' | 'group' | 'groups' | 'home' | 'shell' | 'comment'>>

/** What the account has instead of what the operation sets; undefined if it has all of that. */
function changedFields(user: OperationTypes['user'], found: UserFact): UserFields | undefined {
  const keys = ['uid', 'group', 'groups', 'home', 'shell', 'comment'] as const
  const text = (value: unknown): string => (Array.isArray(value) ? value.toSorted().join(' ') : String(value))
  const changed = keys.filter((key) => user[key] !== undefined && text(user[key]) !== text(found[key]))
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map((key) => [key, found[key]]))
}

function verb(fact: object | null | undefined): string {
  if (fact === undefined) return 'set'
  return fact === null ? 'create' : 'change'
}

function userDetails(user: OperationTypes['user']): string {
  const { uid, group, groups = [], home, shell, comment, system, createHome } = user
  return details(
    uid !== undefined && `uid ${uid}`,
    group !== undefined && `group ${group}`,
    groups.length > 0 && `groups ${groups.join(' ')}`,
    home !== undefined && `home ${home}`,
    shell !== undefined && `shell ${shell}`,
    comment !== undefined && `comment "${comment}"`,
    system && 'system',
    createHome && 'home is created',
  )
}
