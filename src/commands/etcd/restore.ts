import { rm } from 'node:fs/promises'
import type { View } from '../../report/views/view.ts'
import { usageError } from '../cli/usage-error.ts'
import { type HostOptions, withHosts } from '../hosts/open-hosts.ts'
import { type ProposeOptions, proposePlan, requireConsentable } from '../hosts/propose-plan.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { openingWith } from '../secrets/opening.ts'
import { loadSpec } from '../spec/load-spec.ts'
import { connectionOf, type EtcdMember, etcdMembers, textOf } from './members.ts'
import { bringTo, readSnapshotFile, timeWord } from './snapshot-file.ts'

export interface EtcdRestoreOptions extends HostOptions, ProposeOptions {
  readonly group: string
  /** A snapshot on this machine. */
  readonly from?: string
  /** A host whose member has its data. */
  readonly fromMember?: string
  readonly evenWithQuorum?: boolean
}

/** `converge etcd restore`: all members of a group begin anew from a snapshot, by a plan. */
export async function etcdRestore(options: EtcdRestoreOptions, io: Io, view: View): Promise<ExitCode> {
  const { group, from, fromMember, evenWithQuorum = false } = options
  if ((from === undefined) === (fromMember === undefined))
    throw usageError(
      from === undefined
        ? 'neither --from nor --from-member is given'
        : '--from and --from-member are both given',
      'restore from a snapshot on this machine, or from the data of a member',
    )
  requireConsentable(options, io, view)
  const spec = await loadSpec(options, openingWith(options, io))
  view.warnings(spec.warnings)
  const members = etcdMembers(spec, group, options.limit)
  const hosts = members.map(({ host }) => host)
  const files = new Map(spec.catalog.files)
  // Those that are left out must not run.
  const all = etcdMembers(spec, group, undefined).map(({ host }) => host)
  const narrowed = { ...options, limit: all.join(',') }
  const input = { spec: { ...spec, catalog: { ...spec.catalog, files } }, options: narrowed, io, view }
  return withHosts({ ...input, applies: options.dryRun !== true }, async (open) => {
    const { session } = open
    const time = timeWord(new Date())
    const file = from ?? `${group}-${fromMember}-${time}.db`
    const snapshot =
      fromMember === undefined
        ? await readSnapshotFile(file)
        : await bringTo(file, (temporary) =>
            session.etcdSnapshot(fromMember, survivorOf(fromMember, members), temporary),
          )
    if (fromMember !== undefined && options.dryRun !== true)
      view.remark(
        `The data of ${fromMember} is in ${file}. If this is interrupted, go on with --from ${file}.`,
      )
    files.set(snapshot.sha256, file)
    const plan = await session.plan({
      prune: false,
      release: false,
      only: [...new Set(members.flatMap(patternsOf))],
      restore: { group, id: time, ...snapshot, hosts, evenWithQuorum },
    })
    if (fromMember !== undefined && options.dryRun === true) await rm(file)
    const { code } = await proposePlan({
      command: 'etcd restore',
      plan,
      open,
      options,
      otherwise: 'leave the members as they are',
      io,
      view,
    })
    return code
  })
}

/** The recipe of a member, with all that its host may lack of it. */
function patternsOf({ entry }: EtcdMember): readonly string[] {
  const recipe = entry.from?.recipe
  return recipe === undefined ? [entry.resource.id, `unit[${textOf(entry, 'unit')}]`] : [`recipe:${recipe}`]
}

function survivorOf(name: string, members: readonly EtcdMember[]) {
  const member = members.find(({ host }) => host === name)
  if (member === undefined)
    throw usageError(
      `--from-member ${name}: no member that takes part is there`,
      `they are on ${members.map(({ host }) => host).join(', ')}`,
    )
  const { entry } = member
  const release = textOf(entry, 'release').replace('{version}', textOf(entry, 'version'))
  return {
    connection: connectionOf(entry),
    survivor: { unit: textOf(entry, 'unit'), data: textOf(entry, 'data'), etcd: `${release}/etcd`, name },
  }
}
