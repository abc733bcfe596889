import { createHash } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readSnapshotFile } from '../../src/commands/etcd/snapshot-file.ts'
import { converge } from './recording-io.ts'
import { makeCluster } from './scratch.ts'

const spec = `cluster: shop
platform: { os: debian, release: "12", arch: amd64 }
recipes: { etcd-events: { instanceOf: etcd } }
attributes:
  etcd: { version: "3.6.16", sha256: ${'a'.repeat(64)} }
  etcd-events: { version: "3.4.23", sha256: ${'a'.repeat(64)}, clientPort: 12379, peerPort: 12380 }
hosts:
  "infra[0-2]":
    address: "192.0.2.{{add index 10}}"
    transport: memory
    recipes: [etcd, etcd-events]
  web: { address: 192.0.2.20, transport: memory }
`

/** A file as `etcdctl snapshot save` writes it. */
function snapshotOf(content: Buffer): Buffer {
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

async function project() {
  const { folder, file } = await makeCluster(spec)
  const snapshot = join(folder, 'etcd.db')
  writeFileSync(snapshot, snapshotOf(Buffer.alloc(4096, 7)))
  return { folder, file, snapshot }
}

async function mistakeOf(argv: readonly string[]): Promise<string> {
  const { code, stderr } = await converge(argv)
  assert.is(code, 3, stderr)
  return stderr
}

test('a snapshot is read to its end, and its checksum compared', async () => {
  const { folder } = await project()
  const path = join(folder, 'a.db')
  const whole = snapshotOf(Buffer.alloc(1024, 1))
  writeFileSync(path, whole)
  assert.equal(await readSnapshotFile(path), {
    sha256: createHash('sha256').update(whole).digest('hex'),
    sizeBytes: 1056,
  })
  const refused = async (bytes: Buffer): Promise<string> => {
    writeFileSync(path, bytes)
    return readSnapshotFile(path).then(
      () => 'read',
      (error: unknown) => String(error),
    )
  }
  assert.match(await refused(whole.subarray(0, -1)), 'is not whole: it has 1055 bytes')
  assert.match(await refused(Buffer.alloc(1024)), 'is no snapshot of etcd')
  assert.match(await refused(Buffer.alloc(0)), 'is no snapshot of etcd')
  for (const at of [0, 1023, 1024, 1055]) {
    const damaged = Buffer.from(whole)
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at)
    assert.match(await refused(damaged), 'is damaged')
  }
})

test('a restore is a plan with a consent of its own', async () => {
  const { file, snapshot } = await project()
  const words = ['etcd', 'restore', ...file, '--from', snapshot]
  const { stdout, code } = await converge([...words, '--dry-run', '--exit-code'])
  assert.is(code, 2)
  for (const part of [
    /stop etcd\.service, and keep it from starting/,
    /set \/var\/lib\/etcd\/member aside as \/var\/lib\/etcd\/member\.before-\w+/,
    /careful: etcd will begin anew on infra0, infra1, infra2 from the snapshot \w+ \(4128 B\), as a cluster with another id: what was written after the snapshot is lost/,
    /bootstrap: infra\[0-2\] start together/,
  ])
    assert.match(stdout, part)
  assert.not.match(stdout, 'stop etcd-events.service')
  const refused = await mistakeOf([...words, '--yes', '--allow-prune'])
  assert.match(refused, 'if intended, pass --allow-restore; otherwise leave the members as they are')
  const typed = await converge(words, { answers: ['yes'] })
  assert.equal(typed.questions, ['Type "restore" to apply these changes: '])
  assert.match(typed.stdout, 'Nothing was applied.')
})

test('another instance is another group, whose etcd has other tools', async () => {
  const { file, snapshot } = await project()
  const words = [
    'etcd',
    'restore',
    '--group',
    'etcd-events',
    ...file,
    '--from',
    snapshot,
    '--dry-run',
    '--json',
  ]
  const { hosts } = JSON.parse((await converge(words)).stdout)
  const prepared = hosts[0].changes
    .map(({ operation }: { operation: Record<string, string> }) => operation)
    .find(({ action }: { action?: string }) => action === 'prepare')
  assert.is(prepared.program, '/opt/etcd-events-3.4.23/etcdctl')
  assert.match(prepared.token, /^shop-etcd-events-\d{8}T\d{6}Z$/)
})

test('says what is wrong with the command', async () => {
  const { file, snapshot } = await project()
  const restore = ['etcd', 'restore', ...file, '--dry-run']
  assert.match(await mistakeOf(restore), 'neither --from nor --from-member is given')
  assert.match(
    await mistakeOf([...restore, '--from', snapshot, '--from-member', 'infra0']),
    '--from and --from-member are both given',
  )
  assert.match(await mistakeOf([...restore, '--from', `${snapshot}x`]), 'does not exist')
  const unknown = await mistakeOf([...restore, '--from', snapshot, '--group', 'etcd-event'])
  assert.match(unknown, 'did you mean etcd-events?')
  assert.match(
    await mistakeOf([...restore, '--from', snapshot, '--limit', 'web']),
    'chooses no member of etcd',
  )
  assert.match(
    await mistakeOf([...restore, '--from-member', 'web']),
    '--from-member web: no member that takes part is there',
  )
  const old = ['--set', 'etcd.version=2.3.8', '--group', 'etcd']
  assert.match(
    await mistakeOf([...restore, '--from', snapshot, ...old]),
    'the spec has no group of etcd called etcd\n',
  )
})

test('leaves no file if no member can give a snapshot, and says why of each', async () => {
  const { folder, file } = await project()
  const before = readdirSync(folder)
  const { code, stderr } = await converge(['etcd', 'snapshot', ...file, '-o', join(folder, 'new.db')])
  assert.is(code, 1)
  assert.match(stderr, /no member of etcd can give a snapshot: infra0: .*; infra1: .*; infra2: /)
  assert.match(stderr, 'converge etcd restore --from-member HOST')
  assert.equal(readdirSync(folder), before)
})

test.run()
