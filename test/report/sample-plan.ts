import { createHash } from 'node:crypto'
import { CommandError, ConvergeError } from '../../src/model/errors.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { Content, Operation } from '../../src/model/operation.ts'
import type { Change, FileTexts, HostPlan, Omission, Plan, Wave } from '../../src/model/plan.ts'

export function content(data: string): Content {
  const bytes = Buffer.from(data)
  return {
    encoding: 'utf8',
    data,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
  }
}

export const facts: Facts = {
  platform: { os: 'debian', release: '12', arch: 'amd64', init: 'systemd', uid: 0, rooted: false },
  paths: {},
  units: {},
  users: {},
  groups: {},
  packages: {},
  accounts: {},
  tools: {},
  checks: {},
  answers: {},
  objects: {},
  pending: [],
  journal: '',
}

export function write(path: string, data: string): Extract<Operation, { op: 'write' }> {
  return { op: 'write', path, content: content(data), owner: 'root', group: 'root', mode: '0644' }
}

const restartEtcd: Operation = { op: 'unit', unit: 'etcd.service', action: 'restart' }

export function change(operation: Operation, more: Partial<Change> = {}): Change {
  return {
    resource: 'file[/etc/motd]',
    operation,
    reason: 'content will change',
    expects: [],
    owes: [],
    settles: [],
    ...more,
  }
}

/** A file that is written; its texts, or why they are not shown. */
export function fileChange(path: string, texts: FileTexts | Omission): Change {
  const isShown = typeof texts === 'object'
  return change(write(path, isShown ? (texts.after ?? '') : ''), {
    resource: `file[${path}]`,
    diff: isShown ? { path, shown: texts } : { path, omitted: texts },
  })
}

export const restartChange = change(restartEtcd, {
  resource: 'unit[etcd.service]',
  reason: 'notified by file[/etc/etcd/etcd.env]',
  settles: [{ resource: 'unit[etcd.service]', action: 'restart' }],
})

export function planned(host: string, changes: readonly Change[], notes: readonly string[] = []): HostPlan {
  return { host, status: 'planned', changes, facts, disrupts: [], notes }
}

export function wave(hosts: readonly string[], more: Partial<Wave> = {}): Wave {
  return { hosts, gates: [], bootstrap: [], ...more }
}

export function plan(hosts: readonly HostPlan[], waves?: readonly Wave[]): Plan {
  const all = waves ?? [wave(hosts.map((host) => host.host))]
  return {
    cluster: 'sample',
    intent: { kind: 'apply', prune: true, release: false },
    hosts,
    waves: all,
    departed: [],
    consents: [],
  }
}

export const refused = new ConvergeError('connect-failed', 'connection refused by 192.0.2.1:22', {
  host: 'infra1',
  step: 'connect',
  remedy: 'Check that sshd runs and that the address is right.',
  cause: new Error('connect ECONNREFUSED'),
})

export const diskFull = new CommandError('write /etc/motd failed', {
  host: 'infra0',
  step: 'apply',
  exitCode: 1,
  stderr: 'dd: error writing: No space left on device\n',
  remedy: 'Free space on /, then run converge again.',
})
