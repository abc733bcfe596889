import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { CatalogEntry, HostCatalog, Notification, Resource } from '../../src/model/resource.ts'
import { archive } from '../../src/resources/archive.ts'
import { block } from '../../src/resources/block.ts'
import { command } from '../../src/resources/command.ts'
import { directory } from '../../src/resources/directory.ts'
import { download } from '../../src/resources/download.ts'
import { file } from '../../src/resources/file.ts'
import { gitCheckout } from '../../src/resources/git-checkout.ts'
import { group } from '../../src/resources/group.ts'
import { line } from '../../src/resources/line.ts'
import { link } from '../../src/resources/link.ts'
import { pkg } from '../../src/resources/package.ts'
import { setting } from '../../src/resources/setting.ts'
import { unit } from '../../src/resources/unit/unit.ts'
import { user } from '../../src/resources/user.ts'
import { scratchFolder } from '../commands/scratch.ts'
import { catalogOf, entry } from './catalogs.ts'
import type { RootTree } from './root-tree.ts'

// Catalogs in which every kind and every relation may occur.

/** A guard, by the flag that it looks at: `onlyIf` it is set, or `unless`. */
const guard = fc.constantFrom(
  {},
  {},
  {},
  { onlyIf: 'test -e "$CONVERGE_ROOT/srv/flag0"' },
  { unless: 'test -e "$CONVERGE_ROOT/srv/flag0"' },
  { onlyIf: 'test -e "$CONVERGE_ROOT/srv/flag0"', unless: 'test -e "$CONVERGE_ROOT/srv/flag1"' },
)
const timing = fc.constantFrom<'delayed' | 'immediate'>('delayed', 'delayed', 'immediate')
const notifications = fc.uniqueArray(
  fc.oneof(
    fc.record({
      resource: fc.constantFrom('unit[a.service]' as const, 'unit[b.service]' as const),
      action: fc.constantFrom('restart', 'reload', 'start', 'stop'),
      timing,
    }),
    fc.record({
      resource: fc.constantFrom('command[notified]' as const, 'command[notified and guarded]' as const),
      action: fc.constant('run' as const),
      timing,
    }),
  ),
  { maxLength: 2, selector: ({ resource, action }) => `${resource} ${action}` },
) satisfies fc.Arbitrary<Notification[]>

const version = fc.constantFrom(0, 1, 2)
/** Or it is to be absent. */
const gone = 3
const versionOrGone = fc.constantFrom(0, 1, 2, gone)
const choice = fc.constantFrom(true, false, undefined)

const wish = fc.record({
  unitsFirst: fc.boolean(),
  files: fc.array(
    fc.record({
      version: versionOrGone,
      mode: fc.constantFrom('0644', '0600'),
      guard,
      notifies: notifications,
    }),
    { minLength: 3, maxLength: 3 },
  ),
  until: fc.record({ version, notifies: notifications }),
  directory: versionOrGone,
  link: versionOrGone,
  account: versionOrGone,
  keys: version,
  /** Parts of one file that others own as well. */
  blocks: fc.array(fc.record({ version: versionOrGone, notifies: notifications }), {
    minLength: 2,
    maxLength: 2,
  }),
  /** The same of another file, of which others may have what these become. */
  lines: fc.array(fc.record({ version: versionOrGone, notifies: notifications }), {
    minLength: 2,
    maxLength: 2,
  }),
  archive: version,
  download: version,
  checkout: version,
  package: versionOrGone,
  /** A unit that may be absent, and what notifies it. */
  service: versionOrGone,
  template: version,
  /** Another kind of thing at one path each time. */
  kind: fc.constantFrom(0, 1, 2, 3, 4, 5, 6),
  units: fc.array(fc.record({ version, dropIn: version, enabled: choice, started: choice, guard }), {
    minLength: 2,
    maxLength: 2,
  }),
  creates: fc.record({ version, guard, notifies: notifications }),
  guarded: fc.record({ version, notifies: notifications }),
})
type Wish = typeof wish extends fc.Arbitrary<infer Value> ? Value : never

