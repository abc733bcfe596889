import { type Answers, type Owned, type PathFact, type Probe, unknownId } from '../model/facts.ts'
import type { Operation, OperationTypes, Ownership, Signature } from '../model/operation.ts'
import { type Before, details, type RulesByOperation, type UndoRank, yesNo } from './operation-rules.ts'

type AtPath = Exclude<Extract<Operation, { path: string }>, { op: 'edit' }>
type PathOperation = AtPath['op']

const atPath = {
  subject: ({ path }: AtPath): string => `path ${path}`,
  probes: ({ path }: AtPath): readonly Probe[] => [{ probe: 'path', path }],
  outlasts: ({ path }: AtPath, { paths }: Before): boolean => paths[path]?.type === 'other',
  undoRank: (): UndoRank => 3,
  leavesUnsynced: false,
  timeoutSeconds: (): number => 10,
  node: () => undefined,
}

const wholeTree = {
  ...atPath,
  isNeeded: () => true,
  outlasts: ({ path }: AtPath, { paths }: Before): boolean =>
    paths[path]?.type === 'directory' || paths[path]?.type === 'other',
  inverse(operation: OperationTypes['archive' | 'checkout'], before: Before, kept: string) {
    const { path } = operation
    // A replaced tree is not kept: the older spec names what was in it.
    if (before.paths[path]?.type === 'directory' && operation.replaces === undefined) return []
    if (before.paths[path]?.type === 'absent') return [{ op: 'remove', path, recursive: true } as const]
    return replaced('remove')(operation, before, kept)
  },
  replacesFile: true,
  changesUnitFiles: false,
  timeoutSeconds: () => 900,
}

