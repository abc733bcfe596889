import { join } from 'node:path'
import type { BootFormatName } from '../boot/format-names.ts'
import type { Provider } from '../boot/providers.ts'
import { selectHosts } from '../load/hosts/select-hosts.ts'
import { given } from '../model/given.ts'
import { count } from '../report/text/words.ts'
import type { View } from '../report/views/view.ts'
import { usageError } from './cli/usage-error.ts'
import type { ExitCode, Io } from './io/io.ts'
import { writeWhole } from './io/write-whole.ts'
import { hostFiles } from './render/host-files.ts'
import { prepareOutputFolder } from './render/output-folder.ts'
import { renderTree, treeConflicts } from './render/render-tree.ts'
import { writeTree } from './render/write-tree.ts'
import type { IdentityOptions } from './secrets/identity.ts'
import { openingWith, requireOpen } from './secrets/opening.ts'
import { keepSelected, loadSpec, type SpecOptions } from './spec/load-spec.ts'

export interface RenderOptions extends SpecOptions, IdentityOptions {
  readonly limit?: string
  /** The folder for one tree per host. */
  readonly output: string
  /** Write sensitive content too, with mode 0600. */
  readonly reveal?: boolean
  /** Write each host's portable program too. */
  readonly portable?: boolean
  /** Write a document for each host's first boot too. */
  readonly boot?: BootFormatName
  /** Refuse a document that this provider would not take. */
  readonly provider?: Provider
  /** Where the documents fetch the programs from, which are written beside them. */
  readonly bootUrl?: string
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
  const files = hostFiles(spec, catalogs, options)
  await prepareOutputFolder(options.output, [...names, ...files.map(({ name }) => name)])
  // Private, because they hold the contents of all files.
  for (const { name, data, mode } of files) await writeWhole(join(options.output, name), data, mode)
  for (const { host, tree } of trees)
    writeTree(join(options.output, host), tree, {
      reveal: options.reveal === true,
      ...given({ files: spec.catalog.files }),
    })
  const paths = trees.reduce((sum, { tree }) => sum + tree.size, 0)
  io.stdout.write(
    `${count(trees.length, 'host')} with ${count(paths, 'path')} rendered to ${options.output}\n`,
  )
  return 0
}
