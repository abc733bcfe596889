import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from '../commands/recording-io.ts'
import { scratchFolder } from '../commands/scratch.ts'

const fixture = fileURLToPath(new URL('../../fixtures/clusters/etcd-instances/', import.meta.url))
const file = join(fixture, 'cluster.yaml')
const plain = fileURLToPath(new URL('../../fixtures/clusters/etcd/expected/infra0/', import.meta.url))

/** The files below a folder, with their texts. */
function filesIn(folder: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((item) => item.isFile())
  const paths = found.map(({ parentPath, name }) => join(parentPath, name)).sort()
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]))
}

test('two clusters on the same hosts: each has files, unit, members and token of its own', async () => {
  const tree = join(scratchFolder(), 'tree')
  const { code } = await converge(['render', '-f', file, '-o', tree])
  assert.is(code, 0)
  const { '.converge-render.json': _, ...rendered } = filesIn(tree)
  assert.equal(rendered, filesIn(join(fixture, 'expected')))
})

test('the plain name makes the same beside an instance as alone', () => {
  const own = filesIn(join(fixture, 'expected/infra0'))
  for (const path of ['etc/etcd/etcd.env', 'etc/systemd/system/etcd.service'])
    assert.is(own[path], filesIn(plain)[path])
})

test('a change of both restarts the members of each one after the other, in waves of their own', async () => {
  const folder = scratchFolder()
  const git = (...argv: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...argv])
  copyFileSync(file, join(folder, 'cluster.yaml'))
  git('init', '--quiet')
  git('add', '--all')
  git('-c', 'commit.gpgsign=false', 'commit', '--quiet', '-m', 'one')
  const spec = readFileSync(file, 'utf8').replace('version:', 'heartbeatIntervalMs: 120\n    version:')
  writeFileSync(join(folder, 'cluster.yaml'), spec)
  const { stdout } = await converge(['diff', '-f', join(folder, 'cluster.yaml'), 'HEAD'])
  const waves = [...stdout.matchAll(/^(?:wave .*| {2}\S+: at most .*)$/gm)].map(([line]) => line)
  const gate = (group: string) => `  ${group}: at most 1 unavailable; starts only if the others are healthy:`
  assert.equal(waves, [
    'wave 1 of 3: infra[0,3]',
    gate('etcd'),
    gate('etcd-events'),
    'wave 2 of 3: infra1',
    gate('etcd'),
    gate('etcd-events'),
    'wave 3 of 3: infra2',
    gate('etcd'),
    gate('etcd-events'),
  ])
})

test('selectors, explain and the schema for editors know an instance by its name', async () => {
  const tree = join(scratchFolder(), 'tree')
  await converge(['render', '-f', file, 'recipe:etcd-events&!recipe:etcd', '-o', tree])
  assert.equal(readdirSync(tree).sort(), ['.converge-render.json', 'infra3'])
  const { stdout } = await converge(['explain', '-f', file, 'infra1:etcd-events.dataDir'])
  assert.match(stdout, '-> recipe etcd-events (default): "/var/lib/etcd-events"')
  const schema = await converge(['schema', '-f', file])
  const { properties } = JSON.parse(schema.stdout).$defs.attributes
  assert.ok(Object.keys(properties).includes('etcd'))
  assert.is(Object.keys(properties).at(-1), 'etcd-events')
  const [{ properties: own }] = properties['etcd-events'].anyOf
  assert.is(own.user.default, 'etcd-events')
})

test.run()