export const pathRules: Pick<RulesByOperation, PathOperation> = {
  write: {
    ...atPath,
    isNeeded: () => true,
    inverse: replaced('remove'),
    after: (operation) => at(operation, { ...fileOf(operation.content), ...owned(operation) }),
    replacesFile: true,
    changesUnitFiles: true,
    words: (operation) =>
      `write ${operation.path}${details(
        ownershipWords(operation),
        operation.sensitive ? 'sensitive' : bytes(operation.content.sizeBytes),
        operation.inPlace && 'in place',
        operation.validate !== undefined && `checked with \`${operation.validate}\``,
        placeWords(operation),
      )}`,
    // Contents are staged under their checksum, so equal ones are uploaded once.
    shell: ({ path, content, validate = '', replaces, replaceLink, inPlace, ...ownership }) => [
      'write',
      path,
      content.sha256,
      content.sha256,
      ...ownershipArguments(ownership),
      validate,
      ...placeArguments(replaces ?? (replaceLink ? 'link' : undefined), inPlace),
    ],
    node: ({ content, mode, sensitive = false }) => ({ type: 'file', content, mode, sensitive }),
  },
  mkdir: {
    ...atPath,
    isNeeded: (operation, facts) => !isOwned(operation, facts, 'directory'),
    inverse: replaced('remove'),
    after: (operation) => at(operation, { type: 'directory', ...owned(operation) }),
    replacesFile: true,
    changesUnitFiles: false,
    words: (operation) =>
      `create directory ${operation.path}${details(ownershipWords(operation), placeWords(operation))}`,
    shell: ({ path, replaces, ...ownership }) => [
      'mkdir',
      path,
      ...ownershipArguments(ownership),
      ...wordOf(replaces),
    ],
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
    after(operation, { paths }) {
      const before = paths?.[operation.path]
      if (before?.type !== 'file' && before?.type !== 'directory') return {}
      return at(operation, { ...before, ...owned(operation) })
    },
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
    after: (operation) => at(operation, { type: 'link', target: operation.target, ...owned(rootsOwn) }),
    replacesFile: true,
    changesUnitFiles: true,
    words: (operation) => `link ${operation.path} -> ${operation.target}${details(placeWords(operation))}`,
    shell: ({ path, target, replaces }) => ['link', path, target, ...wordOf(replaces)],
    node: ({ target }) => ({ type: 'link', target }),
  },
  remove: {
    ...atPath,
    probes: ({ path, recursive }) => [
      { probe: 'path', path },
      // No stamp has this sum, so that the answer has what goes with the tree.
      ...(recursive ? [{ probe: 'path', path: stampOf(path), sha256: '-'.repeat(64) } as const] : []),
    ],
    isNeeded: ({ path }, { paths }) => paths[path]?.type !== 'absent',
    inverse(operation, before, kept) {
      const isTree = operation.recursive && before.paths[operation.path]?.type === 'directory'
      return isTree ? [] : replaced('mkdir')(operation, before, kept)
    },
    outlasts: ({ path, recursive }, { paths }) =>
      paths[path]?.type === 'other' || (recursive && paths[path]?.type === 'directory'),
    undoRank: () => 1,
    after: (operation) => at(operation, { type: 'absent' }),
    replacesFile: true,
    changesUnitFiles: true,
    words: ({ path, recursive }) => `remove ${path}${recursive ? ' and everything in it' : ''}`,
    shell: ({ path, recursive, only }) => ['remove', path, yesNo(recursive), ...wordOf(only)],
  },
  restore: {
    ...atPath,
    isNeeded(operation, facts) {
      const fact = facts.paths[operation.path]
      return !isOwned(operation, facts, 'file') || fact?.type !== 'file' || fact.sha256 !== operation.sha256
    },
    inverse: replaced('remove'),
    after: (operation) => at(operation, { ...fileOf(operation), ...owned(operation) }),
    replacesFile: true,
    changesUnitFiles: true,
    words: (operation) =>
      `restore ${operation.path}${details(ownershipWords(operation), operation.sensitive && 'sensitive', operation.inPlace && 'in place', placeWords(operation))}`,
    shell: ({ path, kept, sha256, replaces, inPlace, ...ownership }) => [
      'restore',
      path,
      kept,
      sha256,
      ...ownershipArguments(ownership),
      ...placeArguments(replaces, inPlace),
    ],
  },
  archive: {
    ...wholeTree,
    after: (operation) => at(operation, { type: 'directory', ...owned(rootsOwn) }),
    words: ({ url, path, sha256, strip, signature, replaces }) =>
      `extract ${url} to ${path}${details(`sha256 ${sha256.slice(0, 12)}`, signatureWords(signature), strip > 0 && `strip ${strip}`, placeWords({ replaces }))}`,
    shell: ({ url, sha256, path, strip, signature }) => [
      'archive',
      url,
      sha256,
      path,
      String(strip),
      signatureArgument(signature),
    ],
  },
  download: {
    ...atPath,
    isNeeded: () => true,
    inverse: replaced('remove'),
    after: (operation) => at(operation, { ...fileOf(operation), ...owned(operation) }),
    replacesFile: true,
    changesUnitFiles: true,
    timeoutSeconds: () => 900,
    words: (operation) =>
      `download ${operation.url} to ${operation.path}${details(`sha256 ${operation.sha256.slice(0, 12)}`, signatureWords(operation.signature), ownershipWords(operation), placeWords(operation))}`,
    shell: ({ path, url, sha256, signature, replaces, ...ownership }) => [
      'download',
      path,
      url,
      sha256,
      ...ownershipArguments(ownership),
      signatureArgument(signature),
      ...wordOf(replaces),
    ],
  },
  checkout: {
    ...wholeTree,
    after: (operation) => at(operation, { type: 'directory', ...owned({ ...operation, mode: '0755' }) }),
    words: ({ url, commit, path, owner, group, replaces }) =>
      `check out ${commit.slice(0, 12)} of ${url} to ${path}${details(`${owner}:${group}`, placeWords({ replaces }))}`,
    shell: ({ path, url, commit, owner, group }) => ['checkout', path, url, commit, owner, group],
  },
}

function signatureWords(signature: Signature | undefined): string | undefined {
  return signature && `signed by ${'minisign' in signature ? 'minisign' : 'ssh'}`
}

/** In one argument, as none of its words has a blank. */
function signatureArgument(signature: Signature | undefined): string {
  if (signature === undefined) return ''
  return 'minisign' in signature
    ? `minisign ${signature.url} ${signature.minisign}`
    : `ssh ${signature.url} ${signature.namespace} ${signature.ssh}`
}

/** What an extracted archive has beside its content: the checksum that it was extracted from. */
export function stampOf(tree: string): string {
  return `${tree}/.converge-archive`
}

/** What restores a path after an operation; a directory was only changed, or must be created again. */
function replaced(directory: 'remove' | 'mkdir') {
  return (operation: AtPath, { paths }: Before, kept: string): readonly Operation[] => {
    const { path } = operation
    const before = paths[path]
    const replaces = kindMadeBy(operation)
    switch (before?.type) {
      case 'absent':
        return [{ op: 'remove', path, recursive: false }]
      case 'file': {
        const restore = { op: 'restore', path, kept, sha256: before.sha256, ...ownershipOf(before) } as const
        return [asWritten(inPlaceOf(restore, replaces), operation)]
      }
      case 'directory': {
        const owned = { path, ...ownershipOf(before) }
        // The tree of an archive is not kept: the older spec names its archive.
        if ('replaces' in operation && operation.replaces === 'tree')
          return [{ op: 'remove', path, recursive: false }]
        const isGone = directory === 'mkdir' || (replaces !== undefined && replaces !== 'directory')
        return isGone ? [inPlaceOf({ op: 'mkdir', ...owned }, replaces)] : [{ op: 'attributes', ...owned }]
      }
      case 'link':
        return [inPlaceOf({ op: 'link', path, target: before.target }, replaces)]
      default:
        return []
    }
  }
}

export type Kind = 'file' | 'link' | 'directory' | 'tree'

/** What an operation leaves at its path, if it makes something there. */
export function kindMadeBy({ op }: Operation): Kind | undefined {
  const kinds: { readonly [Op in Operation['op']]?: Kind } = {
    write: 'file',
    restore: 'file',
    link: 'link',
    mkdir: 'directory',
    archive: 'tree',
    download: 'file',
    checkout: 'tree',
  }
  return kinds[op]
}

/** The operation where something of this kind is in its place. */
export function inPlaceOf(operation: Operation, kind: Kind | undefined): Operation {
  switch (operation.op) {
    case 'write':
    case 'restore':
    case 'link':
    case 'mkdir':
    case 'archive':
    case 'download':
    case 'checkout': {
      const { replaces: _, ...plain } = operation
      return kind === undefined || kind === kindMadeBy(operation) ? plain : { ...plain, replaces: kind }
    }
    default:
      return operation
  }
}

/** The undo of a write puts content back as that put its own there. */
export function asWritten(undo: Operation, operation: Operation): Operation {
  if (undo.op !== 'restore') return undo
  const { inPlace: _, ...plain } = undo
  const isInPlace = (operation.op === 'write' || operation.op === 'restore') && operation.inPlace === true
  return isInPlace ? { ...plain, inPlace: true } : plain
}

function placeWords({ replaces }: { readonly replaces?: Kind | undefined }): string | undefined {
  return replaces && `in place of the ${replaces === 'tree' ? 'directory and everything in it' : replaces}`
}

/** What makes way, then whether a file stays the same one. */
function placeArguments(replaces: Kind | undefined, inPlace = false): readonly string[] {
  return inPlace ? [replaces ?? '', 'in-place'] : wordOf(replaces)
}

function wordOf(word: string | undefined): readonly string[] {
  return word === undefined ? [] : [word]
}

/** An id without a name is recorded by its number. */
export function ownershipOf({
  mode,
  owner,
  group,
  uid,
  gid,
}: Extract<PathFact, { mode: string }>): Ownership {
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

function at({ path }: AtPath, fact: PathFact): Partial<Answers> {
  return { paths: { [path]: fact } }
}

function fileOf({ sha256, sizeBytes = 0 }: { readonly sha256: string; readonly sizeBytes?: number }) {
  return { type: 'file', sha256, sizeBytes } as const
}

const rootsOwn = { mode: '0755', owner: 'root', group: 'root' }

function owned({ mode, owner, group }: Ownership): Owned {
  return { mode, owner, group, uid: idOf(owner), gid: idOf(group) }
}

function idOf(account: string): number {
  if (account === 'root') return 0
  return /^\d+$/.test(account) ? Number(account) : unknownId
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
