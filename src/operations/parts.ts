import { hash } from 'node:crypto'
import {
  editText,
  isFoundIn,
  type Part,
  partIn,
  partLabel,
  shareLine,
  undonePart,
} from '../model/edit-text.ts'
import { type Answers, type PathFact, unknownId } from '../model/facts.ts'
import type { Content, Operation, OperationTypes } from '../model/operation.ts'
import { masked, type SecretSpan } from '../model/secret-spans.ts'
import { details, type OperationRules } from './operation-rules.ts'

type Edit = OperationTypes['edit']

/** The operation on a part of a file that others own. Its undo puts back only the part. */
export const partRules: { readonly edit: OperationRules<Edit> } = {
  edit: {
    subject: (operation) => `part ${partKey(operation)}`,
    // No content has this sum, so that the answer has it.
    probes: ({ path }) => [{ probe: 'path', path, sha256: '' }],
    isNeeded(operation, { paths }) {
      const live = paths[operation.path]
      if (live === undefined || live.type === 'absent') return puts(operation)
      const state = stateIn(live, operation.part)
      return state === undefined || state !== wantedState(operation)
    },
    inverse(operation, { paths }, kept) {
      const { path, part } = operation
      const before = paths[path]
      if (before?.type === 'absent')
        return puts(operation) ? [{ op: 'edit', path, part: undonePart('', part), emptyGoes: true }] : []
      const state = before && stateIn(before, part)
      if (state === undefined || before?.type !== 'file') return []
      if (state === 'absent')
        return puts(operation) ? [{ op: 'edit', path, part: undonePart(before.content ?? '', part) }] : []
      const { mode, owner, group, uid, gid } = before
      const newFile = {
        mode,
        owner: owner === 'UNKNOWN' ? String(uid) : owner,
        group: group === 'UNKNOWN' ? String(gid) : group,
      }
      return [{ op: 'edit', path, part, kept, sha256: state, newFile }]
    },
    outlasts: () => false,
    undoRank: (operation) => (puts(operation) ? 3 : 1),
    after(operation, { paths }) {
      const { path } = operation
      const before = paths?.[path]
      const fact = before && factAfter(operation, before)
      return fact === undefined ? {} : { paths: { [path]: fact } }
    },
    replacesFile: true,
    changesUnitFiles: true,
    leavesUnsynced: false,
    timeoutSeconds: () => 10,
    words: (operation) =>
      `${verbOf(operation)} ${operation.path}${details(
        `\`${partLabel(operation.part)}\``,
        operation.sensitive && 'sensitive',
        operation.validate !== undefined && `checked with \`${operation.validate}\``,
      )}`,
    shell: ({ path, part, content, kept = '', sha256 = '', emptyGoes, newFile, validate = '' }) => [
      'edit',
      path,
      content === undefined ? kept : content.sha256,
      content === undefined ? sha256 : 'staged',
      newFile?.mode ?? '',
      newFile?.owner ?? '',
      newFile?.group ?? '',
      validate,
      emptyGoes ? 'empty-goes' : '',
      ...shellWords(part),
    ],
    node({ part, content, newFile, sensitive = false }) {
      if (content === undefined) return undefined
      return {
        type: 'file',
        content: withPart(empty, part, content),
        mode: newFile?.mode ?? '0644',
        sensitive,
      }
    },
  },
}

/** By what the part is told from others: where it is, and how it begins. */
export function partKey({ path, part }: Pick<Edit, 'path' | 'part'>): string {
  return `${path}: ${partLabel(part)}`
}

/** What an edit finds of its part: the checksum of what is in it, or `absent`; undefined if that is not known. */
export function partState(
  { part, path }: Pick<Edit, 'path' | 'part'>,
  { paths }: Partial<Answers>,
): string | undefined {
  const live = paths?.[path]
  return live && stateIn(live, part)
}

/** Whether an edit of the spec is of the line that another one, which leaves, would undo: the undo then goes on with it. */
export function takesOver(
  { path, part, content }: Edit,
  left: Pick<Edit, 'path' | 'part'>,
  { paths }: Partial<Answers>,
): boolean {
  if (path !== left.path || part.kind === undefined || left.part.kind === undefined) return false
  const live = paths?.[path]
  if (live?.type === 'file' && typeof live.content === 'string' && shareLine(live.content, part, left.part))
    return true
  const isGone = live !== undefined && stateIn(live, left.part) === 'absent'
  return isGone && content !== undefined && isFoundIn(left.part, part, content.data)
}

/**
 * The undo of a part beside those of others: what converge made around one of them, the file or the section, leaves with
 * the last one that is in it.
 */
export function withMade(undo: Operation, others: readonly Operation[]): Operation {
  if (!isEdit(undo) || undo.kept !== undefined) return undo
  const { path, part } = undo
  const beside = others.filter(isEdit).filter((one) => one.path === path)
  const isFileMade = beside.some(({ emptyGoes }) => emptyGoes)
  const isSectionMade =
    part.kind === 'setting' &&
    beside.some(
      (one) => one.part.kind === 'setting' && one.part.sectionGoes && one.part.section === part.section,
    )
  return {
    ...undo,
    ...(isFileMade && { emptyGoes: true }),
    ...(isSectionMade && { part: { ...part, sectionGoes: true } }),
  }
}

/** What an edit leaves of its part. */
export function wantedState({ content, sha256 }: Edit): string {
  return content?.sha256 ?? sha256 ?? 'absent'
}

/** The text of a file with the part as an operation leaves it; undefined if that is not known. */
export function textAfter(operation: Edit, before: PathFact): string | undefined {
  const { part, content, kept } = operation
  const text = before.type === 'absent' ? '' : before.type === 'file' ? before.content : undefined
  if (typeof text !== 'string' || (kept !== undefined && content === undefined)) return undefined
  const edited = editText(text, part, content?.data)
  return 'text' in edited ? edited.text : undefined
}

function factAfter(operation: Edit, before: PathFact): PathFact | undefined {
  const text = textAfter(operation, before)
  if (text === undefined) return undefined
  if (before.type === 'absent' && !puts(operation)) return before
  if (text === '' && operation.emptyGoes) return { type: 'absent' }
  const { mode, owner, group } = operation.newFile ?? { mode: '0644', owner: 'root', group: 'root' }
  const owned =
    before.type === 'file'
      ? before
      : { type: 'file' as const, mode, owner, group, uid: idOf(owner), gid: idOf(group) }
  return { ...owned, content: text, sha256: hash('sha256', text), sizeBytes: Buffer.byteLength(text) }
}

function idOf(account: string): number {
  if (account === 'root') return 0
  return /^\d+$/.test(account) ? Number(account) : unknownId
}

function stateIn(live: PathFact, part: Part): string | undefined {
  if (live.type === 'absent') return 'absent'
  if (live.type !== 'file' || typeof live.content !== 'string') return undefined
  const inside = partIn(live.content, part)
  if ('problem' in inside) return undefined
  return inside.found === undefined ? 'absent' : hash('sha256', inside.found)
}

/** Whether the part is there after it. */
function puts({ content, kept }: Edit): boolean {
  return content !== undefined || kept !== undefined
}

function verbOf(operation: Edit): string {
  if (operation.content !== undefined) return 'put a part into'
  return operation.kept === undefined ? 'remove a part from' : 'put back a part of'
}

/** How the host library is told of a part. */
function shellWords(part: Part): readonly [kind: string, string, string, string, string] {
  if (part.kind === undefined) return ['block', part.at, part.begin, part.end, '']
  switch (part.kind) {
    case 'line':
      return ['line', part.at, part.text, part.match, '']
    case 'setting':
      return ['setting', part.section ?? '', part.key, part.separator, part.sectionGoes ? 'goes' : '']
  }
}

/** A content with this part in it, both text; as it is if nobody can tell where that belongs. */
export function withPart(whole: Content, part: Part, content: Content): Content {
  const secrets = [...(whole.secrets ?? []), ...(content.secrets ?? [])]
  const texts: string[] = []
  // Neither has a NUL, as text.
  const marked = ({ data, secrets: spans = [] }: Content): string =>
    masked(data, spans, (_, secret) => `\0${texts.push(secret) - 1}\0`)
  const edited = editText(marked(whole), part, marked(content))
  if ('problem' in edited) return whole
  const spans: SecretSpan[] = []
  let data = ''
  for (const [index, piece] of edited.text.split('\0').entries()) {
    const secret = index % 2 === 1 ? secrets[Number(piece)] : undefined
    if (secret !== undefined) spans.push({ ...secret, at: data.length })
    data += secret === undefined ? piece : texts[Number(piece)]
  }
  return { ...plain(data), ...(spans.length > 0 && { secrets: spans }) }
}

const empty = plain('')

function plain(data: string): Content {
  return { encoding: 'utf8', data, sha256: hash('sha256', data), sizeBytes: Buffer.byteLength(data) }
}

/** Whether an operation changes a part of a file, and not what is at a path. */
export function isEdit(operation: Operation): operation is Edit {
  return operation.op === 'edit'
}
