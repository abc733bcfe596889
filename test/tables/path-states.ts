import type { PathFact } from '../../src/model/facts.ts'
import type { Content } from '../../src/model/operation.ts'
import { appliedState } from '../../src/operations/applied-state.ts'
import { contentOf, quotedText } from './texts.ts'

/** What is at a path, as a case says it: `file 0600 bob:bob "text"`. */
interface Said {
  readonly type: string
  readonly mode: string
  readonly owner: string
  readonly group: string
  /** The target of a link, the content of a file. */
  readonly rest: string
}

const accounts: Readonly<Record<string, number>> = { root: 0, web: 33, bob: 1000 }
const usualModes: Readonly<Record<string, string>> = { file: '0644', directory: '0755', link: '0777' }

/** Reads what a host answers for a path. `wanted` is what the spec declares there: `file` alone has that content. */
export function readPathFact(words: string, wanted: Content | undefined): PathFact {
  const { type, mode, owner, group, rest } = read(words)
  const owned = { mode, ...account(owner, group) }
  switch (type) {
    case 'absent':
      if (rest === 'blocked') return { type, blockedBy: 'other' }
      if (rest === 'below a link') return { type, blockedBy: 'link' }
      return rest === '' ? { type } : { type, missingAbove: Number(rest) }
    case 'link':
      return { type, target: rest, ...owned }
    case 'directory':
    case 'other':
      return { type, ...owned }
    case 'file': {
      const isMount = rest.startsWith('mounted')
      const text = rest.replace(/^mounted\s*/, '')
      const { sha256, sizeBytes, data } = contentIn(text, wanted, words)
      const shown = wanted?.sha256 === sha256 ? {} : { content: data }
      return { type, sizeBytes, sha256, ...(isMount && { isMount }), ...owned, ...shown }
    }
    default:
      throw new Error(`not a state of a path: ${words}`)
  }
}

/** Reads a state as the manifest has it. */
export function readAppliedState(words: string, wanted: Content | undefined): string {
  const { type, mode, owner, group, rest } = read(words)
  if (type === 'link') return `link ${rest}`
  if (type === 'absent' || type === 'other') return type
  const content = type === 'file' ? ` ${contentIn(rest, wanted, words).sha256}` : ''
  return `${type} ${mode} ${owner} ${group}${content}`
}

/** A state of the manifest as a case says it; what is usual is left out. */
export function stateWords(state: string, wanted: Content | undefined): string {
  if (state.startsWith('link ')) return state.replace('link ', 'link -> ')
  const [type = '', mode, owner, group, sha256] = state.split(' ')
  return [
    type,
    ...ownershipWords({ mode, owner, group }, usualModes[type]),
    ...(sha256 === undefined || sha256 === wanted?.sha256 ? [] : [quotedText(sha256)]),
  ].join(' ')
}

export function pathFactWords(fact: PathFact, wanted: Content | undefined): string {
  return stateWords(appliedState(fact), wanted)
}

/** `0600 bob:bob`, without what is usual. */
export function ownershipWords(
  {
    mode,
    owner,
    group,
  }: {
    readonly mode?: string | undefined
    readonly owner?: string | undefined
    readonly group?: string | undefined
  },
  usualMode: string | undefined,
): readonly string[] {
  const own = owner === undefined || (owner === 'root' && group === 'root') ? [] : [`${owner}:${group}`]
  return [...(mode === undefined || mode === usualMode ? [] : [mode]), ...own]
}

/** Mode and owner at the beginning of a rest, if they are said. */
export function readOwnership(rest: string, usualMode: string) {
  const [, mode = usualMode, owner = 'root', group = 'root', after = ''] =
    /^(?:([0-7]{4})(?:\s+|$))?(?:([\w-]+):([\w-]+)(?:\s+|$))?(.*)$/s.exec(rest) ?? []
  return { mode, owner, group, after }
}

/** A text in quotes, as JSON has it. */
export function readText(quoted: string): string {
  const text: unknown = JSON.parse(quoted)
  if (typeof text !== 'string') throw new Error(`not a text: ${quoted}`)
  return text
}

function read(words: string): Said {
  const [, type = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(words) ?? []
  const usualMode = usualModes[type] ?? '0600'
  if (type === 'link') {
    const [, target = ''] = /^-> (.+)$/s.exec(rest) ?? []
    return { type, mode: usualMode, owner: 'root', group: 'root', rest: target }
  }
  const { after, ...owned } = readOwnership(rest, usualMode)
  if (after !== '' && type !== 'file' && type !== 'absent') throw new Error(`not a state of a path: ${words}`)
  return { type, ...owned, rest: after }
}

function contentIn(rest: string, wanted: Content | undefined, words: string): Content {
  if (rest !== '') return contentOf(readText(rest))
  if (wanted === undefined) throw new Error(`"${words}" has no text, and nothing is declared there`)
  return wanted
}

/** An owner by a number has no name on the host. */
function account(owner: string, group: string) {
  const id = (name: string): number => accounts[name] ?? Number(name)
  const name = (word: string): string => (/^\d+$/.test(word) ? 'UNKNOWN' : word)
  if (Number.isNaN(id(owner) + id(group))) throw new Error(`no number is known for ${owner}:${group}`)
  return { owner: name(owner), group: name(group), uid: id(owner), gid: id(group) }
}
