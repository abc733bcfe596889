import { type Cluster, type Host, noTrace } from '../../src/model/cluster.ts'

/** A host of a cluster, with nothing to do. */
export function sampleHost(name: string, more: Partial<Host> = {}): Host {
  return {
    name,
    index: 0,
    address: `${name}.example.com`,
    target: { transport: 'memory' },
    platform: {
      init: 'systemd',
      stateDir: '/var/lib/converge',
      stagingDir: '/var/tmp',
      binDir: '/usr/local/bin',
    },
    environment: undefined,
    labels: {},
    roles: [],
    attributes: {},
    runList: [],
    declarations: () => [],
    trace: noTrace,
    ...more,
  }
}

export function sampleCluster(hosts: readonly Host[], name = 'demo'): Cluster {
  return {
    name,
    environment: undefined,
    data: {},
    file: 'cluster.yaml',
    root: '.',
    hosts,
    mistakes: () => [],
  }
}
