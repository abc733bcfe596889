import { type Static, Type } from 'typebox'
import { downloadTools } from '../model/archive-tools.ts'
import { given } from '../model/given.ts'
import { defineResource } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { accountProbes, ancestorClaims, ownerClaims } from './define/ownership.ts'
import { AccountNameOrId, HttpUrl, Mode, NormalPath, Sha256 } from './define/schema-types.ts'
import { signature, signatureOf, toolProbes } from './define/signature.ts'
import { contentSteps, refuseOther } from './file.ts'

const DownloadSchema = Type.Object({
  path: NormalPath,
  url: HttpUrl('a file'),
  sha256: Sha256,
  signature,
  mode: Type.Optional(Mode),
  owner: Type.Optional(AccountNameOrId),
  group: Type.Optional(AccountNameOrId),
})

const DEFAULTS = { mode: '0644', owner: 'root', group: 'root' }

type Download = Static<typeof DownloadSchema> & typeof DEFAULTS

/** A regular file with exactly the content that has this checksum, which the host downloads if it does not have it. */
export const { resource: download, kind: downloadKind } = defineResource({
  kind: 'download',
  schema: DownloadSchema,
  defaults: DEFAULTS,
  name: ({ path }) => path,
  behave(desired: Download, self) {
    const { path, url, mode, owner, group } = desired
    const signature = signatureOf(desired.signature, self)
    const sha256 = desired.sha256.toLowerCase()
    const operation = {
      op: 'download',
      path,
      url,
      sha256,
      mode,
      owner,
      group,
      ...given({ signature }),
    } as const
    const words = {
      created: 'will be downloaded',
      changed: `content will change to the file with sha256 ${sha256.slice(0, 12)}…`,
    }
    return {
      claims: [{ kind: 'path', key: path }],
      follows: () => [...ancestorClaims(path), ...ownerClaims(desired)],
      probes: [
        { probe: 'path', path },
        ...accountProbes(owner, group),
        ...toolProbes(downloadTools({ url, signature })),
      ],
      steps(facts) {
        const found = pathFact(facts, path)
        refuseOther(self.id, path, found)
        return contentSteps(operation, sha256, words, facts, found)
      },
    }
  },
})
