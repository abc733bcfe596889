import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { flags, unknownVariable } from '../../recipes/etcd/variables.ts'
import { type CommandResult, mustRun, run } from '../../src/lab/command.ts'
import { type Lab, startLab } from '../../src/lab/lab.ts'
import { figure } from '../figure.ts'
import { createProject, labSsh, type Project } from './harness/converge.ts'
import { builtEtcd, type EtcdArchive, etcdArchive, noGo } from './harness/etcd-archive.ts'
import { whileWriting } from './harness/etcd-writer.ts'
import { labSuite } from './harness/unavailable.ts'

const hostNames = ['infra0', 'infra1', 'infra2', 'infra3', 'infra4'] as const

members('etcd 3.4 whose members change', [() => etcdArchive()])
members(
  'etcd 3.5 to 3.7 whose members change',
  ['3.5.35', '3.6.16', '3.7.3'].map((version) => () => builtEtcd(version)),
  noGo,
)

interface Variation {
  /** By host: another address of its own. */
  readonly moved?: Readonly<Record<string, string>>
  /** By host: what the spec calls it. */
  readonly renamed?: Readonly<Record<string, string>>
}

/** The life of a cluster: it begins with the first release, and goes to the others at the end. */
function members(
  title: string,
  archives: readonly (() => Promise<EtcdArchive>)[],
  unavailable?: () => string | undefined,
): void {
  const test = labSuite(title, unavailable)
  let lab: Lab
  let project: Project
  let releases: readonly (EtcdArchive & { readonly url: string })[]
  let running = 0

  test.before(async () => {
    lab = await startLab({ hosts: hostNames })
    const built: (EtcdArchive & { readonly url: string })[] = []
    for (const archive of archives) {
      const one = await archive()
      built.push({ ...one, url: `${await lab.serve(one.directory)}/${one.name}` })
    }
    releases = built
    project = await createProject(spec(['infra0']))
  })

  test.after(async () => {
    await project?.remove()
    await lab?.close()
  })

  const spec = (names: readonly string[], { moved = {}, renamed = {} }: Variation = {}): string => {
    const release = releases[running]
    return `cluster: lab
${labSsh(lab, 'root')}
platform: { os: debian, release: "12", arch: amd64 }
attributes:
  etcd:
    version: "${release?.version}"
    sha256: ${release?.sha256}
    url: ${release?.url}
hosts:
${hostNames.map((name) => `  ${renamed[name] ?? name}: { address: ${moved[name] ?? lab.address(name)}, ssh: { host: ${lab.address(name)} }, recipes: [${names.includes(name) ? 'etcd' : ''}] }`).join('\n')}
`
  }

  const clientUrls = (): readonly string[] => hostNames.map((name) => `http://${lab.address(name)}:2379`)

  const writing = (what: string, work: () => Promise<void>): Promise<void> =>
    whileWriting({ title, what, urls: clientUrls }, work)

  const isMadeOf = async (names: readonly string[], { renamed = {} }: Variation = {}): Promise<void> => {
    const endpoint = `http://${lab.address(names[0] ?? '')}:2379`
    const list = await lab.run(
      names[0] ?? '',
      `ETCDCTL_API=3 etcdctl --endpoints=${endpoint} member list -w simple | cut -d, -f2,3,6 | sort -k2`,
    )
    assert.equal(
      list.stdout.trimEnd().split('\n').toSorted(),
      names.map((name) => ` started, ${renamed[name] ?? name}, false`).toSorted(),
      told(list),
    )
    const plan = await project.converge(['--dry-run', '--exit-code'])
    assert.is(plan.exitCode, 0, told(plan))
  }

  const becomes = async (names: readonly string[], options: Variation = {}): Promise<void> => {
    await project.write('cluster.yaml', spec(names, options))
    const applied = await project.converge(['--yes', '--allow-prune', '--lock-wait', '1m'])
    assert.is(applied.exitCode, 0, told(applied))
    await isMadeOf(names, options)
  }

  const three = ['infra0', 'infra1', 'infra2']

  test('the releases know the variables that the recipe says they know', async () => {
    for (const { file, version } of releases) {
      const directory = await mkdtemp(join(tmpdir(), 'converge-etcd-'))
      await mustRun('tar', ['-xzf', file, '-C', directory, '--strip-components=1'])
      for (const flag of flags.flatMap(([, , names]) => names.split(/\s+/))) {
        const said = await run(join(directory, 'etcd'), ['--version', `--${flag}=true`])
        const isKnown = !`${said.stdout}${said.stderr}`.includes('not defined')
        const variable = `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`
        assert.is(unknownVariable(variable, version) === undefined, isKnown, `${variable} of ${version}`)
      }
      await rm(directory, { recursive: true })
    }
  })

  test('begins with one member', async () => {
    await becomes(['infra0'])
  })

  test('grows to three, one after the other, each as a learner first', async () => {
    await project.write('cluster.yaml', spec(three))
    const plan = JSON.parse((await project.converge(['--dry-run', '--json'])).stdout)
    const waves: string[][] = plan.waves.map((wave: { hosts: string[] }) => wave.hosts)
    assert.equal(waves, [['infra1'], ['infra2']])
    await writing('growing from one to three', () => becomes(three))
  })

  test('grows to five and shrinks to three, of which the first one is no more', async () => {
    await writing('growing to five', () => becomes(hostNames))
    await writing('shrinking to three', () => becomes(['infra2', 'infra3', 'infra4']))
    await writing('two members change places', () => becomes(three))
  })

  test('replaces a member that has lost its data, and never begins a second cluster', async () => {
    await writing('a lost disk is replaced', async () => {
      await lab.run(
        'infra1',
        'systemctl kill -s KILL etcd.service; systemctl stop etcd.service; rm -rf /var/lib/etcd/member',
      )
      await becomes(three)
    })
  })

  test('replaces a dead member by another host', async () => {
    await writing('a dead member is replaced', async () => {
      await lab.cutPower('infra2')
      const names = ['infra0', 'infra1', 'infra3']
      await project.write('cluster.yaml', spec(names))
      const applied = await project.converge(['--yes', '--allow-prune', '--limit', '!infra2'])
      assert.is(applied.exitCode, 0, told(applied))
    })
    await lab.start('infra2')
    await writing('what is left of it goes', () => becomes(['infra0', 'infra1', 'infra3']))
    await writing('it comes back', () => becomes(three))
  })

  test('refuses what would cost the quorum, with the arithmetic', async () => {
    await lab.run('infra1', 'systemctl stop etcd.service')
    await project.write('cluster.yaml', spec(['infra0', 'infra1']))
    const plan = await project.converge(['--dry-run', '--limit', 'infra0,infra2'])
    assert.is(plan.exitCode, 1, told(plan))
    assert.match(
      plan.stdout,
      /etcd would lose its quorum: without infra2 .* it has 2 voting members, of which 2 must answer, and 1 does/,
    )
    await becomes(three)
  })

  test('follows a member to another address, and by another name', async () => {
    const second = lab.address('infra2').replace(/\d+$/, '200')
    const subnet = (await lab.run('infra2', "ip -4 -o addr show dev host0 | awk '{ print $4 }'")).stdout
    await lab.run('infra2', `ip addr add ${second}/${subnet.trim().split('/')[1]} dev host0`)
    await writing('a member moves', () => becomes(three, { moved: { infra2: second } }))
    await writing('it moves back', () => becomes(three))
    await writing('it is renamed', () => becomes(three, { renamed: { infra2: 'node2' } }))
    await writing('it has its name again', () => becomes(three))
  })

  test('goes from any members to any others, with disks that are lost', async () => {
    let seed = 20261127
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    const sequences = process.env.CONVERGE_FUZZ === undefined ? 10 : 200
    await writing('random changes', async () => {
      let names: readonly string[] = three
      for (let index = 0; index < sequences; index += 1) {
        const kept = names[random(names.length)] ?? ''
        const others = names.filter((name) => name !== kept)
        if (others.length >= 2 && random(2) === 0) {
          const lost = others[random(others.length)] ?? ''
          const lose =
            'systemctl kill -s KILL etcd.service; systemctl stop etcd.service; rm -rf /var/lib/etcd/member'
          await lab.run(lost, lose)
        }
        names = hostNames.filter((name) => name === kept || random(2) === 0)
        // What would cost the quorum is refused until those that lost their disk have joined again.
        await project.write('cluster.yaml', spec(names))
        await project.converge(['--yes', '--allow-prune'])
        await becomes(names)
      }
      await becomes(three)
    })
    figure(`${title}: random changes of members that end as declared`, sequences)
  })

  test('goes on where a killed run has stopped', async () => {
    await project.write('cluster.yaml', spec([...three, 'infra3']))
    await lab.run('infra3', 'systemctl mask --runtime etcd.service')
    const failed = await project.converge(['--yes', '--allow-prune'])
    assert.is(failed.exitCode, 1, told(failed))
    await lab.run('infra3', 'systemctl unmask --runtime etcd.service')
    await writing('a join goes on', () => becomes([...three, 'infra3']))
    await writing('it leaves again', () => becomes(three))
  })

  test('ends where it should when a link between two members is cut meanwhile', async () => {
    const route = `blackhole ${lab.address('infra1')}`
    for (const [index, names] of [[...three, 'infra3'], three].entries())
      await writing(`a link is cut while it becomes ${names.length}`, async () => {
        await project.write('cluster.yaml', spec(names))
        const converging = project.converge(['--yes', '--allow-prune'])
        await delay(1000 + 2000 * index)
        await lab.run('infra0', `ip route add ${route}; sleep 8; ip route del ${route}`)
        await converging
        await becomes(names)
      })
  })

  test('ends where it should after kills of the controller, of members and of a host at any moment', async () => {
    await writing('much is killed', async () => {
      for (const [index, names] of [hostNames, three, hostNames, three].entries()) {
        await project.write('cluster.yaml', spec(names))
        const converging = project.converge(['--yes', '--allow-prune'], {}, 2 + index).catch(() => undefined)
        await delay(1500 + 700 * index)
        await lab.run(three[index % 3] ?? '', 'systemctl kill -s KILL etcd.service')
        await converging
        if (index === 1) {
          await lab.cutPower('infra1')
          await lab.start('infra1')
        }
        await delay(8000)
        // What was planned while a killed run still went on is refused.
        await project.converge(['--yes', '--allow-prune', '--lock-wait', '1m'])
        await becomes(names)
      }
    })
  })

  if (archives.length > 1)
    test('goes from release to release, and refuses to leave one out or to go back', async () => {
      running = 2
      await project.write('cluster.yaml', spec(three))
      const leap = await project.converge(['--dry-run'])
      assert.is(leap.exitCode, 1, told(leap))
      assert.match(leap.stdout, 'etcd is upgraded by one minor version at a time')
      for (running = 1; running < releases.length; running += 1)
        await writing(`going to ${releases[running]?.version}`, () => becomes(three))
      running = 1
      await project.write('cluster.yaml', spec(three))
      const back = await project.converge(['--dry-run'])
      assert.is(back.exitCode, 1, told(back))
      assert.match(back.stdout, 'cannot read what they have written')
      running = 2
      const kept = await lab.run('infra0', 'ls /var/lib/converge/etcd-snapshots')
      assert.ok(kept.stdout.trim().split('\n').length >= 1, told(kept))
    })

  test.run()
}

function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`
}
