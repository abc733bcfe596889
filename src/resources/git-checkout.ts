import { type Static, Type } from 'typebox'
import { checkoutTools } from '../model/archive-tools.ts'
import { textContent } from './define/content.ts'
import { defineResource, inTheWay } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { accountProbes, ancestorClaims, attributeChanges, ownerClaims } from './define/ownership.ts'
import { AccountNameOrId, NormalPath, used } from './define/schema-types.ts'
import { toolProbes } from './define/signature.ts'

const GitCheckoutSchema = Type.Object({
  path: used('the directory for the working tree', NormalPath),
  url: Type.String({
    pattern: '^(https?://(?![^/?#]*@)|(ssh|git|file)://(?![^/?#]*:[^/?#]*@))[^\\s\\u0000]+$',
    description:
      'the URL of a git repository, by https, http, ssh, git or file, without a password; a user only with ssh',
  }),
  commit: Type.String({
    pattern: '^[0-9a-f]{40}$',
    description: '40 hexadecimal digits, the whole name of a commit',
  }),
  owner: Type.Optional(AccountNameOrId),
  group: Type.Optional(AccountNameOrId),
})

const DEFAULTS = { owner: 'root', group: 'root' }
const mostNamed = 5

type GitCheckout = Static<typeof GitCheckoutSchema> & typeof DEFAULTS

/** The working tree of one commit. What is changed in it by hand is undone; what is put beside it stays until the commit changes. */
export const { resource: gitCheckout, kind: gitCheckoutKind } = defineResource({
  kind: 'gitCheckout',
  schema: GitCheckoutSchema,
  defaults: DEFAULTS,
  name: ({ path }) => path,
  behave(desired: GitCheckout, { id }) {
    const { path, url, commit, owner, group } = desired
    // The operation writes it after the complete tree.
    const stamp = { path: `${path}/.converge-archive`, content: textContent(`${commit}\n`) }
    const operation = { op: 'checkout', path, url, commit, owner, group } as const
    return {
      claims: [{ kind: 'path', key: path }],
      follows: () => [...ancestorClaims(path), ...ownerClaims({ ...desired, mode: '0755' })],
      probes: [
        { probe: 'path', path },
        // No stamp has this sum, so that the answer has what was changed.
        { probe: 'path', path: stamp.path, sha256: '-'.repeat(64) },
        ...accountProbes(owner, group),
        ...toolProbes(checkoutTools),
      ],
      steps(facts) {
        const found = pathFact(facts, path)
        const made = pathFact(facts, stamp.path)
        const expects = [path, stamp.path]
        if (found.type === 'absent') return [{ operation, reason: 'will be checked out', expects }]
        if (found.type !== 'directory' || made.type !== 'file')
          throw inTheWay(id, `something that converge did not check out is at ${path}`)
        const changes =
          made.sha256 === stamp.content.sha256
            ? [
                ...editWords(made.edits),
                ...attributeChanges({ mode: '0755', owner, group }, found, facts.platform),
              ]
            : [`will change to the commit ${commit.slice(0, 12)}`]
        return changes.length === 0 ? [] : [{ operation, reason: changes.join(', '), expects }]
      },
    }
  },
})

function editWords(edits: readonly string[] = []): readonly string[] {
  if (edits.length === 0) return []
  const more = edits.length - mostNamed
  const named = [...edits.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])]
  return [`differs from the commit (${named.join(', ')}) and will be checked out again`]
}
