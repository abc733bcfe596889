import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imageScript } from '../../../src/commands/image/image-script.ts'
import { scratchFolder, writeFiles } from '../scratch.ts'

test('nothing of the machine on which the image was made stays in it', () => {
  const tree = scratchFolder()
  const told = [
    'etc/hostname',
    'etc/machine-id',
    'etc/ssh/ssh_host_ed25519_key',
    'home/admin/.bash_history',
    'root/.bash_history',
    'var/lib/dhclient/dhclient--eth0.lease',
    'var/lib/dhcp/dhclient.eth0.leases',
    'var/lib/NetworkManager/internal-1-eth0.lease',
    'var/log/auth.log',
    'var/log/audit/audit log',
    'var/log/journal/1/system.journal',
    'var/log/wtmp',
  ]
  writeFiles(tree, Object.fromEntries([...told, 'etc/kept'].map((path) => [path, 'builder1'])))
  run(tree)
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(tree, path)).isFile(),
  )
  const telling = files.filter((path) => readFileSync(join(tree, path), 'utf8').includes('builder1'))
  assert.equal(telling, ['etc/kept'])
  assert.ok(files.includes('var/log/wtmp'))
})

test('an almost empty tree will do', () => {
  const tree = scratchFolder()
  run(tree)
  assert.ok(readdirSync(join(tree, 'etc/systemd/system')).includes('converge-host-keys.service'))
})

function run(tree: string): void {
  const script = imageScript({
    host: 'web0',
    cluster: 'shop',
    stateDir: '/var/lib/converge',
    program: 'true\n',
  })
  execFileSync('/bin/sh', ['-c', script], { env: { ...process.env, CONVERGE_ROOT: tree }, stdio: 'pipe' })
}

test.run()
