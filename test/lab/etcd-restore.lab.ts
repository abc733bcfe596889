import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { CommandResult } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { builtEtcd, type EtcdArchive, etcdArchive, noGo } from './harness/etcd-archive.ts'
import { startWriter } from './harness/etcd-writer.ts'
import { labSuite } from './harness/unavailable.ts'

const hostNames = ['infra0', 'infra1', 'infra2'] as const
const lose = 'systemctl kill -s KILL etcd.service; systemctl stop etcd.service; rm -rf /var/lib/etcd/member'

restores('etcd 3.4 that is restored', () => etcdArchive())
restores('etcd 3.6 that is restored', () => builtEtcd('3.6.16'), noGo)

function restores(
  title: string,
  archive: () => Promise<EtcdArchive>,
  unavailable?: () => string | undefined,
): void {
  const test = labSuite(title, unavailable)
  let lab: Lab
  let project: Project

  test.before(async () => {
    lab = await startLab({ hosts: hostNames })
    const { directory, name, version, sha256 } = await archive()
    project = await createProject(`cluster: lab
${labSsh(lab, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
attributes:
  etcd: { version: "${version}", sha256: ${sha256}, url: "${await lab.serve(directory)}/${name}" }
hosts:
${hostNames.map((host) => `  ${host}: { address: ${lab.address(host)}, recipes: [etcd] }`).join('\n')}
`)
    const applied = await project.converge(['--yes'])
    assert.is(applied.exitCode, 0, told(applied))
  })

  test.after(async () => {
    await project?.remove()
    await lab?.close()
  })

  const clientUrls = (): readonly string[] => hostNames.map((host) => `http://${lab.address(host)}:2379`)

  /** Writes for a while; all that is acknowledged is there in the end. */
  const write = async (prefix: string, ms: number): Promise<number> => {
    const writer = startWriter(clientUrls, prefix)
    await delay(ms)
    const { acknowledged, lost } = await writer.finish()
    assert.equal(lost, [])
    assert.ok(acknowledged > 0, prefix)
    return acknowledged
  }

  const etcdctl = (host: string, words: string): Promise<CommandResult> =>
    lab.run(host, `ETCDCTL_API=3 etcdctl --endpoints=http://${lab.address(host)}:2379 ${words}`)

  const keys = async (prefix: string, host = 'infra0'): Promise<number> => {
    const found = await etcdctl(host, `get ${prefix}/ --prefix --keys-only`)
    return found.stdout.split('\n').filter((line) => line !== '').length
  }

  const clusterId = async (host = 'infra0'): Promise<string> =>
    /"cluster_id": ?(\d+)/.exec((await etcdctl(host, 'endpoint status -w json')).stdout)?.[1] ?? ''

  const isConverged = async (): Promise<void> => {
    const plan = await project.converge(['--dry-run', '--exit-code'])
    assert.is(plan.exitCode, 0, told(plan))
    const ids = await Promise.all(hostNames.map((host) => clusterId(host)))
    assert.is(new Set(ids).size, 1, ids.join())
    const list = await etcdctl('infra0', 'member list -w simple')
    assert.is(list.stdout.trimEnd().split('\n').length, hostNames.length, told(list))
  }

  const snapshot = async (file: string): Promise<void> => {
    const taken = await project.converge(['etcd', 'snapshot', '-o', file])
    assert.is(taken.exitCode, 0, told(taken))
  }

  test('brings a snapshot to this machine, which etcd itself takes for whole', async () => {
    await write('first', 1000)
    const file = join(project.directory, 'whole.db')
    await snapshot(file)
    assert.is((await stat(file)).mode & 0o777, 0o600)
    const left = await lab.run('infra0', 'ls /var/tmp | grep -c ^converge- || :')
    assert.is(left.stdout.trim(), '0')
    assert.ok((await readFile(file)).length > 1000)
  })

  test('refuses to replace a cluster that works, and one that nobody has consented to', async () => {
    const file = join(project.directory, 'whole.db')
    const works = await project.converge(['etcd', 'restore', '--from', file, '--dry-run'])
    assert.is(works.exitCode, 1, told(works))
    assert.match(works.stdout, 'etcd has its quorum')
    const before = await clusterId()
    const words = ['etcd', 'restore', '--from', file, '--even-with-quorum', '--yes']
    const refused = await project.converge(words)
    assert.is(refused.exitCode, 3, told(refused))
    assert.match(told(refused), '--allow-restore')
    assert.is(await clusterId(), before)
  })

  test('restores a snapshot on all members after two of three have lost their disks', async () => {
    const before = await clusterId()
    const kept = await write('kept', 1500)
    const file = join(project.directory, 'kept.db')
    await snapshot(file)
    await write('lost', 1000)
    await lab.run('infra1', lose)
    await lab.run('infra2', lose)
    const plain = await project.converge(['--dry-run'])
    assert.is(plain.exitCode, 1, told(plain))
    assert.match(told(plain), 'converge etcd restore')
    const applied = await project.converge(['etcd', 'restore', '--from', file, '--yes', '--allow-restore'])
    assert.is(applied.exitCode, 0, told(applied))
    await isConverged()
    assert.is(await keys('kept'), kept)
    assert.is(await keys('lost'), 0)
    assert.is.not(await clusterId(), before)
    const aside = await lab.run('infra0', 'ls -d /var/lib/etcd/member.before-*')
    assert.is(aside.exitCode, 0, told(aside))
    await write('after', 500)
  })

  test('goes on with the data of the one member that is left, running or not', async () => {
    for (const running of [true, false]) {
      const all = await write(`survived-${running}`, 1500)
      await delay(500)
      await lab.run('infra0', lose)
      await lab.run('infra2', lose)
      if (!running)
        await lab.run('infra1', 'systemctl kill -s KILL etcd.service; systemctl stop etcd.service')
      const applied = await project.converge([
        ...['etcd', 'restore', '--from-member', 'infra1', '--yes', '--allow-restore'],
      ])
      assert.is(applied.exitCode, 0, told(applied))
      await isConverged()
      assert.is(await keys(`survived-${running}`), all)
    }
  })

  test('begins nowhere if one member cannot, and is not started by systemd or converge until it is repeated', async () => {
    const all = await write('together', 1000)
    const file = join(project.directory, 'together.db')
    await snapshot(file)
    const words = ['etcd', 'restore', '--from', file, '--even-with-quorum', '--yes', '--allow-restore']
    const tools = '/opt/etcd-*/etcdutl /opt/etcd-*/etcdctl'
    await lab.run('infra2', `for tool in ${tools}; do chmod -x $tool; done`)
    const failed = await project.converge(words)
    assert.is(failed.exitCode, 1, told(failed))
    assert.match(told(failed), 'infra2 has not come so far, so no member begins')
    await lab.cutPower('infra0')
    await lab.start('infra0')
    const plain = await project.converge(['--yes', '--json'])
    const { hosts } = JSON.parse(plain.stdout)
    assert.equal(
      hosts.map(({ status }: { status: string }) => status),
      hostNames.map(() => 'failed'),
      told(plain),
    )
    for (const host of ['infra0', 'infra1']) {
      const state = await lab.run(host, 'systemctl start etcd.service; systemctl is-active etcd.service')
      assert.is(state.stdout.trim(), 'inactive', told(state))
    }
    await lab.run('infra2', `for tool in ${tools}; do chmod +x $tool; done`)
    const repeated = await project.converge(words)
    assert.is(repeated.exitCode, 0, told(repeated))
    await isConverged()
    assert.is(await keys('together'), all)
  })

  test('a restore that is killed is refused by converge, starts nothing, and goes on', async () => {
    const all = await write('killed', 1000)
    const file = join(project.directory, 'killed.db')
    await snapshot(file)
    const words = ['etcd', 'restore', '--from', file, '--even-with-quorum', '--yes', '--allow-restore']
    let interrupted = 0
    for (const seconds of [2, 3, 4, 5, 6]) {
      await project.converge(words, {}, seconds).catch(() => undefined)
      // A host that has started goes on by itself, or waits for the others in vain.
      for (const host of hostNames) await project.converge(['unlock', host])
      const unfinished = await lab.run(
        'infra0',
        'ls /etc/systemd/system/etcd.service.d/converge-restore.conf',
      )
      if (unfinished.exitCode === 0) {
        interrupted += 1
        const plain = await project.converge(['--yes'])
        assert.is(plain.exitCode, 1, told(plain))
        assert.match(told(plain), 'is not over')
        const started = await lab.run('infra0', 'systemctl start etcd.service')
        assert.is.not(started.exitCode, 0, told(started))
      }
    }
    console.log(`${title}: ${interrupted} of 5 kills came in the middle`)
    const applied = await project.converge([...words, '--lock-wait', '1m'])
    assert.is(applied.exitCode, 0, told(applied))
    await isConverged()
    assert.is(await keys('killed'), all)
  })

  test.run()
}

function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`
}
