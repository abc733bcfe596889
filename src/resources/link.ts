import { Type } from 'typebox'
import type { PathFact } from '../model/facts.ts'
import type { ResourceId, Step } from '../model/resource.ts'
import { describe, FilledText } from '../model/schema.ts'
import { defineResource, inTheWay } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { ancestorClaims } from './define/ownership.ts'
import { NormalPath } from './define/schema-types.ts'

const LinkSchema = Type.Object({
  path: NormalPath,
  target: describe(FilledText, 'the path that the link points to, absolute or relative to its directory'),
})

/** A symbolic link; its target need not exist. */
export const { resource: link, kind: linkKind } = defineResource({
  kind: 'link',
  schema: LinkSchema,
  defaults: {},
  name: ({ path }) => path,
  behave: ({ path, target }, self) => ({
    claims: [{ kind: 'path', key: path }],
    follows: () => ancestorClaims(path),
    probes: [{ probe: 'path', path }],
    steps: (facts) => linkSteps(self.id, path, target, pathFact(facts, path)),
  }),
})

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
