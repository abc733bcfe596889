import { readFileSync, writeFileSync } from 'node:fs'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts'
import type { CrashHost, SessionOptions } from './hosts.ts'
import { after } from './scenario.ts'

/** Hosts and how to log in to them. */
export interface Reachable {
  readonly hosts: readonly CrashHost[]
  readonly identityFile: string
  readonly knownHostsFile: string
}

/** The same hosts in two ways: each through a proxy of its own, and without. */
export interface ProxiedHosts {
  readonly through: SessionOptions
  readonly direct: SessionOptions
  readonly proxies: readonly CuttingProxy[]
  close(): void
}

/** What happens at which message on the way to one host. */
export interface Cut {
  readonly cutAt?: number
  readonly onReached?: () => void
}

export async function putProxiesBefore(
  { hosts, identityFile, knownHostsFile }: Reachable,
  cuts: readonly Cut[],
): Promise<ProxiedHosts> {
  const proxies = await Promise.all(hosts.map((to, index) => startCuttingProxy({ to, ...cuts[index] })))
  const behind = hosts.map((host, index) => {
    const proxy = proxies[index]
    if (proxy === undefined) throw new Error(`there is no proxy for ${host.name}`)
    return { ...host, address: proxy.address, port: proxy.port }
  })
  const proxiedKnownHosts = `${knownHostsFile}-${proxies
    .map(({ port }) => port)
    .join('-')
    .slice(0, 60)}`
  writeFileSync(proxiedKnownHosts, knownHosts(readFileSync(knownHostsFile, 'utf8'), hosts, behind))
  const shared = { identityFile, resources: after(), library: hostLibrary() }
  return {
    through: { ...shared, hosts: behind, knownHostsFile: proxiedKnownHosts },
    direct: { ...shared, hosts, knownHostsFile },
    proxies,
    close() {
      for (const proxy of proxies) proxy.close()
    },
  }
}

/** The hosts' keys under the addresses of their proxies. */
function knownHosts(text: string, hosts: readonly CrashHost[], behind: readonly CrashHost[]): string {
  const lines = text.split('\n')
  return hosts
    .map(({ address, port }, index) => {
      const names = port === 22 ? [address, `[${address}]:22`] : [`[${address}]:${port}`]
      const line = lines.find((candidate) => names.some((name) => candidate.startsWith(`${name} `)))
      if (line === undefined) throw new Error(`${address}:${port} has no known key`)
      const proxy = behind[index]
      return `[${proxy?.address}]:${proxy?.port} ${line.slice(line.indexOf(' ') + 1)}\n`
    })
    .join('')
}
