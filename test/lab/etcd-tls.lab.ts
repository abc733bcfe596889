import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { CommandResult } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { builtEtcd, type EtcdArchive, etcdArchive, noGo } from './harness/etcd-archive.ts'
import { type Client, whileWriting } from './harness/etcd-writer.ts'
import { labSuite } from './harness/unavailable.ts'

const hostNames = ['infra0', 'infra1', 'infra2', 'infra3'] as const
const three = hostNames.slice(0, 3)

encrypted('etcd 3.4 with TLS', { archive: () => etcdArchive(), moves: false })
encrypted('etcd 3.7 that moves to TLS', { archive: () => builtEtcd('3.7.3'), moves: true }, noGo)

interface Life {
  readonly archive: () => Promise<EtcdArchive>
  /** Whether it begins and ends in plain text. */
  readonly moves: boolean
}

function encrypted(title: string, { archive, moves }: Life, unavailable?: () => string | undefined): void {
  const test = labSuite(title, unavailable)
  let lab: Lab
  let project: Project
  let etcd: EtcdArchive
  let url: string
  let identity: string

  test.before(async () => {
    lab = await startLab({ hosts: hostNames })
    etcd = await archive()
    url = `${await lab.serve(etcd.directory)}/${etcd.name}`
    project = await createProject(spec(moves ? 'none' : 'required'))
    const file = join(project.directory, 'identity')
    await must(['secrets', 'init', 'ann', '--new-identity', file])
    identity = /AGE-SECRET-KEY-\w+/.exec(await readFile(file, 'utf8'))?.[0] ?? ''
  })

  test.after(async () => {
    await project?.remove()
    await lab?.close()
  })

  const spec = (tls: string, names: readonly string[] = three): string => `cluster: lab
${labSsh(lab, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
attributes:
  etcd: { version: "${etcd.version}", sha256: ${etcd.sha256}, url: "${url}", tls: ${tls}, keys: { /app/a: text } }
hosts:
${hostNames.map((name) => `  ${name}: { address: ${lab.address(name)}, recipes: [${names.includes(name) ? 'etcd' : ''}] }`).join('\n')}
`

  const must = async (words: readonly string[]): Promise<CommandResult> => {
    const result = await project.converge(words, { CONVERGE_IDENTITY: identity ?? '' })
    assert.is(result.exitCode, 0, told(result))
    return result
  }

  const becomes = async (tls: string, names: readonly string[] = three): Promise<void> => {
    await project.write('cluster.yaml', spec(tls, names))
    await must(['secrets', 'generate'])
    await must(['--yes', '--allow-prune'])
    await must(['--dry-run', '--exit-code'])
  }

  const urls = (scheme: string) => three.map((name) => `${scheme}://${lab.address(name)}:2379`)

  let client: Partial<Client> = {}

  /** The writer has what a member has for its own etcdctl. */
  const renewClient = async (): Promise<void> => {
    const read = async (name: string) => (await lab.run('infra0', `cat /etc/etcd/tls/${name}`)).stdout
    client = { ca: await read('ca.crt'), cert: await read('server.crt'), key: await read('server.key') }
  }

  const writing = async (what: string, scheme: string, work: () => Promise<void>): Promise<void> => {
    if (scheme === 'https') await renewClient()
    await whileWriting({ title, what, urls: () => urls(scheme), client: () => client }, work)
  }

  const peerUrls = async (): Promise<readonly string[]> => {
    const list = await lab.run(
      'infra0',
      'set -a; ! . /etc/etcd/etcdctl.env; ETCDCTL_API=3 etcdctl --endpoints=$(sed -n "s/^ETCD_ADVERTISE_CLIENT_URLS=//p" /etc/etcd/etcd.env) member list | cut -d, -f4',
    )
    return list.stdout.trim().split(/\s+/)
  }

  if (!moves)
    test('begins with TLS; both on one port are too much for 3.4', async () => {
      await project.write('cluster.yaml', spec('optional'))
      const plan = await project.converge(['validate'])
      assert.match(told(plan), 'does not serve plain text and TLS on one port')
      await becomes('required')
    })

  /** A part of the life of a cluster that moves. */
  const moving = (what: string, work: () => Promise<void>): void => {
    if (moves) test(what, work)
  }

  moving('begins in plain text', () => becomes('none'))

  moving('refuses to go to TLS at once, and changes nothing', async () => {
    await project.write('cluster.yaml', spec('required'))
    await must(['secrets', 'generate'])
    const plan = await project.converge(['--yes'], { CONVERGE_IDENTITY: identity })
    assert.is(plan.exitCode, 1, told(plan))
    assert.match(plan.stdout, 'set tls to optional first')
    assert.is((await lab.run('infra0', 'ls /etc/etcd/tls')).exitCode, 2)
  })

  moving('lets clients use TLS, and goes on in plain text', async () => {
    await writing('TLS becomes possible', 'http', () => becomes('optional'))
    for (const scheme of ['http', 'https'])
      await writing(`clients use ${scheme}`, scheme, () => must(['--dry-run']).then(() => undefined))
  })

  moving('goes to TLS', async () => {
    await writing('TLS becomes required', 'https', () => becomes('required'))
    assert.equal(
      (await peerUrls()).toSorted(),
      three.map((name) => `https://${lab.address(name)}:2380`).toSorted(),
    )
    const plain = await lab.run('infra0', `curl -s -m 3 http://${lab.address('infra0')}:2379/version`)
    assert.not.match(plain.stdout, 'etcdserver')
    const anonymous = await lab.run('infra0', `curl -sk -m 3 https://${lab.address('infra0')}:2379/version`)
    assert.not.match(anonymous.stdout, 'etcdserver')
  })

  test('grows, and replaces a lost disk', async () => {
    await writing('it grows', 'https', () => becomes('required', hostNames))
    await writing('a disk is lost', 'https', async () => {
      await lab.run(
        'infra1',
        'systemctl kill -s KILL etcd.service; systemctl stop etcd.service; rm -rf /var/lib/etcd/member',
      )
      await becomes('required', three)
    })
  })

  for (const key of moves ? ['etcd/ca', 'etcd/peer-ca'] : ['etcd/peer-ca'])
    test(`goes to another authority: ${key}`, async () => {
      await writing(`${key} is rotated`, 'https', async () => {
        for (const more of [[], ['--continue'], ['--continue']]) {
          await must(['secrets', 'rotate', key, ...more])
          await becomes('required')
          await renewClient()
        }
      })
    })

  test('renews a certificate without a restart', async () => {
    const since = async () =>
      (await lab.run('infra1', 'systemctl show -P ActiveEnterTimestampMonotonic etcd.service')).stdout
    const before = await since()
    await must(['secrets', 'rotate', 'etcd/server/infra1'])
    await must(['secrets', 'rotate', 'etcd/peer/infra1'])
    await becomes('required')
    assert.is(await since(), before)
    await writing('with new certificates', 'https', () => must(['--dry-run']).then(() => undefined))
  })

  test('is restored from a snapshot', async () => {
    const file = join(project.directory, 'snapshot.db')
    await must(['etcd', 'snapshot', '-o', file])
    await must(['etcd', 'restore', '--from', file, '--even-with-quorum', '--yes', '--allow-restore'])
    await must(['--dry-run', '--exit-code'])
    await writing('it is restored', 'https', () => must(['--dry-run']).then(() => undefined))
  })

  moving('refuses to leave TLS at once, and goes back in two steps', async () => {
    await project.write('cluster.yaml', spec('none'))
    const plan = await project.converge(['--dry-run'], { CONVERGE_IDENTITY: identity })
    assert.is(plan.exitCode, 1, told(plan))
    assert.match(plan.stdout, 'set tls to optional first')
    await writing('TLS is optional again', 'https', () => becomes('optional'))
    await writing('TLS is gone', 'http', () => becomes('none'))
    assert.is((await lab.run('infra0', 'ls /etc/etcd/tls')).exitCode, 2)
  })

  test.run()
}

function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`
}
