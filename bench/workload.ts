import type { BenchHosts } from './hosts.ts'

/** What each host gets, in words. */
export const workload = '30 files of 1 KB, a directory, a user and three units per host'

/** Shell that takes the workload off a host again, with all that converge keeps there. */
export const removeWorkload = `
systemctl --quiet disable --now bench-0.service bench-1.service bench-2.service
rm -rf /etc/bench /etc/systemd/system/bench-?.service /var/lib/converge
userdel bench
systemctl daemon-reload`

/** Shell that tells what a host has of the workload besides its files. */
export const showWorkload = `
systemctl is-active bench-0.service bench-1.service bench-2.service
systemctl is-enabled bench-0.service bench-1.service bench-2.service
id -un bench`

/** What that says when all of it is there. */
export const wholeWorkload = `${'active\n'.repeat(3)}${'enabled\n'.repeat(3)}bench\n`

export interface WorkloadHosts {
  /** The section `hosts` of the spec. */
  readonly hosts: string
  /** The section `ssh`, if hosts are contacted. */
  readonly ssh?: string
}

/**
 * The spec of the workload. Every file names its host, so that no host gains from the work for another one. Three files
 * hold the version, and the first unit is restarted when one of them changes.
 */
export function workloadSpec({ hosts, ssh = '' }: WorkloadHosts, version: number): string {
  const files = Array.from({ length: 30 }, (_, index) => file(index, index < 3 ? version : 0))
  return `cluster: bench
${ssh}roles:
  bench:
    resources:
      - user: { name: bench, system: true, home: /nonexistent, shell: /usr/sbin/nologin }
      - directory: { path: /etc/bench, mode: "0755" }
${files.join('')}${[0, 1, 2].map(unit).join('')}hosts:
${hosts}`
}

/** Hosts that run. */
export function reachable({ hosts, identityFile, knownHostsFile }: BenchHosts): WorkloadHosts {
  const files = { identityFile, knownHostsFile }
  return {
    ssh: `ssh: ${JSON.stringify({ user: 'root', ...files })}\n`,
    hosts: hosts
      .map(
        ({ name, address, port }) =>
          `  ${name}: { address: ${address}, ssh: { port: ${port} }, roles: [bench] }\n`,
      )
      .join(''),
  }
}

/** Hosts that are never contacted. */
export function imagined(count: number): WorkloadHosts {
  const last = String(count - 1)
  return { hosts: `  "host-[${'0'.repeat(last.length)}-${last}]": { roles: [bench] }\n` }
}

function file(index: number, version: number): string {
  const line = '            # a line of a configuration file, with a comment as they have\n'
  const lines = Array.from({ length: 16 }, () => line).join('')
  return `      - file:
          path: /etc/bench/${index}.conf
          content: |
            # {{host.name}}
            version = ${version}
${lines}`
}

function unit(index: number): string {
  return `      - unit:
          name: bench-${index}.service
          content:
            Unit: { Description: Workload ${index} }
            Service: { ExecStart: /usr/bin/sleep infinity, User: bench }
            Install: { WantedBy: multi-user.target }
          enabled: true
          started: true
${index === 0 ? `          restartOn: ${JSON.stringify(versioned.map((path) => `file[${path}]`))}\n` : ''}`
}

/** The files that hold the version. */
const versioned = [0, 1, 2].map((index) => `/etc/bench/${index}.conf`)
