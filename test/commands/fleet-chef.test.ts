import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filesIn } from '../samples/files-in.ts'
import { converge } from './recording-io.ts'
import { scratchFolder } from './scratch.ts'

// The clusters of fixtures/clusters/fleet-chef: the recipes of the library together.

const fixture = fileURLToPath(new URL('../../fixtures/clusters/fleet-chef', import.meta.url))
const folder = scratchFolder()

const clusters = [
  { name: 'static', spec: 'static.yaml', argv: [] },
  { name: 'discovery', spec: 'discovery.yaml', argv: [] },
  { name: 'discovery-proxy', spec: 'discovery.yaml', argv: ['--environment', 'proxy'] },
  { name: 'debian', spec: 'debian.yaml', argv: [] },
]

for (const { name, spec, argv } of clusters) {
  test(`renders exactly the expected files: ${name}`, async () => {
    const output = join(folder, name)
    const file = join(fixture, spec)
    const { code, stderr } = await converge(['render', '-o', output, '-f', file, ...argv])
    assert.is(code, 0, stderr)
    const expected = join(fixture, 'expected', name)
    const found = filesIn(output)
    found.delete('.converge-render.json')
    assert.equal(found, filesIn(expected))
  })
}

/** The keys and values of `Environment=` in a unit. */
function environmentOf(path: string): Map<string, string> {
  const lines = readFileSync(join(fixture, 'expected', path), 'utf8').matchAll(
    /^Environment=([A-Z_]+)=(.*)$/gm,
  )
  return new Map([...lines].map(([, key = '', value = '']) => [key, value]))
}

const listed = [
  'ETCD_DISCOVERY',
  'ETCD_DATA_DIR',
  'ETCD_NAME',
  'ETCD_INITIAL_ADVERTISE_PEER_URLS',
  'ETCD_LISTEN_CLIENT_URLS',
  'ETCD_LISTEN_PEER_URLS',
  'ETCD_ADVERTISE_CLIENT_URLS',
]

test('with discovery a unit of etcd has the variables of the listing, and advertises the ports of clients', () => {
  const variables = environmentOf('discovery/infra0/etc/systemd/system/etcd.service')
  assert.equal([...variables.keys()].sort(), listed.toSorted())
  assert.is(variables.get('ETCD_ADVERTISE_CLIENT_URLS'), 'http://192.168.33.9:2379')
  assert.is(variables.get('ETCD_LISTEN_PEER_URLS'), 'http://192.168.33.9:2380,http://192.168.33.9:7001')
})

test('it advertises other URLs if that is asked for', async () => {
  const urls = '["http://192.168.33.9:2380", "http://192.168.33.9:7001"]'
  const output = join(folder, 'odd')
  const set = ['--set', `etcd.advertiseClientUrls=${urls}`]
  const { code, stderr } = await converge([
    'render',
    '-o',
    output,
    '-f',
    join(fixture, 'discovery.yaml'),
    ...set,
  ])
  assert.is(code, 0, stderr)
  const unit = readFileSync(join(output, 'infra0/etc/systemd/system/etcd.service'), 'utf8')
  assert.match(unit, 'ETCD_ADVERTISE_CLIENT_URLS=http://192.168.33.9:2380,http://192.168.33.9:7001\n')
})

test('the environment proxy reaches shells, units, docker and the discovery of etcd, and nothing else changes', () => {
  const [plain, proxied] = ['discovery', 'discovery-proxy'].map((name) =>
    filesIn(join(fixture, 'expected', name, 'infra0')),
  )
  const changed = [...(proxied ?? [])]
    .filter(([path, text]) => plain?.get(path) !== text)
    .map(([path]) => path)
  assert.equal(changed.sort(), [
    'etc/profile.d/proxy.sh',
    'etc/systemd/system.conf.d/10-proxy.conf',
    'etc/systemd/system/docker.service.d/10-proxy.conf',
    'etc/systemd/system/etcd.service',
  ])
  const etcd = environmentOf('discovery-proxy/infra0/etc/systemd/system/etcd.service')
  assert.is(etcd.get('ETCD_DISCOVERY_PROXY'), 'http://proxy.example.com:8080')
})

test('a proxy of etcd is no member, and fleet on it asks its own etcd first', () => {
  const edge = filesIn(join(fixture, 'expected/debian/edge0'))
  const members = 'core0=http://10.20.0.10:2380,core1=http://10.20.0.11:2380,core2=http://10.20.0.12:2380'
  assert.is(edge.get('etc/etcd/bootstrap.env'), `ETCD_INITIAL_CLUSTER=${members}\n`)
  assert.match(edge.get('etc/etcd/etcd.env') ?? '', 'ETCD_PROXY=on\n')
  assert.match(edge.get('etc/fleet/fleet.conf') ?? '', 'etcd_servers=["http://127.0.0.1:2379",')
})

test.run()