const path = fc.constantFrom('/etc/f0', '/etc/f1', '/etc/f2', '/etc/until')
/** Of others, of nobody, and with a part that converge then takes over. */
const shared = fc.record({
  '/etc/shared': fc.constantFrom(
    undefined,
    '',
    'of others\n',
    'no end',
    'windows\r\n',
    'of others\n# BEGIN converge 0\nbefore\n# END converge 0\nmore\n',
  ),
  '/etc/mixed': fc.constantFrom(
    undefined,
    '',
    '\uFEFFof others\r\nno end',
    'others\n  own 0\n[s]\n\n[t]\nkey = 0\n',
    '#own 0\n[s] # of others\r\n\tkey = 0 \r\n\r\n',
    'own 1\nothers',
  ),
})
// Whether a file with `until` should be there just then is not recorded, so prune judges what somebody made of it otherwise.
const edited = fc.constantFrom('/etc/f0', '/etc/f1', '/etc/f2', '/etc/shared', '/etc/mixed')

/** What there is before the first year, and what each year brings. */
export const lives = fc.record({
  /** Whether a link is where a file may be declared that replaces it. */
  isLinked: fc.boolean(),
  before: fc.uniqueArray(fc.tuple(path, fc.constantFrom('before\n', 'version 1 of 0\n')), {
    maxLength: 2,
    selector: ([name]) => name,
  }),
  shared,
  years: fc.array(
    fc.record({
      flags: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      edits: fc.uniqueArray(edited, { maxLength: 1 }),
      wish,
    }),
    { minLength: 1, maxLength: 3 },
  ),
})
export type Life = typeof lives extends fc.Arbitrary<infer Value> ? Value : never

const archives = [1, 2].map((number) => {
  const bytes = gzipSync(tarOf(`tool-${number}/bin/tool`, `#!/bin/sh\necho ${number}\n`))
  return { name: `tool-${number}.tar.gz`, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
})
const archiveUrls = archives.map(({ name }) => `https://archives.example/${name}`)

const repository = scratchFolder()
const commits = [1, 2].map((number) => {
  const git = (...words: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...words], {
      cwd: repository,
      encoding: 'utf8',
    }).trim()
  git('init', '-q')
  writeFileSync(join(repository, 'app'), `version ${number}\n`)
  git('add', 'app')
  git('commit', '-q', '-m', 'x')
  return git('rev-parse', 'HEAD')
})

export function plantArchives(tree: RootTree): void {
  for (const { name, bytes } of archives) tree.write(`/srv/archives/${name}`, bytes)
  tree.write('/srv/dpkg/known', 'jq 1\njq 2\n')
  tree.write('/srv/log', '')
}

