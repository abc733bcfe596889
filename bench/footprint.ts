import { slowNetwork } from '../test/lab/slow-network.ts'
import { type Act, actOn, type ByCase, type Case, cases, type Doer, inAllCases } from './converge-runs.ts'
import type { BenchHosts } from './hosts.ts'

/** What a case costs on one host, however fast network and machines are. */
interface Footprint {
  /** How often one side waited for the other. */
  readonly roundTrips: number
  /** Processes that the host started. */
  readonly processes: number
}

export type FootprintResult = Readonly<Record<Doer, ByCase<Footprint>>>

const roundTripMs = 100

/** Undefined for embedded hosts, which share the processes of this machine. */
export async function measureFootprint(
  all: BenchHosts,
  folder: string,
): Promise<FootprintResult | undefined> {
  const { run } = all
  const [host] = all.hosts
  if (run === undefined || host === undefined) return undefined
  const near = { ...all, hosts: [host] }
  const slow = await slowNetwork({ hosts: near.hosts, knownHostsFile: all.knownHostsFile }, folder, {
    roundTripMs,
  })
  const far = {
    ...near,
    hosts: [{ ...host, address: '127.0.0.1', port: slow.ports[host.name] ?? 0 }],
    knownHostsFile: slow.knownHostsFile,
  }
  const lastPid = async () => Number(await run(host.name, 'cat /proc/sys/kernel/ns_last_pid'))
  const asking = -(await lastPid()) + (await lastPid())
  const measured = async (doer: Doer): Promise<ByCase<Footprint>> => {
    // The second time nothing is done for the first time any more.
    const rounds: ByCase<Act>[] = []
    for (const hosts of [near, near, far])
      rounds.push(await inAllCases(doer, hosts, (name) => actOn(hosts, folder)(doer, name, 0)))
    const [, fast, slowed] = rounds
    const of = (name: Case): Footprint | undefined => {
      const [one, other] = [fast?.[name], slowed?.[name]]
      if (one === undefined || other === undefined) return undefined
      return {
        processes: one.processes - asking,
        roundTrips: Math.round((other.wallMs - one.wallMs) / roundTripMs),
      }
    }
    return Object.fromEntries(cases.flatMap((name) => (of(name) === undefined ? [] : [[name, of(name)]])))
  }
  try {
    return { floor: await measured('floor'), converge: await measured('converge') }
  } finally {
    await slow.close()
  }
}
