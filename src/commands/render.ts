import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onlyHost, selectHosts } from '../load/hosts/select-hosts.ts'
import { given } from '../model/given.ts'
import type { HostCatalog } from '../model/resource.ts'
import { planPortable } from '../plan/host/plan-portable.ts'
import { membersOf } from '../plan/rollout/members.ts'
import { count } from '../report/text/words.ts'
import type { View } from '../report/views/view.ts'
import { portableProgram } from '../shell/programs/portable-program.ts'
import { usageError } from './cli/usage-error.ts'
import { hostLibrary } from './hosts/host-library.ts'
import type { ExitCode, Io } from './io/io.ts'
import { writeWhole } from './io/write-whole.ts'
import { prepareOutputFolder } from './render/output-folder.ts'
import { renderTree, treeConflicts } from './render/render-tree.ts'
import { writeTree } from './render/write-tree.ts'
import type { IdentityOptions } from './secrets/identity.ts'
import { openingWith, requireOpen } from './secrets/opening.ts'
import { keepSelected, type LoadedSpec, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface RenderOptions extends SpecOptions, IdentityOptions {
  readonly limit?: string
  /** The folder for one tree per host. */
  readonly output: string
  /** Write sensitive content too, with mode 0600. */
  readonly reveal?: boolean
  /** Write each host's portable program too. */
  readonly portable?: boolean
}

/** `converge render -o DIR`: writes each host's files, directories and links as they will be on it. */
export async function render(options: RenderOptions, io: Io, view: View): Promise<ExitCode> {
  // A stranger's file of secrets may name commands.
  const isOpened = options.reveal === true && options.trustOnly === undefined
  const spec = await loadSpec(options, {
    ...(isOpened && openingWith(options, io)),
    keepOf: keepSelected(options.limit),
  })
  view.warnings(spec.warnings)
  const hosts =
    options.limit === undefined ? spec.cluster.hosts : selectHosts(spec.cluster.hosts, options.limit)
  const names = new Set(hosts.map((host) => host.name))
  const catalogs = spec.catalog.hosts.filter(({ host }) => names.has(host))
  if (options.reveal === true) requireOpen(catalogs, options, io)
  const trees = catalogs.map((catalog) => ({ host: catalog.host, tree: renderTree(catalog) }))
  for (const { host, tree } of trees) {
    const [conflict] = treeConflicts(tree)
    if (conflict !== undefined) throw usageError(`${host} cannot be rendered: ${conflict}`)
  }
  const programs = options.portable === true ? portablePrograms(spec, catalogs, options) : []
  await prepareOutputFolder(options.output, [...names, ...programs.map(({ name }) => name)])
  // Private, because they hold the contents of all files.
  for (const { name, text } of programs) await writeWhole(join(options.output, name), text, 0o700)
  for (const { host, tree } of trees)
    writeTree(join(options.output, host), tree, {
      reveal: options.reveal === true,
      ...given({ files: spec.catalog.files }),
    })
  const files = trees.reduce((sum, { tree }) => sum + tree.size, 0)
  io.stdout.write(
    `${count(trees.length, 'host')} with ${count(files, 'path')} rendered to ${options.output}\n`,
  )
  return 0
}

/** A byte takes four characters, and a text of V8 has less than 512 Mi. */
const largestInProgram = 32 * 1024 * 1024

/** One program per host that converges it without a controller: first boot, images, hosts without a network. */
function portablePrograms(
  { cluster, catalog }: LoadedSpec,
  catalogs: readonly HostCatalog[],
  { reveal }: RenderOptions,
) {
  const library = hostLibrary()
  const members = membersOf(cluster)
  return catalogs.map((own) => {
    const { host, entries } = own
    if (reveal !== true && entries.some(({ resource }) => resource.isSensitive)) {
      throw usageError(
        `the program for ${host} would contain sensitive content`,
        'pass --reveal to allow that',
      )
    }
    const { stateDir } = onlyHost(cluster.hosts, host).platform
    const place = { stateDir, cluster: cluster.name }
    const text = portableProgram(planPortable(own, members), place, library, ({ sha256, sizeBytes }) => {
      const file = catalog.files?.get(sha256) ?? ''
      if (sizeBytes <= largestInProgram) return readFileSync(file)
      const message = `the program for ${host} would contain ${file}, which has ${sizeBytes} bytes`
      throw usageError(message, 'a program may contain files of 32 MiB; let an archive bring what is larger')
    })
    return { name: `${host}.sh`, text }
  })
}
