import { hash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { delimiter } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { OperationTypes } from '../../src/model/operation.ts'
import { etcdSnapshotProgram } from '../../src/shell/programs/etcd-snapshot-program.ts'
import { gatheredProgram } from '../../src/shell/programs/gathered-program.ts'
import { launchProgram } from '../../src/shell/programs/launch-program.ts'
import { planProgram } from '../../src/shell/programs/plan-program.ts'
import { change } from './changes.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { libraryFor, newRun, place } from './run-programs.ts'

const standIns = fileURLToPath(new URL('../../src/embedded/bin', import.meta.url))
const environment = { PATH: [standIns, process.env.PATH].join(delimiter), CONVERGE_EMBEDDED: '1' }
const snapshot = 'what a snapshot has'
const sha256 = hash('sha256', snapshot)
const cluster = 'infra0=http://192.0.2.10:2380,infra1=http://192.0.2.11:2380'
const restore = `r1 ${sha256} ${cluster}`

/** A stand-in for etcdutl, of a release that knows how to bump revisions or of one that does not. */
const etcdutl = (options: string) => `#!/bin/sh
case " $* " in *' --help '*) echo '${options}'; exit 0 ;; esac
for word; do case $word in --data-dir=*) place=\${word#*=} ;; esac; done
mkdir -p "$place/member/wal" && cat "$3" >"$place/member/db" && echo "$*" >"$place/../words"
`

const unitFile = '/etc/systemd/system/etcd.service'
const holdFile = '/etc/systemd/system/etcd.service.d/converge-restore.conf'
const hold = `[Unit]\n# restore ${restore}\nAssertPathExists=!${holdFile}\n`

let runs = 0

type Part = Pick<OperationTypes['etcd-restore'], 'action'> & Partial<OperationTypes['etcd-restore']>

/** Carries actions out; `gathered` is what converge says while they wait. */
async function act(
  tree: RootTree,
  actions: readonly OperationTypes['etcd-restore']['action'][],
  { gathered, sent = snapshot, id = 'r1' }: { gathered?: string; sent?: string; id?: string } = {},
): Promise<readonly string[]> {
  runs += 1
  const run = newRun(`restore${runs}`)
  const operation = (own: Part) =>
    change({ op: 'etcd-restore', id, unit: 'etcd.service', data: '/var/lib/etcd/member', ...own })
  const prepare = {
    sha256,
    sizeBytes: snapshot.length,
    program: tree.at('/srv/etcdutl'),
    member: 'infra0',
    peerUrl: 'http://192.0.2.10:2380',
    cluster,
    token: `lab-${id}`,
  } as const
  const changes = actions.map((action) => operation({ action, ...(action === 'prepare' && prepare) }))
  tree.write(`${run.stagingDir}/${sha256}`, sent, 0o600)
  const library = libraryFor(tree.shell)
  const program = planProgram({ changes, journal: '' }, run, library)
  const { finished } = tree.start(launchProgram(program, run, library))
  let isOver = false
  const running = finished.then((result) => {
    isOver = true
    return result
  })
  while (gathered !== undefined && !isOver) {
    await tree.run(gatheredProgram(gathered, run, libraryFor(tree.shell)))
    await delay(100)
  }
  const { stdout } = await running
  return stdout.toString().trimEnd().split('\n')
}

function lay(tree: RootTree, { options = '--bump-revision uint' }: { options?: string } = {}): void {
  tree.write('/srv/etcdutl', etcdutl(options), 0o755)
  tree.write('/var/lib/etcd/member/db', 'old')
  // Of a restore that was given up.
  tree.write('/var/lib/etcd/restore-20261127T163000Z/member/db', 'other')
  tree.write(unitFile, '[Service]\nExecStart=/bin/etcd\n')
}

const all = ['prepare', 'hold', 'gather', 'begin'] as const

function isRestored(tree: RootTree): void {
  assert.is(tree.read('/var/lib/etcd/member/db'), snapshot)
  assert.is(tree.read('/var/lib/etcd/member/restored'), `${restore}\n`)
  assert.is(tree.read('/var/lib/etcd/member.before-r1/db'), 'old')
  assert.not.ok(existsSync(tree.at(holdFile)))
  for (const id of ['r1', '20261127T163000Z'])
    assert.not.ok(existsSync(tree.at(`/var/lib/etcd/restore-${id}`)))
}

test('the new data takes the place of the old once all have gathered', () =>
  inShellsByTurns(
    async (tree) => {
      lay(tree)
      const lines = await act(tree, all, { gathered: 'all' })
      assert.ok(lines.includes('done 3'), lines.join('\n'))
      isRestored(tree)
      assert.is(
        tree
          .read('/var/lib/etcd/words')
          .replace(/^\S+ \S+ \S+ /, '')
          .trim(),
        `--data-dir=${tree.at('/var/lib/etcd/restore-r1.new')} --name=infra0 --initial-advertise-peer-urls=http://192.0.2.10:2380 --initial-cluster=${cluster} --initial-cluster-token=lab-r1 --bump-revision=1000000000 --mark-compacted`,
      )
      assert.match(tree.read('/var/log/embedded-systemctl.log'), 'stop etcd.service')
    },
    { environment },
  ))

test('a release that cannot bump revisions is not told to', () =>
  inShellsByTurns(
    async (tree) => {
      lay(tree, { options: '--wal-dir' })
      await act(tree, ['prepare'])
      assert.not.match(tree.read('/var/lib/etcd/words'), 'bump')
    },
    { environment },
  ))

test('while another member is not there, the old data stays, and systemd is kept from starting etcd', () =>
  inShellsByTurns(
    async (tree) => {
      lay(tree)
      const why = 'infra1 has not come so far, so no member begins'
      const lines = await act(tree, all, { gathered: why })
      assert.ok(lines.includes(`| ${why}`) && lines.includes('fail 2 exit 1'), lines.join('\n'))
      assert.is(tree.read('/var/lib/etcd/member/db'), 'old')
      assert.is(tree.read(holdFile), hold)
      // The same again, and then to its end.
      assert.ok((await act(tree, all, { gathered: 'all' })).includes('done 3'))
      isRestored(tree)
    },
    { environment },
  ))

test('a begin that was killed anywhere goes on, and may be repeated', () =>
  inShellsByTurns(
    async (tree) => {
      for (const done of [0, 1, 2, 3]) {
        for (const path of ['/var/lib/etcd', '/etc/systemd/system/etcd.service.d'])
          rmSync(tree.at(path), { recursive: true, force: true })
        lay(tree)
        await act(tree, ['prepare', 'hold'])
        const steps = [
          'mv member member.before-r1',
          'mv restore-r1/member member',
          `rm ../../..${holdFile}`,
        ].slice(0, done)
        const { exitCode } = await tree.run(
          `cd '${tree.at('/var/lib/etcd')}' && ${[...steps, ':'].join(' && ')}`,
        )
        assert.is(exitCode, 0)
        assert.ok((await act(tree, ['begin'])).includes('done 0'), `after ${done}`)
        isRestored(tree)
        assert.ok((await act(tree, ['begin'])).includes('done 0'))
        isRestored(tree)
      }
    },
    { environment },
  ))

test('refuses a snapshot that is not what was sent, and what was prepared and is gone', () =>
  inShellsByTurns(
    async (tree) => {
      lay(tree)
      const damaged = await act(tree, all, { sent: 'other' })
      assert.match(damaged.join('\n'), 'the snapshot has not arrived as it was sent')
      await act(tree, ['prepare', 'hold'])
      rmSync(tree.at('/var/lib/etcd/restore-r1'), { recursive: true })
      const gone = await act(tree, all)
      assert.match(gone.join('\n'), `remove ${holdFile}, and begin the restore again`)
      assert.is(tree.read('/var/lib/etcd/member/db'), 'old')
      // Another restore prepares its own.
      assert.ok((await act(tree, ['prepare', 'hold'], { id: 'r2' })).includes('done 1'))
    },
    { environment },
  ))

/** A stand-in for etcdctl: a member that is healthy, answers without a quorum, or is silent. */
const etcdctl = `#!/bin/sh
here=$(dirname "$0")
while case $1 in --endpoints=unix*) state=healthy ;; --endpoints=*) state=$(cat "$here/state") ;; --*) ;; *) false ;; esac; do shift; done
case "$1 $2-$state" in
  'endpoint health-healthy' | 'endpoint status-healthy' | 'endpoint status-alone') ;;
  'snapshot save-'*) cat "$here/said" >"$3" 2>/dev/null || echo running >"$3" ;;
  *) echo 'Error: unhealthy cluster'; exit 1 ;;
esac
`

/** A stand-in for etcd that serves the data that it is started with. */
const etcd = `#!/bin/sh
case "$*" in *--force-new-cluster*) cat data/member/db >"$(dirname "$0")/said" ;; esac
exec sleep 60
`

test('a snapshot is of a healthy member; of a survivor also without a quorum, or of a copy of its data', () =>
  inShellsByTurns(
    async (tree) => {
      tree.write('/srv/etcdctl', etcdctl, 0o755)
      tree.write('/srv/etcd', etcd, 0o755)
      tree.write('/var/lib/etcd/member/wal/0.wal', '')
      tree.write('/var/lib/etcd/member/db', 'data')
      const survivor = {
        unit: 'etcd.service',
        data: tree.at('/var/lib/etcd/member'),
        etcd: tree.at('/srv/etcd'),
        name: 'infra0',
      }
      const connection = {
        etcdctl: tree.at('/srv/etcdctl'),
        clientUrls: ['http://192.0.2.10:2379', 'https://192.0.2.10:2379'],
        clientVariables: tree.at('/srv/etcdctl.env'),
      }
      const directory = tree.at('/var/tmp/snapshot')
      const take = async (state: string, isSurvivor: boolean) => {
        tree.write('/srv/state', state)
        const own = { connection, ...(isSurvivor && { survivor }) }
        const program = etcdSnapshotProgram(own, directory, place, libraryFor(tree.shell))
        const { exitCode, stdout } = await tree.run(program)
        const taken = exitCode === 0 ? tree.read('/var/tmp/snapshot/snapshot.db').trim() : stdout.toString()
        rmSync(directory, { recursive: true, force: true })
        return taken
      }
      assert.is(await take('healthy', false), 'running')
      assert.match(await take('alone', false), 'unhealthy cluster')
      assert.is(await take('alone', true), 'running')
      tree.write(unitFile, '[Service]\nExecStart=/bin/etcd\n')
      assert.is(await take('silent', true), 'data')
      assert.is(tree.read('/var/lib/etcd/member/db'), 'data')
    },
    { environment },
  ))

test.run()
