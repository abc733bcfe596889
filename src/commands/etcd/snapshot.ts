import { ConvergeError } from '../../model/errors.ts'
import type { View } from '../../report/views/view.ts'
import { type HostOptions, withHosts } from '../hosts/open-hosts.ts'
import type { ExitCode, Io } from '../io/io.ts'
import { loadSpec } from '../spec/load-spec.ts'
import { connectionOf, etcdMembers } from './members.ts'
import { bringTo, timeWord } from './snapshot-file.ts'

export interface EtcdSnapshotOptions extends HostOptions {
  readonly group: string
  readonly output?: string
}

/** `converge etcd snapshot`: brings a snapshot of the first healthy member to this machine. */
export async function etcdSnapshot(options: EtcdSnapshotOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  view.warnings(spec.warnings)
  const { group, output: file = `${group}-${timeWord(new Date())}.db` } = options
  const members = etcdMembers(spec, group, options.limit)
  return withHosts(
    { spec, options, io, view, needsSecrets: false },
    async ({ session }): Promise<ExitCode> => {
      const failures: string[] = []
      for (const { host, entry } of members) {
        try {
          const source = { connection: connectionOf(entry) }
          const snapshot = await bringTo(file, (temporary) => session.etcdSnapshot(host, source, temporary))
          view.etcdSnapshot({ cluster: spec.cluster.name, group, host, file, ...snapshot })
          return 0
        } catch (error) {
          if (!(error instanceof ConvergeError)) throw error
          // That is no matter of the member.
          if (error.step === 'download') throw error
          failures.push(`${host}: ${error.message}`)
        }
      }
      throw new ConvergeError(
        'no-healthy-member',
        `no member of ${group} can give a snapshot: ${failures.join('; ')}`,
        {
          host: members[0]?.host ?? '',
          step: 'exec',
          remedy: `If ${group} has lost its quorum: \`converge etcd restore --from-member HOST\` goes on with the data of one member.`,
        },
      )
    },
  )
}
