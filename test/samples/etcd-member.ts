import type { HostCatalog } from '../../src/model/resource.ts'
import { etcdMember } from '../../src/resources/etcd/etcd-member.ts'
import { unit } from '../../src/resources/unit/unit.ts'

interface Tls {
  readonly scheme: 'http' | 'https'
  readonly hasCertificates: boolean
}

/** How a made-up member is called, and where its peers reach it. */
export function sampleMember(host: string, scheme: Tls['scheme'] = 'http') {
  return { name: host, peerUrl: `${scheme}://${host}:2380` }
}

/** A host that is one of the members of `etcd`. */
export function etcdCatalog(
  host: string,
  hosts: readonly string[],
  { scheme, hasCertificates }: Tls = { scheme: 'http', hasCertificates: false },
): HostCatalog {
  const member = etcdMember({
    group: 'etcd',
    unit: 'etcd.service',
    version: '3.6.16',
    etcdctl: '/usr/local/bin/etcdctl',
    release: '/opt/etcd-{version}',
    connect: 'true',
    clientUrls: [`http://${host}:2379`],
    clientVariables: '/etc/etcd/etcdctl.env',
    hasCertificates,
    self: sampleMember(host, scheme),
    members: hosts.map((name) => sampleMember(name, scheme)),
    until: '/var/lib/etcd/member/wal',
    data: '/var/lib/etcd/member',
    file: '/etc/etcd/bootstrap.env',
    content: 'new',
    snapshots: '/var/lib/converge/etcd-snapshots',
    restorer: '/opt/etcd-3.6.16/etcdutl',
    token: 'test',
  })
  const service = unit({
    name: 'etcd.service',
    started: true,
    disruption: {
      group: 'etcd',
      maxUnavailable: 'quorum',
      healthy: 'true',
      healthyTimeoutSeconds: 60,
      data: '/var/lib/etcd/member/wal',
    },
  })
  const entry = { after: [], notifies: [], declaredBy: 'test' }
  return { host, entries: [member, service].map((resource) => ({ ...entry, resource })) }
}
