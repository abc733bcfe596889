import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import { gitCheckout } from '../../src/dsl.ts'
import { startEmbeddedHosts } from '../../src/embedded/hosts.ts'
import { dieAtPath, dyingLibrary } from './dying-library.ts'
import { converge, outcome, putFile } from './hosts.ts'
import { isTemporary, takeSnapshot } from './snapshot.ts'

test('a commit is checked out whole or not at all, what is edited comes back, and what is put beside it stays until then', async () => {
  const work = mkdtempSync(join(tmpdir(), 'converge-crash-'))
  const embedded = await startEmbeddedHosts({ names: ['a'], directory: join(work, 'hosts') })
  try {
    const [host] = embedded.hosts
    if (host === undefined) throw new Error('there is no host')
    const repository = join(work, 'repository')
    const git = (...args: readonly string[]): string =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
        cwd: repository,
        encoding: 'utf8',
      }).trim()
    const commitOf = (text: string): string => {
      putFile({ ...host, root: repository }, 'app', text)
      git('add', '-A')
      git('commit', '-q', '-m', text)
      return git('rev-parse', 'HEAD')
    }
    mkdirSync(join(repository, 'bin'), { recursive: true })
    symlinkSync('../app', join(repository, 'bin/link'))
    git('init', '-q')
    const [one, two] = [commitOf('one\n'), commitOf('two\n')]

    const owner = process.getuid?.() === 0 ? '1234' : 'root'
    let reasons: readonly string[] = []
    const run = async (commit?: string, library = hostLibrary()): Promise<string> => {
      const url = `file://${repository}`
      const resources =
        commit === undefined ? [] : [gitCheckout({ path: '/srv/app', url, commit, owner, group: owner })]
      const { plan, report } = await converge({ ...embedded, resources, library })
      const [planned] = plan.hosts
      reasons = planned?.status === 'planned' ? planned.changes.map(({ reason }) => reason) : []
      return outcome(report.hosts[0])
    }
    const at = (path: string): string => join(host.root, '/srv/app', path)
    const content = (): string | undefined =>
      existsSync(at('app')) ? readFileSync(at('app'), 'utf8') : undefined
    const again = (what: string) =>
      assert.match(reasons[0] ?? '', `differs from the commit (${what}) and will be checked out again`)

    assert.match(await run('0'.repeat(40)), `cannot check out ${'0'.repeat(40)}`)
    assert.is(existsSync(at('')), false)
    assert.is(await run(one), 'changed')
    assert.is(content(), 'one\n')
    assert.is(String(statSync(at('app')).uid), owner === 'root' ? String(process.getuid?.()) : owner)
    assert.is(await run(one), 'unchanged')
    execFileSync('git', ['-c', `safe.directory=${at('')}`, '-C', at(''), 'status'], {
      env: {
        ...process.env,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
      },
    })
    putFile(host, '/srv/app/upload', 'x\n')
    assert.is(await run(one), 'unchanged', 'what is untracked is no drift, nor is what git itself writes')

    putFile(host, '/srv/app/app', 'edited\n')
    assert.is(await run(one), 'changed')
    again('app')
    assert.match(reasons[0] ?? '', '; removes what was put or changed there: ')
    assert.match(reasons[0] ?? '', 'upload')
    assert.is(content(), 'one\n')
    assert.is(existsSync(at('upload')), false)
    rmSync(at('bin'), { recursive: true })
    assert.is(await run(one), 'changed')
    again('2 that are gone')
    assert.ok(existsSync(at('bin/link')))

    putFile(host, dieAtPath, 'the old tree made way\n')
    await run(two, dyingLibrary(hostLibrary()))
    assert.is(content(), undefined)
    rmSync(join(host.root, dieAtPath))
    assert.match(await run('0'.repeat(40)), /^failed: /)
    assert.is(content(), 'one\n')
    assert.is(await run(two), 'changed')
    assert.is(content(), 'two\n')
    const left = [...takeSnapshot(host.root, ['/srv']).keys()].filter((path) => isTemporary(path))
    assert.equal(left, ['/srv/app/.converge-archive', '/srv/app/.converge-files'])
    assert.is(await run(), 'changed')
    assert.is(existsSync(at('')), false)
  } finally {
    await embedded.close()
    rmSync(work, { recursive: true, force: true })
  }
})

test.run()
