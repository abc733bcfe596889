import { Type } from 'typebox'
import type { PathFact } from '../model/facts.ts'
import type { ResourceId, Step } from '../model/resource.ts'
import { FilledText, optional } from '../model/schema.ts'
import { removalSteps } from './define/absent.ts'
import { defineResource, inTheWay, invalid } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { ancestorClaims } from './define/ownership.ts'
import { absent, NormalPath } from './define/schema-types.ts'

const LinkSchema = Type.Object({
  path: NormalPath,
  absent,
  target: optional(
    FilledText,
    'the path that the link points to, absolute or relative to its directory; required unless it is to be absent',
  ),
})

/** A symbolic link; its target need not exist. */
export const { resource: link, kind: linkKind } = defineResource({
  kind: 'link',
  schema: LinkSchema,
  defaults: {},
  name: ({ path }) => path,
  absent: {
    allows: [],
    behave: ({ path }, { id }) => ({
      ...atPath(path),
      steps: (facts) => removalSteps(id, { path, only: 'link' }, facts),
    }),
  },
  behave({ path, target }, self) {
    if (target === undefined) invalid(self, 'it has no target', 'set target to the path that it points to')
    return {
      ...atPath(path),
      steps: (facts) => linkSteps(self.id, path, target, pathFact(facts, path)),
    }
  },
})

function atPath(path: string) {
  return {
    claims: [{ kind: 'path', key: path }],
    follows: () => ancestorClaims(path),
    probes: [{ probe: 'path', path }],
  } as const
}

/** The steps to the wanted link; only another link is replaced. */
export function linkSteps(id: ResourceId, path: string, target: string, found: PathFact): readonly Step[] {
  const operation = { op: 'link', path, target } as const
  switch (found.type) {
    case 'absent':
      return [{ operation, reason: 'will be created', expects: [path] }]
    case 'link':
      if (found.target === target) return []
      return [{ operation, reason: `target will change from ${found.target} to ${target}`, expects: [path] }]
    case 'file':
    case 'directory':
    case 'other':
      throw inTheWay(id, `something that is not a symbolic link is at ${path}`)
  }
}
