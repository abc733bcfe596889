import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { directory, download } from '../../src/dsl.ts'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { dieAtPath, dyingLibrary } from './dying-library.ts'
import { converge, openCrashSession, outcome, putFile } from './hosts.ts'
import { type Release, serveFiles } from './serve-files.ts'
import { isTemporary, takeSnapshot } from './snapshot.ts'

test('a download takes the place of the old file at once, whole and checked, or the old one stays', async () => {
  const work = mkdtempSync(join(tmpdir(), 'converge-crash-'))
  const server = await serveFiles()
  const embedded = await startEmbeddedHosts({ names: ['a'], directory: join(work, 'hosts') })
  try {
    const [host] = embedded.hosts
    if (host === undefined) throw new Error('there is no host')
    const path = '/opt/app'
    const resourcesOf = (release?: Release) => [
      directory({ path: '/opt' }),
      ...(release === undefined ? [] : [download({ path, mode: '0755', ...release })]),
    ]
    const run = async (release?: Release, library = hostLibrary()): Promise<string> => {
      const { report } = await converge({ ...embedded, resources: resourcesOf(release), library })
      return outcome(report.hosts[0])
    }
    const content = (): string => readFileSync(join(host.root, path), 'utf8')
    const temporary = () => [...takeSnapshot(host.root, ['/opt']).keys()].filter(isTemporary)
    mkdirSync(join(host.root, '/opt'))
    putFile(host, path, 'found\n')
    const [one, two] = [
      server.put('one[1-2]{a}', Buffer.from('one\n')),
      server.put('two', Buffer.from('two\n')),
    ]

    server.fail(true)
    assert.match(await run(one), /cannot download http/)
    server.fail(false)
    assert.match(
      await run({ ...one, url: two.url }),
      new RegExp(`wrong sha256 of ${two.url}: got ${two.sha256}`),
    )
    assert.is(content(), 'found\n')
    assert.equal(temporary(), [])

    assert.is(await run(one), 'changed')
    assert.is(content(), 'one\n')
    assert.is(statSync(join(host.root, path)).mode & 0o7777, 0o755)
    const given = server.given()
    assert.is(await run({ ...one, url: two.url }), 'unchanged', 'the file has the checksum, whatever the URL')
    assert.is(server.given(), given)

    putFile(host, dieAtPath, 'before the download takes its place\n')
    await run(two, dyingLibrary(hostLibrary()))
    assert.is(content(), 'one\n')
    server.fail(true)
    assert.match(await run(two), /cannot download/)
    assert.equal(temporary(), [], 'what the killed run left is swept away')
    server.fail(false)
    assert.is(await run(two), 'changed')
    assert.is(content(), 'two\n')

    server.fail(true)
    const session = openCrashSession({ ...embedded, resources: resourcesOf(two), library: hostLibrary() })
    try {
      await session.apply(await session.planRollback())
    } finally {
      await session.close()
    }
    assert.is(content(), 'one\n', 'a rollback needs no network')
    assert.is(await run(), 'changed')
    assert.is(content(), 'found\n', 'what was there at first comes back')
  } finally {
    await embedded.close()
    await server.close()
    rmSync(work, { recursive: true, force: true })
  }
})

test.run()
