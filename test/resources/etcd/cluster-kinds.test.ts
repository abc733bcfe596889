import { Secret } from '../../../src/model/secret.ts'
import { etcdKey } from '../../../src/resources/etcd/etcd-key.ts'
import { etcdRole } from '../../../src/resources/etcd/etcd-role.ts'
import { etcdUser } from '../../../src/resources/etcd/etcd-user.ts'
import { clusterKindContract } from '../../contracts/cluster-kind.ts'

const canaries = ['canary-one', 'canary-other']

function secret(state: 'one' | 'other'): Secret {
  const keyring = {
    valueOf: () => `canary-${state}`,
    publicOf: () => undefined,
    fingerprint: (text: string) => `salted ${text.length}`,
  }
  return Secret.of(keyring, 'web/db')
}

const at = (host: string) => ({
  group: 'etcd',
  etcdctl: '/usr/local/bin/etcdctl',
  connect: 'true',
  clientUrls: [`http://${host}:2379`],
  clientVariables: '/etc/etcd/etcdctl.env',
})

const theirKey = {
  type: 'key',
  sha256: 'f'.repeat(64),
  sizeBytes: 6,
  revision: 9,
  content: 'theirs',
} as const

clusterKindContract('etcdKey', {
  make: (host, state) => etcdKey({ ...at(host), key: '/app/a', value: state }),
  theirs: theirKey,
  isUndone: true,
  canaries: [],
})

clusterKindContract('etcdKey', {
  make: (host, state) => etcdKey({ ...at(host), key: '/app/a', value: secret(state) }),
  theirs: theirKey,
  isUndone: true,
  canaries,
})

clusterKindContract('etcdRole', {
  make: (host, state) =>
    etcdRole({
      ...at(host),
      role: 'app',
      permissions: [{ key: '/app/', prefix: true, access: state === 'one' ? 'read' : 'readwrite' }],
    }),
  theirs: { type: 'role', permissions: [{ access: 'read', key: '/theirs' }] },
  isUndone: true,
  canaries: [],
})

clusterKindContract('etcdUser', {
  make: (host, state) =>
    etcdUser({ ...at(host), user: 'web', password: secret(state), roles: state === 'one' ? [] : ['app'] }),
  theirs: { type: 'user', roles: ['theirs'] },
  isUndone: false,
  canaries,
})

clusterKindContract('etcdUser', {
  make: (host, state) => etcdUser({ ...at(host), user: 'web', roles: state === 'one' ? [] : ['app'] }),
  theirs: { type: 'user', roles: ['theirs'] },
  isUndone: true,
  canaries: [],
})
