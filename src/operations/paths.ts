import type { Answers, PathFact, Probe } from '../model/facts.ts'
import type { Operation, Ownership } from '../model/operation.ts'
import { appliedState } from './applied-state.ts'
import { type Before, details, type RulesByOperation, type UndoRank, yesNo } from './operation-rules.ts'

type AtPath = Extract<Operation, { path: string }>
type PathOperation = AtPath['op']

const atPath = {
  subject: ({ path }: AtPath): string => `path ${path}`,
  probes: ({ path }: AtPath): readonly Probe[] => [{ probe: 'path', path }],
  isRepeatable: (): boolean => true,
  outlasts: ({ path }: AtPath, { paths }: Before): boolean => paths[path]?.type === 'other',
  undoRank: (): UndoRank => 3,
  leavesUnsynced: false,
  timeoutSeconds: (): number => 10,
  node: () => undefined,
}

export const pathRules: Pick<RulesByOperation, PathOperation> = {
  write: {
    ...atPath,
    isNeeded: () => true,
    inverse: replaced('remove'),
    stateAfter: (operation) => `file ${owned(operation)} ${operation.content.sha256}`,
    replacesFile: true,
    changesUnitFiles: true,
    words: (operation) =>
      `write ${operation.path}${details(
        ownershipWords(operation),
        operation.sensitive ? 'sensitive' : bytes(operation.content.sizeBytes),
        operation.validate !== undefined && `checked with \`${operation.validate}\``,
      )}`,
    // Contents are staged under their checksum, so equal ones are uploaded once.
    shell: ({ path, content, validate = '', ...ownership }) => [
      'write',
      path,
      content.sha256,
      content.sha256,
      ...ownershipArguments(ownership),
      validate,
    ],
    node: ({ content, mode, sensitive = false }) => ({ type: 'file', content, mode, sensitive }),
  },
  mkdir: {
    ...atPath,
    isNeeded: (operation, facts) => !isOwned(operation, facts, 'directory'),
    inverse: replaced('remove'),
    stateAfter: (operation) => `directory ${owned(operation)}`,
    replacesFile: false,
    changesUnitFiles: false,
    words: (operation) => `create directory ${operation.path}${details(ownershipWords(operation))}`,
    shell: ({ path, ...ownership }) => ['mkdir', path, ...ownershipArguments(ownership)],
    node: ({ mode }) => ({ type: 'directory', mode }),
  },
  attributes: {
    ...atPath,
    isNeeded: (operation, facts) => !isOwned(operation, facts, 'file', 'directory', 'link', 'other'),
    inverse({ path }, { paths }) {
      const before = paths[path]
      if (before?.type !== 'file' && before?.type !== 'directory') return []
      return [{ op: 'attributes', path, ...ownershipOf(before) }]
    },
    stateAfter: ({ mode, owner, group }, before) =>
      before.type === 'file' || before.type === 'directory'
        ? appliedState({ ...before, mode, owner, group })
        : undefined,
    replacesFile: false,
    changesUnitFiles: false,
    words: (operation) => `set ${operation.path} to ${ownershipWords(operation)}`,
    shell: ({ path, ...ownership }) => ['attributes', path, ...ownershipArguments(ownership)],
  },
  link: {
    ...atPath,
    isNeeded({ path, target }, { paths }) {
      const fact = paths[path]
      return fact?.type !== 'link' || fact.target !== target
    },
    inverse: replaced('remove'),
    stateAfter: ({ target }) => `link ${target}`,
    replacesFile: false,
    changesUnitFiles: true,
    words: ({ path, target }) => `link ${path} -> ${target}`,
    shell: ({ path, target }) => ['link', path, target],
    node: ({ target }) => ({ type: 'link', target }),
  },
  remove: {
    ...atPath,
    isNeeded: ({ path }, { paths }) => paths[path]?.type !== 'absent',
    inverse(operation, before, kept) {
      const isTree = operation.recursive && before.paths[operation.path]?.type === 'directory'
      return isTree ? [] : replaced('mkdir')(operation, before, kept)
    },
    outlasts: ({ path, recursive }, { paths }) =>
      paths[path]?.type === 'other' || (recursive && paths[path]?.type === 'directory'),
    undoRank: () => 1,
    stateAfter: () => 'absent',
    replacesFile: true,
    changesUnitFiles: true,
    words: ({ path, recursive }) => `remove ${path}${recursive ? ' and everything in it' : ''}`,
    shell: ({ path, recursive }) => ['remove', path, yesNo(recursive)],
  },
  restore: {
    ...atPath,
    isNeeded(operation, facts) {
      const fact = facts.paths[operation.path]
      return !isOwned(operation, facts, 'file') || fact?.type !== 'file' || fact.sha256 !== operation.sha256
    },
    inverse: replaced('remove'),
    stateAfter: (operation) => `file ${owned(operation)} ${operation.sha256}`,
    replacesFile: true,
    changesUnitFiles: true,
    words: (operation) =>
      `restore ${operation.path}${details(ownershipWords(operation), operation.sensitive && 'sensitive')}`,
    shell: ({ path, kept, sha256, ...ownership }) => [
      'restore',
      path,
      kept,
      sha256,
      ...ownershipArguments(ownership),
    ],
  },
  archive: {
    ...atPath,
    isNeeded: () => true,
    outlasts: ({ path }, { paths }) => paths[path]?.type === 'directory' || paths[path]?.type === 'other',
    inverse(operation, before, kept) {
      const { path } = operation
      // A replaced tree is not kept: the older spec names its archive.
      if (before.paths[path]?.type === 'directory') return []
      if (before.paths[path]?.type === 'absent') return [{ op: 'remove', path, recursive: true }]
      return replaced('remove')(operation, before, kept)
    },
    stateAfter: () => 'directory 0755 root root',
    replacesFile: false,
    changesUnitFiles: false,
    timeoutSeconds: () => 900,
    words: ({ url, path, sha256, strip }) =>
      `extract ${url} to ${path}${details(`sha256 ${sha256.slice(0, 12)}`, strip > 0 && `strip ${strip}`)}`,
    shell: ({ url, sha256, path, strip }) => ['archive', url, sha256, path, String(strip)],
  },
}

/** What restores a path after an operation; a directory was only changed, or must be created again. */
function replaced(directory: 'remove' | 'mkdir') {
  return ({ path }: AtPath, { paths }: Before, kept: string): readonly Operation[] => {
    const before = paths[path]
    switch (before?.type) {
      case 'absent':
        return [{ op: 'remove', path, recursive: false }]
      case 'file':
        return [{ op: 'restore', path, kept, sha256: before.sha256, ...ownershipOf(before) }]
      case 'directory':
        return [{ op: directory === 'mkdir' ? 'mkdir' : 'attributes', path, ...ownershipOf(before) }]
      case 'link':
        return [{ op: 'link', path, target: before.target }]
      default:
        return []
    }
  }
}

/** An id without a name is recorded by its number. */
function ownershipOf({ mode, owner, group, uid, gid }: Extract<PathFact, { mode: string }>): Ownership {
  const named = (name: string, id: number): string => (name === 'UNKNOWN' ? String(id) : name)
  return { mode, owner: named(owner, uid), group: named(group, gid) }
}

function isOwned(
  { path, mode, owner, group }: Ownership & { readonly path: string },
  { paths }: Answers,
  ...types: readonly PathFact['type'][]
): boolean {
  const fact = paths[path]
  if (fact === undefined || fact.type === 'absent' || !types.includes(fact.type)) return false
  const isOwner = fact.owner === owner || String(fact.uid) === owner
  return fact.mode === mode && isOwner && (fact.group === group || String(fact.gid) === group)
}

function owned({ mode, owner, group }: Ownership): string {
  return `${mode} ${owner} ${group}`
}

function ownershipWords({ mode, owner, group }: Ownership): string {
  return `${mode} ${owner}:${group}`
}

function ownershipArguments({ mode, owner, group }: Ownership): readonly string[] {
  return [mode, owner, group]
}

function bytes(sizeBytes: number): string {
  return `${sizeBytes} ${sizeBytes === 1 ? 'byte' : 'bytes'}`
}
