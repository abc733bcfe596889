import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { archive, directory, file } from '../../src/dsl.ts'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import type { Resource } from '../../src/model/resource.ts'
import { dieAtPath, dyingLibrary } from './dying-library.ts'
import { converge, outcome, putFile } from './hosts.ts'
import { type Release, serveFiles } from './serve-files.ts'
import { isTemporary, takeSnapshot } from './snapshot.ts'

test('a tree is replaced whole; killed between the old and the new one, the old one is there until the new one comes', async () => {
  const work = mkdtempSync(join(tmpdir(), 'converge-crash-'))
  const mirror = await serveArchives(work)
  const embedded = await startEmbeddedHosts({ names: ['a'], directory: join(work, 'hosts') })
  try {
    const [host] = embedded.hosts
    if (host === undefined) throw new Error('there is no host')
    let reasons: readonly string[] = []
    const run = async (
      { url, sha256 }: Release,
      more: readonly Resource[] = [],
      library = hostLibrary(),
    ): Promise<string> => {
      const resources = [directory({ path: '/opt' }), archive({ path: '/opt/app', url, sha256 }), ...more]
      const { plan, report } = await converge({ ...embedded, resources, library })
      const [planned] = plan.hosts
      reasons = planned?.status === 'planned' ? planned.changes.map(({ reason }) => reason) : []
      return outcome(report.hosts[0])
    }
    const version = (): string | undefined => {
      const path = join(host.root, '/opt/app/bin/app')
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined
    }
    const [one, two] = [mirror.release('one'), mirror.release('two')]
    assert.is(await run(one), 'changed')
    assert.is(version(), 'one\n')
    const beside = file({ path: '/opt/app/local.conf', content: 'x\n' })
    assert.is(await run(one, [beside]), 'changed')
    assert.is(await run(one, [beside]), 'unchanged', 'a write beside the stamp did not sweep it away')

    putFile(host, '/opt/app/a new one', 'x\n')
    mkdirSync(join(host.root, '/opt/app/bin/data'))
    putFile(host, '/opt/app/bin/data/1', 'x\n')
    putFile(host, '/opt/app/readme', 'edited\n')
    putFile(host, dieAtPath, 'the old tree made way\n')
    await run(two, [], dyingLibrary(hostLibrary()))
    assert.match(reasons[0] ?? '', /; removes what was put or changed there: a new one, bin\/data, readme$/)
    assert.is(version(), undefined)
    mirror.fail(true)
    assert.match(await run(two), /^failed: /)
    assert.is(version(), 'one\n')
    mirror.fail(false)
    assert.is(await run(two), 'changed')
    assert.is(version(), 'two\n')
    assert.is(await run(two), 'unchanged')
    assert.equal(
      [...takeSnapshot(host.root, ['/opt']).keys()].filter((path) => isTemporary(path)),
      ['/opt/app/.converge-archive', '/opt/app/.converge-files'],
    )
  } finally {
    await embedded.close()
    await mirror.close()
    rmSync(work, { recursive: true, force: true })
  }
})

/** A server of archives that can be told to fail. */
async function serveArchives(work: string) {
  const { put, ...server } = await serveFiles()
  return {
    ...server,
    release(name: string): Release {
      mkdirSync(join(work, name, 'app/bin'), { recursive: true })
      writeFileSync(join(work, name, 'app/bin/app'), `${name}\n`)
      writeFileSync(join(work, name, 'app/readme'), 'as released\n')
      for (const file of ['bin/app', 'readme']) utimesSync(join(work, name, 'app', file), 0, 0)
      return put(`${name}.tar.gz`, execFileSync('tar', ['-cz', '-C', join(work, name), 'app']))
    },
  }
}

test.run()
