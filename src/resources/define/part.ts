import { Type } from 'typebox'
import { editText, largestEdited, type Part, partIn, partLabel } from '../../model/edit-text.ts'
import { ResourceConflict } from '../../model/errors.ts'
import type { Facts, PathFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Content, Ownership } from '../../model/operation.ts'
import type { ResourceId, Step } from '../../model/resource.ts'
import { ShellCommand } from '../../model/schema.ts'
import { inTheWay, type Self } from './define-resource.ts'
import { pathFact } from './facts-of.ts'
import { accountProbes, ancestorClaims, ownerClaims } from './ownership.ts'
import { AccountNameOrId, Mode, used, yesOrNo } from './schema-types.ts'

/** What every kind of part takes besides what makes it. */
export const partFields = {
  mode: Type.Optional(used('of a new file; one that is there keeps its own', Mode)),
  owner: Type.Optional(used('of a new file', AccountNameOrId)),
  group: Type.Optional(used('of a new file', AccountNameOrId)),
  validate: Type.Optional(
    used(
      'it must accept the whole new file before that goes live; {} is the path of the staged file',
      ShellCommand,
    ),
  ),
  sensitive: yesOrNo('true keeps the file out of diffs'),
}

export const newFileDefaults = { mode: '0644', owner: 'root', group: 'root' }
export const secretFileDefaults = { mode: '0600' }

export interface WantedPart extends Partial<Ownership> {
  readonly path: string
  readonly part: Part
  /** Without content the part is not to be there. */
  readonly content?: Content
  readonly validate?: string | undefined
  readonly sensitive?: boolean | undefined
}

/** The behavior of a resource that owns a part of a file, and neither the rest nor its owner and mode. */
export function partBehavior(wanted: WantedPart, { id }: Self) {
  const { path, part } = wanted
  const { mode, owner, group } = { ...newFileDefaults, ...wanted }
  const newFile = { mode, owner, group }
  const content = wanted.sensitive === true ? withoutSpans(wanted.content) : wanted.content
  const isSensitive = wanted.sensitive === true || content?.secrets !== undefined
  return {
    claims: [{ kind: 'part', key: `${path}: ${partLabel(part)}`, in: path } as const],
    follows: () => [...ancestorClaims(path), ...(content === undefined ? [] : ownerClaims(newFile))],
    isSensitive,
    probes: [
      // No content has this sum, so that the answer has what is there.
      { probe: 'path', path, sha256: '' } as const,
      ...(content === undefined ? [] : accountProbes(owner, group)),
    ],
    steps(facts: Facts): readonly Step[] {
      const reason = whyChange(id, { path, part, ...given({ content }) }, facts)
      if (reason === undefined) return []
      const operation = {
        op: 'edit',
        path,
        part,
        ...(content !== undefined && { content, newFile }),
        ...given({ validate: wanted.validate, sensitive: isSensitive ? (true as const) : undefined }),
      } as const
      return [{ operation, reason, expects: [path] }]
    },
  }
}

/** What is sensitive as a whole has no diff. */
function withoutSpans(content: Content | undefined): Content | undefined {
  if (content === undefined) return undefined
  const { secrets: _, ...whole } = content
  return whole
}

/** In words; undefined if the part is as wanted. Throws a ResourceConflict for a file that has no such parts. */
function whyChange(id: ResourceId, { path, part, content }: WantedPart, facts: Facts): string | undefined {
  const found = pathFact(facts, path)
  const isWanted = content !== undefined
  if (found.type === 'absent') {
    if (isWanted) {
      refuseLarge(id, path, editText('', part, content.data))
      return 'the file will be created with the part'
    }
    return facts.isUnknown === true ? 'the part will be removed' : undefined
  }
  const text = textIn(id, path, found)
  const inside = partIn(text, part)
  if ('problem' in inside) throw unclear(id, path, part, inside.problem)
  if (inside.found === content?.data) return undefined
  const edited = editText(text, part, content?.data)
  if ('problem' in edited) throw unclear(id, path, part, edited.problem)
  if (edited.text === text) return undefined
  if (!isWanted) return 'the part will be removed'
  refuseLarge(id, path, edited)
  return inside.found === undefined ? 'the part will be added' : 'the part will change'
}

/** Nobody can tell which lines are meant. */
function unclear(id: ResourceId, path: string, { kind }: Part, problem: string): ResourceConflict {
  const hints = {
    block: 'put these lines right in the file, or remove both',
    line: 'leave one of them in the file, or let startsWith tell them apart',
    setting: 'leave one line that sets it in the file',
  }
  return new ResourceConflict(id, `${path}: ${problem}`, hints[kind ?? 'block'])
}

/** What is too large could never be changed again. */
function refuseLarge(id: ResourceId, path: string, edited: ReturnType<typeof editText>): void {
  if ('text' in edited && Buffer.byteLength(edited.text) > largestEdited)
    throw new ResourceConflict(
      id,
      `${path} would be larger than ${largestEdited / 1024} KiB with it, and converge changes parts of smaller files only`,
      'choose another path, or own the whole file',
    )
}

function textIn(id: ResourceId, path: string, found: Exclude<PathFact, { type: 'absent' }>): string {
  switch (found.type) {
    case 'directory':
      throw inTheWay(id, `a directory is in the way at ${path}`)
    case 'link':
      throw new ResourceConflict(
        id,
        `a symbolic link to ${found.target} is at ${path}`,
        'declare the part of the file that it leads to',
      )
    case 'other':
      throw inTheWay(id, `something that is not a regular file is at ${path}`)
    case 'file':
      if (found.content === null)
        throw new ResourceConflict(id, `${path} is not text in UTF-8`, 'choose another path')
      if (found.content === undefined)
        throw new ResourceConflict(
          id,
          `${path} is larger than ${largestEdited / 1024} KiB, and converge changes parts of smaller files only`,
          'choose another path, or own the whole file',
        )
      return found.content
  }
}