/** The catalog that a wish stands for; none is an empty one. */
export function wholeCatalog(wanted: Wish | undefined): HostCatalog {
  if (wanted === undefined) return catalogOf()
  const units = ['a.service', 'b.service'].map((name, index) => unitOf(name, wanted.units[index]))
  const notified = [
    command({ name: 'notified', command: logs('notified') }),
    command({
      name: 'notified and guarded',
      // With a guard alone it would run in every run.
      command: `${logs('notified and guarded')}; rm "$CONVERGE_ROOT/srv/flag2"`,
      onlyIf: 'test -e "$CONVERGE_ROOT/srv/flag2"',
    }),
  ]
  // What is notified at once must be there; a unit that is declared started is not asked to stop, nor the other way round.
  const relations = (notifies: readonly Notification[]): readonly Notification[] =>
    notifies
      .filter(
        ({ resource, action }) =>
          action === 'run' ||
          wanted.units[resource === 'unit[a.service]' ? 0 : 1]?.started !== (action === 'stop'),
      )
      .map((one) => (wanted.unitsFirst || one.action === 'run' ? one : { ...one, timing: 'delayed' }))
  const targets = wanted.unitsFirst ? [...units, ...notified] : []
  const later = wanted.unitsFirst ? [] : [...notified, ...units]
  const entries: (CatalogEntry | Resource)[] = [
    ...accounts(wanted.account, wanted.keys),
    ...targets,
    ...wanted.files.flatMap(({ version, mode, guard, notifies }, index) =>
      version === 0
        ? []
        : [
            entry(
              // A link may be where a file may be declared that replaces it.
              version === gone && index !== 2
                ? file({ path: `/etc/f${index}`, absent: true, ...guard })
                : file({
                    path: `/etc/f${index}`,
                    content: `version ${version} of ${index}\n`,
                    mode,
                    ...(index === 1 && { inPlace: true }),
                    ...(index === 2 && { replaceLink: true }),
                    ...guard,
                  }),
              relations(notifies),
            ),
          ],
    ),
    ...(wanted.until.version === 0
      ? []
      : [
          entry(
            file({
              path: '/etc/until',
              content: `version ${wanted.until.version}\n`,
              until: wanted.until.version === 1 ? '/srv/made' : '/srv/flag1',
            }),
            relations(wanted.until.notifies),
          ),
        ]),
    ...(wanted.directory === 0
      ? []
      : [
          wanted.directory === gone
            ? directory({ path: '/srv/directory', absent: true })
            : directory({ path: '/srv/directory', mode: wanted.directory === 1 ? '0755' : '0700' }),
        ]),
    ...(wanted.link === 0
      ? []
      : [
          wanted.link === gone
            ? link({ path: '/srv/link', absent: true })
            : link({ path: '/srv/link', target: `to ${wanted.link}` }),
        ]),
    ...wanted.blocks.flatMap(({ version, notifies }, index) =>
      version === 0 ? [] : [entry(blockOf(index, version), relations(notifies))],
    ),
    ...wanted.lines.flatMap(({ version, notifies }, index) =>
      lineOf(index, version).map((one) => entry(one, relations(notifies))),
    ),
    ...serviceOf(wanted.service),
    ...archiveOf(wanted.archive),
    ...downloadOf('/srv/download', wanted.download),
    ...checkoutOf('/srv/checkout', wanted.checkout),
    ...(wanted.package === 0
      ? []
      : [
          wanted.package === gone
            ? pkg({ name: 'jq', absent: true })
            : pkg({ name: 'jq', version: String(wanted.package), update: false }),
        ]),
    ...(wanted.template === 0
      ? []
      : [
          unit({
            name: 'w@.service',
            content: `[Service]\nExecStart=/bin/w\n[Install]\nWantedBy=${targetOf(wanted.template)}\n`,
          }),
          unit({ name: 'w@1.service', started: true, enabled: true }),
          unit({ name: 'w@2.service', enabled: false }),
        ]),
    ...kindOf(wanted.kind),
    ...commands(wanted, relations),
    ...later,
  ]
  return catalogOf(...entries)
}

function blockOf(index: number, version: number): Resource {
  const named = { path: '/etc/shared', name: String(index) }
  if (version === gone) return block({ ...named, absent: true })
  return block({ ...named, content: `version ${version} of ${index}\n`, at: index === 0 ? 'end' : 'start' })
}

function lineOf(index: number, version: number): readonly Resource[] {
  const path = '/etc/mixed'
  if (index === 0) {
    const own = { path, startsWith: 'own ' }
    if (version === gone) return [line({ ...own, absent: true })]
    return version === 0 ? [] : [line({ ...own, line: `own ${version}`, at: 'start' })]
  }
  // Of one that is absent the section would stay, which no tree of a catalog has.
  return version === 0 || version === gone
    ? []
    : [setting({ path, section: 's', key: 'key', value: version })]
}

function logs(name: string): string {
  return `echo '${name}' >>"$CONVERGE_ROOT/srv/log"`
}

