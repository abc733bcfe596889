import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { plantRootTree } from '../../src/transports/local/root-tree.ts'
import { converge } from './recording-io.ts'
import { scratchFolder, writeFiles } from './scratch.ts'

const names = ['web0', 'web1', 'web2', 'web3', 'web4']

/** Five hosts, of which some refuse the change of a file. */
async function cluster(
  failing: readonly string[],
): Promise<{ readonly folder: string; readonly file: readonly string[] }> {
  const folder = scratchFolder()
  const hosts = names.map((name) => {
    const validate = failing.includes(name) ? ', validate: "false # {}"' : ''
    return `  ${name}: { transport: directory, directory: hosts/${name}, resources: [{ file: { path: /etc/motd, content: x${validate} } }] }\n`
  })
  writeFiles(folder, { 'cluster.yaml': `cluster: pace\nhosts:\n${hosts.join('')}` })
  for (const name of names) await plantRootTree(join(folder, 'hosts', name))
  return { folder, file: ['-f', join(folder, 'cluster.yaml')] }
}

const changed = (folder: string) =>
  names.filter((name) => existsSync(join(folder, 'hosts', name, 'etc/motd')))

test('the plan shows canaries and batches, and the apply goes that way', async () => {
  const { folder, file } = await cluster([])
  const { code, stdout, stderr } = await converge([
    ...file,
    '--yes',
    '--canary',
    'web3',
    '--batch',
    '1,50%',
    '--pause',
    '1s',
  ])
  assert.is(code, 0, stdout + stderr)
  const waves = [...stdout.matchAll(/^wave .*$/gm)].map(([line]) => line)
  assert.equal(waves, [
    'wave 1 of 4 (canary): web3',
    'wave 2 of 4 (batch 1): web0',
    'wave 3 of 4 (batch 2): web[1-2]',
    'wave 4 of 4 (batch 3): web4',
  ])
  assert.is(stderr.split('waiting 1 second').length, 4)
  assert.equal(changed(folder), names)
})

test('nothing follows a canary that fails', async () => {
  const { folder, file } = await cluster(['web3'])
  const { code, stdout } = await converge([...file, '--yes', '--canary', 'web3'])
  assert.is(code, 1)
  assert.match(stdout, 'web3 did not succeed')
  assert.equal(changed(folder), [])
})

test('nothing follows a canary that cannot be reached', async () => {
  const { folder, file } = await cluster([])
  rmSync(join(folder, 'hosts/web3'), { recursive: true })
  writeFileSync(join(folder, 'hosts/web3'), '')
  const others = names.filter((name) => name !== 'web3')
  const { code, stdout } = await converge([...file, '--yes', '--canary', 'web3'])
  assert.is(code, 1, stdout)
  assert.match(stdout, 'web3 did not succeed')
  assert.equal(changed(folder), [])
  await converge([...file, '--yes', '--canary', 'web3', '--max-failures', '1'])
  assert.equal(changed(folder), others)
})

test('so many may fail as --max-failures says', async () => {
  const all = await cluster(['web0', 'web2'])
  assert.is((await converge([...all.file, '--yes'])).code, 1)
  assert.equal(changed(all.folder), ['web1', 'web3', 'web4'])
  const few = await cluster(['web0', 'web2'])
  const { code, stdout } = await converge([...few.file, '--yes', '--max-failures', '1', '--parallel', '1'])
  assert.is(code, 1)
  assert.match(stdout, 'web0, web2 did not succeed, and 1 may fail')
  assert.equal(changed(few.folder), ['web1'])
  const batches = await cluster(['web0', 'web2'])
  await converge([...batches.file, '--yes', '--batch', '2', '--max-failures', '1'])
  assert.equal(changed(batches.folder), ['web1', 'web3'])
})

test('a sealed plan keeps its pace', async () => {
  const { folder, file } = await cluster(['web1'])
  const sealed = join(folder, 'plan.json')
  assert.is((await converge(['plan', ...file, '--out', sealed, '--canary', 'web1'])).code, 0)
  const { code, stdout } = await converge(['apply', sealed, '--yes'])
  assert.is(code, 1, stdout)
  assert.match(stdout, 'wave 1 of 2 (canary): web1')
  assert.equal(changed(folder), [])
  const other = await converge(['apply', sealed, '--yes', '--batch', '1'])
  assert.is(other.code, 3)
})

test('refuses what is no pace', async () => {
  const { file } = await cluster([])
  for (const batch of ['0', '5x', '', '101%', '1,,2'])
    assert.is((await converge([...file, '--dry-run', '--batch', batch])).code, 3, batch)
  assert.is((await converge([...file, '--dry-run', '--max-failures', '-1'])).code, 3)
  for (const pause of ['0', '25h', '600h'])
    assert.is((await converge([...file, '--dry-run', '--pause', pause])).code, 3, pause)
  const other = await converge([...file, '--dry-run', '--limit', 'web0', '--canary', 'web1'])
  assert.is(other.code, 3)
  assert.match(other.stderr, '--canary chooses web1, which --limit does not')
})

test.run()
