import type { Probe } from '../../src/model/facts.ts'

/** A question to a host as one line: `path /etc/x`, `unit web.service`, `check test -e /x`. */
export function probeLine(probe: Probe): string {
  switch (probe.probe) {
    case 'path':
      return `path ${probe.path}`
    case 'unit':
      return `unit ${probe.unit}`
    case 'account':
      return `account ${probe.account}`
    case 'tool':
      return `tool ${probe.tool}`
    case 'check':
      return `check ${probe.command}`
    case 'reboot':
      return 'reboot'
    default:
      return `${probe.probe} ${probe.name}`
  }
}
