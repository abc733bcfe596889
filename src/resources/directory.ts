import { Type } from 'typebox'
import { ResourceConflict } from '../model/errors.ts'
import { defineResource, inTheWay } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { accountProbes, ancestorClaims, attributeChanges, ownerClaims } from './define/ownership.ts'
import { AccountNameOrId, Mode, NormalPath } from './define/schema-types.ts'

const DirectorySchema = Type.Object({
  path: NormalPath,
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
  behave(desired, self) {
    const { path, mode, owner, group } = desired
    return {
      claims: [{ kind: 'path', key: path }],
      follows: () => [...ancestorClaims(path), ...ownerClaims(desired)],
      probes: [{ probe: 'path', path }, ...accountProbes(owner, group)],
      steps(facts) {
        const found = pathFact(facts, path)
        const attributes = { path, mode, owner, group }
        const expects = [path]
        switch (found.type) {
          case 'absent':
            return [{ operation: { op: 'mkdir', ...attributes }, reason: 'will be created', expects }]
          case 'directory': {
            const reason = attributeChanges(desired, found, facts.platform).join(', ')
            return reason === '' ? [] : [{ operation: { op: 'attributes', ...attributes }, reason, expects }]
          }
          case 'link':
            throw new ResourceConflict(
              self.id,
              `a symbolic link to ${found.target} is at ${path}`,
              `remove it, or declare directory[${found.target}] and link[${path}]`,
            )
          case 'file':
          case 'other':
            throw inTheWay(self.id, `something that is not a directory is at ${path}`)
        }
      },
    }
  },
})
