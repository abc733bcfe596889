import { type Static, Type } from 'typebox'
import { ResourceConflict } from '../model/errors.ts'
import type { Facts, PathFact } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { Content, OperationTypes, Ownership } from '../model/operation.ts'
import type { ResourceId, Step } from '../model/resource.ts'
import { ShellCommand } from '../model/schema.ts'
import { removalSteps } from './define/absent.ts'
import { base64Content, fileContent, textContent } from './define/content.ts'
import { defineResource, inTheWay, invalid, type Self } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { accountProbes, ancestorClaims, attributeChanges, ownerClaims } from './define/ownership.ts'
import {
  AccountNameOrId,
  absent,
  Mode,
  NormalPath,
  secretText,
  used,
  yesOrNo,
} from './define/schema-types.ts'

/** What compile makes of a large `source`. */
const LargeContent = Type.Object({
  sha256: Type.String(),
  sizeBytes: Type.Integer(),
})

const FileSchema = Type.Object({
  path: NormalPath,
  absent,
  content: Type.Optional(secretText({ description: 'text; the content of the file' })),
  contentBase64: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9+/]*={0,2}$',
      description: 'base64; the bytes of the file',
    }),
  ),
  largeFile: Type.Optional(LargeContent),
  mode: Type.Optional(used('"0600" by default if there is a secret in it', Mode)),
  owner: Type.Optional(AccountNameOrId),
  group: Type.Optional(AccountNameOrId),
  validate: Type.Optional(
    used(
      'it must accept the new content before that goes live; {} is the path of the staged file',
      ShellCommand,
    ),
  ),
  sensitive: yesOrNo('true keeps its content out of diffs and messages'),
  until: Type.Optional(
    used(
      'the file is wanted only while this does not exist; it is removed at the end of the run in which it appears, which notifies nothing',
      NormalPath,
    ),
  ),
  replaceLink: yesOrNo(
    'true replaces a symbolic link that is at the path, such as that of systemd-resolved at /etc/resolv.conf; prune and rollback bring the link back',
  ),
  inPlace: yesOrNo(
    'true writes into a file that is there instead of replacing it, so that it stays the same file; this is not atomic',
  ),
})

const DEFAULTS = { mode: '0644', owner: 'root', group: 'root' }

type File = Static<typeof FileSchema> & typeof DEFAULTS

/** A regular file with exactly this content. With `until` it is removed at the end of the run in which that appears. */
export const { resource: file, kind: fileKind } = defineResource({
  kind: 'file',
  schema: FileSchema,
  defaults: DEFAULTS,
  secretDefaults: { mode: '0600' },
  contentFromFiles: true,
  name: ({ path }) => path,
  absent: {
    allows: ['sensitive'],
    behave: ({ path, sensitive }, { id }) => ({
      claims: [{ kind: 'path', key: path }],
      follows: () => ancestorClaims(path),
      isSensitive: sensitive ?? false,
      // No content has this sum, so that the answer has what is removed.
      probes: [{ probe: 'path', path, ...(sensitive !== true && { sha256: '' }) }],
      steps: (facts) => removalSteps(id, { path, only: 'file', sensitive }, facts),
    }),
  },
  behave(desired, self) {
    const { path, until } = desired
    const { secrets, ...whole } = contentOf(desired, self)
    const sensitive = desired.sensitive === true || secrets !== undefined
    // What is sensitive as a whole has no diff.
    const content = secrets === undefined || desired.sensitive === true ? whole : { ...whole, secrets }
    const wanted = sensitive ? { ...desired, sensitive } : desired
    return {
      claims: [{ kind: 'path', key: path }],
      follows: () => [...ancestorClaims(path), ...ownerClaims(desired)],
      isSensitive: sensitive,
      probes: [
        { probe: 'path', path, sha256: content.sha256 },
        ...accountProbes(desired.owner, desired.group),
        ...(until === undefined ? [] : [{ probe: 'path', path: until } as const]),
      ],
      steps(facts) {
        const found = pathFact(facts, path)
        if (found.type !== 'link' || desired.replaceLink !== true) refuseOther(self.id, path, found)
        if (until === undefined) return fileSteps(wanted, content, facts, found)
        if ((facts.paths[until]?.type ?? 'absent') !== 'absent') return removals(wanted, until, found)
        const writing = fileSteps(wanted, content, facts, found)
        return [
          ...writing.map((step) => ({ ...step, guard: { absent: until } })),
          ...laterRemoval(wanted, until, facts),
        ]
      },
    }
  },
})

