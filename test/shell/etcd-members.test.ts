import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { OperationTypes } from '../../src/model/operation.ts'
import { change } from './changes.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { launching, newRun } from './run-programs.ts'

const own = 'http://192.0.2.13:2380'
const others = `a1, started, infra0, http://192.0.2.10:2380, http://192.0.2.10:2379, false
b2, started, infra1, http://192.0.2.11:2380, http://192.0.2.11:2379, false
`

/** A stand-in for etcdctl that keeps its members in a file, and refuses the first change as etcd does after a restart. */
const etcdctl = `#!/bin/sh
here=$(dirname "$0")
while case $1 in --*) ;; *) false ;; esac; do shift; done
refuse_once() { [ -e "$here/refused" ] || { : >"$here/refused"; echo '{"level":"warn"}'; echo 'Error: etcdserver: unhealthy cluster'; exit 1; }; }
case "$1 $2" in
  'endpoint health') ;;
  'member list') cat "$here/members" ;;
  'member add') refuse_once; echo "c3, unstarted, , \${4#--peer-urls=}, , true" >>"$here/members" ;;
  'member promote') sed "/^$3,/s/true$/false/" "$here/members" >"$here/new" && mv "$here/new" "$here/members" ;;
  'member remove') refuse_once; sed "/^$3,/d" "$here/members" >"$here/new" && mv "$here/new" "$here/members" ;;
  'move-leader '*) echo "$2" >"$here/leader" ;;
esac
`

/** A run of a name that was there before is not done again. */
let runs = 0

async function act(
  tree: RootTree,
  members: string,
  action: Pick<OperationTypes['etcd-member'], 'action'> & Partial<OperationTypes['etcd-member']>,
): Promise<readonly string[]> {
  runs += 1
  tree.write('/srv/etcdctl', etcdctl, 0o755)
  tree.write('/srv/members', members)
  const operation = {
    op: 'etcd-member',
    etcdctl: tree.at('/srv/etcdctl'),
    endpoints: ['http://192.0.2.10:2379', 'http://192.0.2.11:2379'],
    member: 'infra3',
    peerUrl: own,
    clientVariables: tree.at('/srv/etcdctl.env'),
    ...action,
  } as const
  const { stdout } = await tree.run(launching(tree, [change(operation)], newRun(`etcd${runs}`)))
  return stdout.toString().trimEnd().split('\n')
}

test('a member that joins is added once, after a refusal too, and reads who is a member', () =>
  inShellsByTurns(async (tree) => {
    const lines = await act(tree, others, { action: 'join', file: '/srv/bootstrap.env' })
    assert.ok(lines.includes('done 0'), lines.join('\n'))
    assert.is(tree.read('/srv/members'), `${others}c3, unstarted, , ${own}, , true\n`)
    assert.is(
      tree.read('/srv/bootstrap.env'),
      `ETCD_INITIAL_ADVERTISE_PEER_URLS=${own}
ETCD_INITIAL_CLUSTER=infra0=http://192.0.2.10:2380,infra1=http://192.0.2.11:2380,infra3=${own}
ETCD_INITIAL_CLUSTER_STATE=existing
`,
    )
    await act(tree, tree.read('/srv/members'), { action: 'join', file: '/srv/bootstrap.env' })
    assert.is(tree.read('/srv/members'), `${others}c3, unstarted, , ${own}, , true\n`)
  }))

test('one that takes the place of a member is added when that is gone', () =>
  inShellsByTurns(async (tree) => {
    const lost = `${others}d4, started, infra3, ${own}, http://192.0.2.13:2379, false\n`
    const lines = await act(tree, lost, { action: 'join', id: 'd4', file: '/srv/bootstrap.env' })
    assert.ok(lines.includes('done 0'), lines.join('\n'))
    assert.is(tree.read('/srv/members'), `${others}c3, unstarted, , ${own}, , true\n`)
  }))

test('a learner votes', () =>
  inShellsByTurns(async (tree) => {
    const voter = `${others}c3, started, infra3, ${own}, http://192.0.2.13:2379, false\n`
    await act(tree, voter.replace(/false\n$/, 'true\n'), {
      action: 'promote',
    })
    assert.is(tree.read('/srv/members'), voter)
  }))

test('a host that has become a member since it was planned is left alone', () =>
  inShellsByTurns(async (tree) => {
    assert.ok((await act(tree, others, { action: 'expect-new' })).includes('done 0'))
    const lines = await act(tree, `${others}c3, unstarted, , ${own}, , true\n`, { action: 'expect-new' })
    assert.ok(lines.includes('fail 0 exit 1'), lines.join('\n'))
    assert.match(lines.join('\n'), 'infra3 has become a member of etcd since this was planned')
  }))

test('who is removed hands the lead to one that stays, and is removed once', () =>
  inShellsByTurns(async (tree) => {
    const leaving = { action: 'remove', id: 'a1', member: 'infra0' } as const
    const lines = await act(tree, others, leaving)
    assert.ok(lines.includes('done 0'), lines.join('\n'))
    assert.is(tree.read('/srv/leader'), 'b2\n')
    assert.is(tree.read('/srv/members'), others.slice(others.indexOf('b2')))
    assert.ok((await act(tree, tree.read('/srv/members'), leaving)).includes('done 0'))
  }))

test.run()