function commands(
  { creates, guarded }: Wish,
  relations: (notifies: readonly Notification[]) => readonly Notification[],
): readonly CatalogEntry[] {
  return [
    ...(creates.version === 0
      ? []
      : [
          entry(
            command({
              name: 'creates',
              command: `${logs('creates')}; : >"$CONVERGE_ROOT/srv/made"`,
              creates: '/srv/made',
              ...creates.guard,
            }),
            relations(creates.notifies),
          ),
        ]),
    ...(guarded.version === 0
      ? []
      : [
          entry(
            command({
              name: 'guarded',
              command: `${logs('guarded')}; : >"$CONVERGE_ROOT/srv/guarded${guarded.version}"`,
              unless: `test -e "$CONVERGE_ROOT/srv/guarded${guarded.version}"`,
            }),
            relations(guarded.notifies),
          ),
        ]),
  ]
}

function accounts(version: number, keys: number): readonly Resource[] {
  if (version === 0) return []
  if (version === gone) return [user({ name: 'app', absent: true }), group({ name: 'app', absent: true })]
  const key = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, keys)]).toString('base64')}`
  return [
    group({ name: 'app', gid: 700 }),
    user({
      name: 'app',
      uid: 701,
      group: 'app',
      ...(version === 2 && { groups: ['daemon'] }),
      ...(keys > 0 && { home: '/srv/app', createHome: keys === 2, authorizedKeys: [key] }),
    }),
  ]
}

function serviceOf(version: number): readonly Resource[] {
  if (version === 0) return []
  const name = 'service.service'
  return [
    version === gone
      ? unit({ name, absent: true })
      : unit({
          name,
          content: `[Service]\nExecStart=/bin/x ${version}\n[Install]\nWantedBy=multi-user.target`,
          enabled: true,
          started: version === 1,
        }),
  ]
}

function archiveOf(version: number): readonly Resource[] {
  const { sha256 = '' } = archives[version - 1] ?? {}
  const url = archiveUrls[version - 1] ?? ''
  return version === 0
    ? []
    : [archive({ url, sha256, path: '/srv/tool', binaries: ['bin/tool'], binDir: '/srv/link-bin' })]
}

/** The bytes of an archive, as a file. */
function downloadOf(path: string, version: number): readonly Resource[] {
  const { sha256 = '' } = archives[version - 1] ?? {}
  const url = archiveUrls[version - 1] ?? ''
  return version === 0 ? [] : [download({ url, sha256, path, mode: version === 1 ? '0755' : '0644' })]
}

function checkoutOf(path: string, version: number): readonly Resource[] {
  const commit = commits[version - 1]
  return commit === undefined ? [] : [gitCheckout({ path, url: `file://${repository}`, commit })]
}

function targetOf(version: number): string {
  return version === 2 ? 'basic.target' : 'multi-user.target'
}

function kindOf(number: number): readonly Resource[] {
  const path = '/srv/kind'
  switch (number) {
    case 1:
      return [file({ path, content: 'a file\n' })]
    case 2:
      return [link({ path, target: 'somewhere' })]
    case 3:
      return [directory({ path })]
    case 4:
      return [archive({ url: archiveUrls[0] ?? '', sha256: archives[0]?.sha256 ?? '', path })]
    case 5:
      return downloadOf(path, 1)
    case 6:
      return checkoutOf(path, 2)
    default:
      return []
  }
}

function unitOf(name: string, wanted: Wish['units'][number] | undefined): Resource {
  const { version = 1, dropIn = 0, enabled, started, guard = {} } = wanted ?? {}
  return unit({
    name,
    content: `[Service]\nExecStart=/bin/${name} ${version}\nExecReload=/bin/true\n[Install]\n# how it is enabled\nWantedBy=${targetOf(version)}`,
    ...(dropIn > 0 && {
      dropIns: {
        nice: `[Service]\nNice=${dropIn}\n${dropIn === 2 ? '[Install]\nAlias=other.service\n' : ''}`,
      },
    }),
    ...(enabled !== undefined && { enabled }),
    ...(started !== undefined && { started }),
    ...guard,
  })
}

/** A tar archive of one file. */
function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('0000755\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  body.write(content)
  return Buffer.concat([header, body, Buffer.alloc(1024)])
}
