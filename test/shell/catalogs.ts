import fc from 'fast-check'
import type { CatalogEntry, HostCatalog, Notification, Resource } from '../../src/model/resource.ts'
import { directory } from '../../src/resources/directory.ts'
import { file } from '../../src/resources/file.ts'
import { group } from '../../src/resources/group.ts'
import { link } from '../../src/resources/link.ts'
import { unit } from '../../src/resources/unit/unit.ts'
import { user } from '../../src/resources/user.ts'
import { hostileName, hostileText } from './hostile.ts'

export function entry(resource: Resource, notifies: readonly Notification[] = []): CatalogEntry {
  return { resource, after: [], notifies, declaredBy: 'test' }
}

export function catalogOf(...entries: readonly (CatalogEntry | Resource)[]): HostCatalog {
  return { host: 'host', entries: entries.map((one) => ('resource' in one ? one : entry(one))) }
}

// Readable for the owner: the tests may run as any user.
const mode = fc.constantFrom('0644', '0600', '0755', '4755', '0440')
const directoryMode = fc.constantFrom('0755', '0700', '1777')
const content = fc.oneof(
  hostileText.map((text) => ({ content: text })),
  fc
    .uint8Array({ maxLength: 300 })
    .map((bytes) => ({ contentBase64: Buffer.from(bytes).toString('base64') })),
)

/** What catalogFrom makes a catalog of; plain data, so that a counterexample can be read. */
export const catalogInputs = fc.record({
  accounts: fc.boolean(),
  directories: fc.uniqueArray(fc.record({ name: hostileName, mode: directoryMode }), {
    maxLength: 3,
    selector: ({ name }) => name,
  }),
  files: fc.uniqueArray(fc.record({ name: hostileName, mode, content, deep: fc.nat() }), {
    maxLength: 6,
    selector: ({ name }) => name,
  }),
  links: fc.uniqueArray(fc.record({ name: hostileName, target: hostileText }), {
    maxLength: 3,
    selector: ({ name }) => name,
  }),
  enabled: fc.constantFrom(true, false, undefined),
})

type CatalogInput = typeof catalogInputs extends fc.Arbitrary<infer Input> ? Input : never

/** Directories, files, links, groups, users and units in an order that can be carried out. */
export function catalogFrom({ accounts, directories, files, links, enabled }: CatalogInput): HostCatalog {
  const owner = accounts ? 'web' : 'root'
  const below = ['/srv', ...directories.map(({ name }) => `/srv/d ${name}`)]
  return catalogOf(
    group({ name: 'web', gid: 700 }),
    ...(accounts
      ? [user({ name: 'web', uid: 701, group: 'web', groups: ['daemon', 'users'], comment: "it's" })]
      : []),
    directory({ path: '/srv' }),
    ...directories.map(({ name, mode }) => directory({ path: `/srv/d ${name}`, mode, owner })),
    ...files.map(({ name, mode, content, deep }) =>
      file({ path: `${below[deep % below.length]}/f ${name}`, mode, owner, group: 'web', ...content }),
    ),
    ...links.map(({ name, target }) =>
      link({ path: `/srv/l ${name}`, target: target === '' ? '.' : target }),
    ),
    unit({
      name: 'web.service',
      content: '[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=multi-user.target',
      dropIns: { limits: '[Service]\nLimitNOFILE=1024' },
      ...(enabled === undefined ? {} : { enabled }),
    }),
  )
}
