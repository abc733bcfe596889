import { Type } from 'typebox'
import { ResourceConflict } from '../model/errors.ts'
import type { Facts } from '../model/facts.ts'
import type { Ownership } from '../model/operation.ts'
import type { ResourceId, Step } from '../model/resource.ts'
import { removalSteps } from './define/absent.ts'
import { defineResource, inTheWay } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { accountProbes, ancestorClaims, attributeChanges, ownerClaims } from './define/ownership.ts'
import { AccountNameOrId, absent, Mode, NormalPath } from './define/schema-types.ts'

const DirectorySchema = Type.Object({
  path: NormalPath,
  absent,
  mode: Type.Optional(Mode),
  owner: Type.Optional(AccountNameOrId),
  group: Type.Optional(AccountNameOrId),
})

/** A directory with this owner and mode; its content is not changed, and missing parents are created with 0755. */
export const { resource: directory, kind: directoryKind } = defineResource({
  kind: 'directory',
  schema: DirectorySchema,
  defaults: { mode: '0755', owner: 'root', group: 'root' },
  name: ({ path }) => path,
  absent: {
    allows: [],
    behave: ({ path }, { id }) => ({
      claims: [{ kind: 'path', key: path }],
      follows: () => ancestorClaims(path),
      probes: [{ probe: 'path', path, entries: true }],
      steps: (facts) => removalSteps(id, { path, only: 'directory' }, facts),
    }),
  },
  behave(desired, self) {
    const { path, mode, owner, group } = desired
    return {
      claims: [{ kind: 'path', key: path }],
      follows: () => [...ancestorClaims(path), ...ownerClaims(desired)],
      probes: [{ probe: 'path', path }, ...accountProbes(owner, group)],
      steps: (facts) => directorySteps(self.id, { path, mode, owner, group }, facts),
    }
  },
})

/** The steps to the wanted directory, whose content stays as it is. */
export function directorySteps(
  id: ResourceId,
  wanted: Ownership & { readonly path: string },
  facts: Facts,
): readonly Step[] {
  const { path } = wanted
  const found = pathFact(facts, path)
  const expects = [path]
  switch (found.type) {
    case 'absent':
      return [{ operation: { op: 'mkdir', ...wanted }, reason: 'will be created', expects }]
    case 'directory': {
      const reason = attributeChanges(wanted, found, facts.platform).join(', ')
      return reason === '' ? [] : [{ operation: { op: 'attributes', ...wanted }, reason, expects }]
    }
    case 'link':
      throw new ResourceConflict(
        id,
        `a symbolic link to ${found.target} is at ${path}`,
        `remove it, or declare ${id.startsWith('directory[') ? `directory[${found.target}] and link[${path}]` : 'the keys as a file where it leads'}`,
      )
    case 'file':
    case 'other':
      throw inTheWay(id, `something that is not a directory is at ${path}`)
  }
}
