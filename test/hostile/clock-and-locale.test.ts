import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { file } from '../../src/dsl.ts'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { converge } from '../commands/recording-io.ts'
import { type Fleet, startFleet } from '../engine/fleet.ts'

const year = 365 * 24 * 3600 * 1000

async function withFleet(act: (fleet: Fleet) => Promise<void>): Promise<void> {
  const fleet = await startFleet(['node0'])
  try {
    await act(fleet)
  } finally {
    await fleet.close()
  }
}

/** Does the work with a controller whose clock is so far off. */
async function withClock<T>(offsetMs: number, work: () => Promise<T>): Promise<T> {
  const now = Date.now
  Date.now = () => now() + offsetMs
  try {
    return await work()
  } finally {
    Date.now = now
  }
}

test('controllers whose clocks are ten years apart converge the same host in turns', () =>
  withFleet(async (fleet) => {
    const turns = [0, -10, 10, -10, 0, 10, -10, 0]
    for (const [turn, years] of turns.entries()) {
      const wanted = [file({ path: '/etc/motd', content: `turn ${turn}\n` })]
      const { report } = await withClock(years * year, () => fleet.converge(wanted))
      assert.is(report.hosts[0]?.status, 'changed')
      assert.is(fleet.read('node0', '/etc/motd'), `turn ${turn}\n`)
      const again = await withClock(-years * year, () => fleet.converge(wanted))
      assert.is(again.report.hosts[0]?.status, 'unchanged')
    }
    const session = fleet.session([])
    const history = (await session.history()).get('node0')
    await session.close()
    assert.ok(history !== undefined && 'generations' in history)
    assert.equal(
      history.generations.map(({ number }) => number),
      [8, 7, 6, 5, 4, 3, 2, 1],
    )
  }))

test('files that are dated ten years ahead or back are as good as others', () =>
  withFleet(async (fleet) => {
    const wanted = [file({ path: '/etc/motd', content: 'x' }), file({ path: '/etc/issue', content: 'y' })]
    await fleet.converge(wanted)
    const root = fleet.path('node0', '/')
    for (const [index, path] of readdirSync(root, { recursive: true, encoding: 'utf8' }).entries()) {
      if (path.includes('run/') || !existsSync(join(root, path))) continue
      const date = new Date(Date.now() + (index % 2 === 0 ? -10 : 10) * year)
      utimesSync(join(root, path), date, date)
    }
    assert.is((await fleet.converge(wanted)).report.hosts[0]?.status, 'unchanged')
    const { report } = await fleet.converge([...wanted, file({ path: '/etc/new', content: 'z' })])
    assert.is(report.hosts[0]?.status, 'changed')
  }))

test('the results of a running apply are kept, although a slow clock made its id sort first', () =>
  withFleet(async (fleet) => {
    const runs = fleet.path('node0', '/var/lib/converge/run')
    for (const id of ['00000000-slow', 'a-1', 'b-2', 'c-3', 'd-4', 'e-5', 'f-6']) {
      mkdirSync(join(runs, id), { recursive: true })
    }
    writeFileSync(fleet.path('node0', '/var/lib/converge/applying'), '00000000-slow ann@desk\n')
    await fleet.converge([file({ path: '/etc/motd', content: 'x' })])
    const left = readdirSync(runs)
    assert.ok(left.includes('00000000-slow'), left.join(' '))
    assert.not.ok(left.includes('a-1'))
  }))

test('names and texts that are not UTF-8, under such a locale, do not matter', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'converge-test-'))
  const locale = 'export LC_ALL=de_DE.ISO-8859-1 LANG=ja_JP.eucJP LC_CTYPE=ru_RU.KOI8-R; exec /bin/sh -c "$2"'
  const shell = ['/bin/sh', '-c', locale, 'login']
  const embedded = await startEmbeddedHosts({ names: ['node0'], directory, shell })
  const [host] = embedded.hosts
  if (host === undefined) throw new Error('no host was started')
  const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
  const at = (path: string): Buffer => Buffer.concat([latin1(host.root), latin1(path)])
  symlinkSync(latin1('caf\xe9'), at('/etc/alias'))
  writeFileSync(at('/etc/motd'), latin1('na\xefve caf\xe9\n'))
  writeFileSync(at('/etc/caf\xe9'), 'neighbour')
  writeFileSync(at('/etc/passwd'), latin1('root:x:0:0:root:/root:/bin/sh\nrene:x:7:0:Ren\xe9:/:/bin/sh\n'))
  writeFileSync(at('/etc/os-release'), latin1('NAME="D\xe9bian"\nID=debian\nVERSION_ID="12"\n'))
  const spec = (extra: string): string => `cluster: locale
ssh: { user: root, port: ${host.port}, identityFile: ${embedded.identityFile}, knownHostsFile: ${embedded.knownHostsFile} }
hosts:
  node0:
    address: 127.0.0.1
    resources:
      - file: { path: /etc/motd, content: "naïve café 日本\\n" }
      - file: { path: /etc/日本 é, content: "ü\\n" }
      - directory: { path: "/srv/ünï cödé" }
${extra}`
  const cluster = join(directory, 'cluster.yaml')
  writeFileSync(cluster, spec(''))
  const first = await converge(['--yes', '-f', cluster])
  assert.is(first.code, 0, first.stdout)
  const second = await converge(['--dry-run', '--exit-code', '-f', cluster])
  assert.is(second.code, 0, second.stdout)
  const names = readdirSync(join(host.root, 'etc'), { encoding: 'buffer' })
  assert.ok(names.some((name) => name.equals(Buffer.from('日本 é'))))
  assert.ok(names.some((name) => name.equals(latin1('caf\xe9'))))

  writeFileSync(cluster, spec('      - link: { path: /etc/alias, target: motd }\n'))
  const refused = await converge(['--yes', '-f', cluster])
  assert.is(refused.code, 1, refused.stdout)
  assert.match(refused.stdout, 'link[/etc/alias]: ')
  assert.match(refused.stdout, 'remedy: ')
  assert.ok(readlinkSync(at('/etc/alias'), { encoding: 'buffer' }).equals(latin1('caf\xe9')))
  await embedded.close()
  await rm(directory, { recursive: true })
})

test.run()
