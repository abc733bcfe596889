import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type EmbeddedHosts, startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder } from '../commands/scratch.ts'

const fleetSize = 30
const names = Array.from({ length: fleetSize }, (_, index) => `node${index}`)

interface Fleet {
  readonly embedded: EmbeddedHosts
  readonly file: string
  /** What the bastion was asked for, such as `forward`. */
  readonly asked: string[]
  readonly root: (name: string) => string
  readonly bastion: EmbeddedHosts['hosts'][number]
}

/** Thirty hosts that are reached through one other, or nothing in their places, and a spec that says so. */
async function withFleet(behind: 'hosts' | 'nothing', act: (fleet: Fleet) => Promise<void>): Promise<void> {
  const directory = scratchFolder()
  const asked: string[] = []
  const embedded = await startEmbeddedHosts({
    names: ['bastion', ...(behind === 'hosts' ? names : [])],
    directory,
    onEvent: (host, { event }) => {
      if (host === 'bastion') asked.push(event)
    },
  })
  const [bastion, ...started] = embedded.hosts
  if (bastion === undefined) throw new Error('no bastion was started')
  const hosts =
    behind === 'hosts' ? started : names.map((name, index) => ({ name, port: index + 1, root: '' }))
  const file = join(directory, 'cluster.yaml')
  await writeFile(
    file,
    `cluster: bastion
ssh: { user: root, identityFile: ${embedded.identityFile}, knownHostsFile: ${embedded.knownHostsFile}, proxyJump: "root@127.0.0.1:${bastion.port}", connectTimeoutSeconds: 10 }
roles: { all: { resources: [{ file: { path: /etc/motd, content: "behind\\n" } }] } }
hosts:
${hosts.map(({ name, port }) => `  ${name}: { address: 127.0.0.1, roles: [all], ssh: { port: ${port} } }`).join('\n')}
`,
  )
  const root = (name: string): string => hosts.find((host) => host.name === name)?.root ?? ''
  try {
    await act({ embedded, file, asked, root, bastion })
  } finally {
    await embedded.close()
  }
}

/** All thirty are reported together, with the step, the bastion and a remedy. */
function namesAll(stdout: string, said: RegExp): void {
  const told = stdout.split('\n')
  const at = told.indexOf(`node[0-${fleetSize - 1}]`)
  assert.ok(at >= 0, stdout)
  const lines = told.slice(at + 1, at + 4).join('\n')
  assert.match(lines, said)
  assert.match(lines, 'remedy: ')
}

test('thirty hosts behind one bastion cost it one connection and no session', () =>
  withFleet('hosts', async ({ file, asked, root }) => {
    const planned = await converge(['--dry-run', '--exit-code', '-f', file, '--parallel', '30'])
    assert.is(planned.code, 2, planned.stdout)
    assert.match(planned.stdout, '30 hosts: 30 to change; 30 changes')
    // So that neither MaxStartups nor MaxSessions of its sshd interferes.
    const connections = () => asked.filter((event) => event === 'connection').length
    assert.is(connections(), 1)
    const applied = await converge(['--yes', '-f', file, '--limit', 'node[0-2]'])
    assert.is(applied.code, 0, applied.stdout)
    for (const name of names.slice(0, 3))
      assert.is(await readFile(join(root(name), 'etc/motd'), 'utf8'), 'behind\n')
    assert.is(connections(), 2)
    assert.equal([...new Set(asked)].toSorted(), ['connection', 'forward'])
  }))

test('a bastion that is down or refuses the login is tried once, and blamed for each of thirty hosts', () =>
  withFleet('nothing', async ({ file, asked, bastion }) => {
    const spec = await readFile(file, 'utf8')
    await writeFile(file, spec.replace('root@127', 'stranger@127'))
    const refused = await converge(['--yes', '-f', file, '--parallel', '5'])
    assert.is(refused.code, 1)
    namesAll(
      refused.stdout,
      /refused at connect: the jump host cannot be used: 127\.0\.0\.1:\d+ refused to authenticate stranger/,
    )
    assert.equal(asked, ['connection'], 'so that no account is locked')
    await writeFile(file, spec)
    await bastion.stop()
    const down = await converge(['--yes', '-f', file, '--parallel', '5'])
    assert.is(down.code, 1)
    namesAll(
      down.stdout,
      /unreachable at connect: the jump host cannot be used: cannot connect to 127\.0\.0\.1:\d+: connection refused/,
    )
  }))

test('a bastion that hangs costs thirty hosts one timeout between them', () =>
  withFleet('nothing', async ({ file, bastion }) => {
    await bastion.stop()
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => sockets.add(socket))
    await new Promise<void>((resolve) => silent.listen(bastion.port, '127.0.0.1', resolve))
    const spec = await readFile(file, 'utf8')
    await writeFile(file, spec.replace('connectTimeoutSeconds: 10', 'connectTimeoutSeconds: 1'))
    const { code, stdout } = await converge(['--yes', '-f', file, '--parallel', '3'])
    const connections = sockets.size
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
    assert.is(code, 1)
    for (const told of stdout.match(/unreachable at connect: .*/g) ?? []) assert.match(told, 'the jump host ')
    assert.match(stdout, '30 unreachable')
    assert.is(connections, 1)
  }))

test.run()
