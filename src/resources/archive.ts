import { type Static, Type } from 'typebox'
import { archiveTools } from '../model/archive-tools.ts'
import type { Facts, PathFact } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { Step } from '../model/resource.ts'
import { wholeNumber } from '../model/schema.ts'
import { textContent } from './define/content.ts'
import { defineResource, inTheWay, type Self } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { ancestorClaims } from './define/ownership.ts'
import { HttpUrl, longestPath, NormalPath, Sha256, used } from './define/schema-types.ts'
import { signature, signatureOf, toolProbes } from './define/signature.ts'
import { linkSteps } from './link.ts'

const ArchiveSchema = Type.Object({
  url: HttpUrl('a tar or zip archive'),
  sha256: Sha256,
  path: used('the directory for the tree', NormalPath),
  signature,
  strip: Type.Optional(wholeNumber(0, 'how many leading path components to drop')),
  binaries: Type.Optional(
    Type.Array(
      Type.String({
        pattern: '^(?!/)((?!\\.{1,2}(/|$))[^/\\u0000]+/)*(?!\\.{1,2}$)[^/\\u0000]+$',
        maxLength: longestPath,
        description: 'a path inside the archive, such as "bin/etcd"',
      }),
      {
        uniqueItems: true,
        description: 'a list of different paths inside the archive; they are linked in binDir',
      },
    ),
  ),
  binDir: Type.Optional(
    used('the directory for the links; "{{platform.binDir}}" takes the one of the platform', NormalPath),
  ),
})

const DEFAULTS = { strip: 1, binDir: '/usr/local/bin' }

type Archive = Static<typeof ArchiveSchema> & typeof DEFAULTS

/** An archive from a URL, extracted into its own directory, with links to its binaries. */
export const { resource: archive, kind: archiveKind } = defineResource({
  kind: 'archive',
  schema: ArchiveSchema,
  defaults: DEFAULTS,
  name: ({ path }) => path,
  behave(desired, self) {
    const { path, binDir } = desired
    const links = linksOf(desired)
    // The archive operation writes it after the complete tree.
    const stamp = { path: `${path}/.converge-archive`, content: textContent(`${sha256Of(desired)}\n`) }
    return {
      claims: [path, ...links.map((link) => link.path)].map((key) => ({ kind: 'path', key })),
      follows: () => [...ancestorClaims(path), ...(links.length === 0 ? [] : ancestorClaims(`${binDir}/x`))],
      probes: [
        { probe: 'path', path },
        { probe: 'path', path: stamp.path, sha256: stamp.content.sha256 },
        ...(links.length === 0 ? [] : [{ probe: 'path', path: binDir } as const]),
        ...links.map((link) => ({ probe: 'path', path: link.path }) as const),
        ...toolProbes(archiveTools({ url: desired.url, signature: signatureOf(desired.signature, self) })),
      ],
      steps(facts) {
        const found = pathFact(facts, stamp.path)
        return [
          ...(found.type === 'file' && found.sha256 === stamp.content.sha256
            ? []
            : extractSteps(desired, self, facts, found)),
          ...linkingSteps(links, desired, self, facts),
        ]
      },
    }
  },
})

function sha256Of({ sha256 }: Archive): string {
  return sha256.toLowerCase()
}

function linksOf({ path, binDir, binaries = [] }: Archive) {
  return binaries.map((binary) => ({
    path: `${binDir}/${binary.slice(binary.lastIndexOf('/') + 1)}`,
    target: `${path}/${binary}`,
  }))
}

/** The whole directory is replaced, so only if it was extracted from an archive. */
function extractSteps(desired: Archive, self: Self, facts: Facts, stamp: PathFact): readonly Step[] {
  const { url, path, strip } = desired
  const signature = signatureOf(desired.signature, self)
  const sha256 = sha256Of(desired)
  const found = pathFact(facts, path)
  const operation = { op: 'archive', url, sha256, path, strip, ...given({ signature }) } as const
  const expects = [path, `${path}/.converge-archive`]
  if (found.type === 'absent') return [{ operation, reason: 'will be extracted', expects }]
  if (found.type !== 'directory' || stamp.type !== 'file') {
    throw inTheWay(self.id, `something that converge did not extract is at ${path}`)
  }
  const reason = `content will change to the archive with sha256 ${sha256.slice(0, 12)}…`
  return [{ operation, reason, expects }]
}

function linkingSteps(
  links: ReturnType<typeof linksOf>,
  { binDir }: Archive,
  { id }: Self,
  facts: Facts,
): readonly Step[] {
  const steps = links.flatMap(({ path, target }) => linkSteps(id, path, target, pathFact(facts, path)))
  if (steps.length === 0 || facts.paths[binDir]?.type !== 'absent') return steps
  const operation = { op: 'mkdir', path: binDir, mode: '0755', owner: 'root', group: 'root' } as const
  return [{ operation, reason: 'will be created' }, ...steps]
}