function contentOf({ content, contentBase64, largeFile }: File, self: Self): Content {
  if (largeFile !== undefined) return fileContent(largeFile)
  if (content !== undefined && contentBase64 === undefined) return textContent(content)
  if (content === undefined && contentBase64 !== undefined) {
    // A pattern for groups of four needs more stack than there is for megabytes.
    if (contentBase64.length % 4 === 0) return base64Content(contentBase64)
    invalid(
      self,
      'its contentBase64 is incomplete',
      'base64 has a multiple of 4 characters, with = at the end',
    )
  }
  if (content === undefined)
    invalid(self, 'it has no content', 'set content, contentBase64, source or template')
  invalid(self, 'it has both content and contentBase64', 'set one of them')
}

/** Only a regular file is ever replaced, and a link is never written through. */
export function refuseOther(id: ResourceId, path: string, found: PathFact): void {
  switch (found.type) {
    case 'absent':
    case 'file':
      return
    case 'directory':
      throw inTheWay(id, `a directory is in the way at ${path}`)
    case 'link':
      throw new ResourceConflict(
        id,
        `a symbolic link to ${found.target} is at ${path}`,
        id.startsWith('file[')
          ? `set replaceLink: true to replace it, or declare link[${path}]`
          : `remove it, or declare link[${path}]`,
      )
    case 'other':
      throw inTheWay(id, `something that is not a regular file is at ${path}`)
  }
}

/** The steps to the wanted file, from nothing or from another file. */
export function fileSteps(
  desired: Ownership &
    Pick<File, 'path'> &
    Partial<Pick<File, 'validate' | 'sensitive' | 'replaceLink' | 'inPlace'>>,
  content: Content,
  facts: Facts,
  found: PathFact,
): readonly Step[] {
  const { path, mode, owner, group, validate, sensitive } = desired
  const replaceLink = desired.replaceLink === true ? true : undefined
  const inPlace = desired.inPlace === true ? true : undefined
  const ownership = { mode, owner, group }
  const options = given({ validate, sensitive, replaceLink, inPlace })
  const write = { op: 'write', path, content, ...ownership, ...options } as const
  if (found.type === 'link' && replaceLink)
    return [
      { operation: write, reason: `will replace the symbolic link to ${found.target}`, expects: [path] },
    ]
  const changed = inPlace ? 'content will change in place, which is not atomic' : 'content will change'
  return contentSteps(write, content.sha256, { created: 'will be created', changed }, facts, found)
}

/** What gives a file its content, or else its owner and mode. */
export function contentSteps(
  operation: OperationTypes['write' | 'download'],
  sha256: string,
  { created, changed }: { readonly created: string; readonly changed: string },
  { platform }: Facts,
  found: PathFact,
): readonly Step[] {
  const { path, mode, owner, group } = operation
  const ownership = { mode, owner, group }
  const expects = [path]
  if (found.type !== 'file') return [{ operation, reason: created, expects }]
  const changes = attributeChanges(ownership, found, platform)
  if (found.sha256 !== sha256) return [{ operation, reason: [changed, ...changes].join(', '), expects }]
  if (changes.length === 0) return []
  return [{ operation: { op: 'attributes', path, ...ownership }, reason: changes.join(', '), expects }]
}

/** In the order of the run it comes last: until then, what the file was for may still go on. */
function removal({ path, sensitive }: File, reason: string): Step {
  const operation = {
    op: 'remove',
    path,
    recursive: false,
    ...(sensitive === true && { sensitive }),
  } as const
  return { operation, reason, phase: 'last' }
}

function removals(desired: File, until: string, found: PathFact): readonly Step[] {
  // A link is not the file that was wanted until then.
  if (found.type !== 'file') return []
  return [{ ...removal(desired, `no longer needed: ${until} exists`), expects: [desired.path] }]
}

/** The awaited path can appear in this run only if units are started; otherwise the file is kept for a later run. */
function laterRemoval(desired: File, until: string, facts: Facts): readonly Step[] {
  if (facts.platform.init !== 'systemd') return []
  return [{ ...removal(desired, `no longer needed once ${until} exists`), guard: { exists: until } }]
}
