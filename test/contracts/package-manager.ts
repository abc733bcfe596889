import { suite, type Test } from 'uvu'
import * as assert from 'uvu/assert'

/** A host with one package manager, and a repository that it installs from. */
export interface PackageManagerUnderTest {
  /** Runs lines of shell in which the host's library is known. */
  run(lines: string): Promise<{ readonly exitCode: number | null; readonly stdout: string }>
  /** Puts these versions of a package into the repository, and no others. */
  publish(name: string, versions: readonly string[]): Promise<void>
  /** Lets the host's package lists be as old as they get. */
  ageLists(): Promise<void>
  /** Holds an installed package at its version, as an administrator does. */
  hold(name: string): Promise<void>
  release(name: string): Promise<void>
  close(): Promise<void>
}

/** What every package manager must do. Registers and runs a suite, which the lab makes in its own way. */
export function packageManagerContract(
  name: string,
  open: () => Promise<PackageManagerUnderTest>,
  makeSuite: (name: string) => Test = suite,
): void {
  const test = makeSuite(name)
  let host: PackageManagerUnderTest

  test.before(async () => {
    host = await open()
    await host.publish('demo', ['1.0', '1.1'])
    await host.publish('other', ['3.0'])
    await host.ageLists()
    await succeeds(host, 'refresh')
  })
  test.after(async () => host.close())

  test('lists nothing of a package that is absent or that it has never heard of', async () => {
    assert.equal(await installed(host, 'demo', 'never-heard-of'), [])
  })

  test('offers the versions that its lists have, unless these are old', async () => {
    const offers = async () => (await act(host, 'offers demo never-heard-of')).stdout
    assert.equal((await offers()).split('\n').filter(Boolean).sort(), [
      'offer demo',
      'offer demo 1.0',
      'offer demo 1.1',
      'unknown never-heard-of',
    ])
    await host.ageLists()
    assert.is(await offers(), '')
    await succeeds(host, 'refresh')
  })

  test('installs the newest version of several packages', async () => {
    await succeeds(host, "install no demo '' other ''")
    assert.equal(await installed(host, 'demo', 'never-heard-of', 'other'), ['demo 1.1', 'other 3.0'])
  })

  test('changes a version in both directions', async () => {
    for (const version of ['1.0', '1.1', '1.0']) {
      await succeeds(host, `install no demo ${version} other ''`)
      assert.equal(await installed(host, 'demo'), [`demo ${version}`])
    }
  })

  test('leaves the version alone when none is asked for', async () => {
    assert.is((await host.run("is_package no no demo '' other ''")).exitCode, 0)
    assert.is((await host.run("is_package no no demo '' other 2.9")).exitCode, 1)
    assert.is((await host.run("is_package no no demo 1 other ''")).exitCode, 1)
    assert.is((await host.run('is_remove_package demo never-heard-of')).exitCode, 1)
  })

  test('fails on a package and on a version that the repository does not have', async () => {
    assert.is.not((await act(host, "install no never-heard-of ''")).exitCode, 0)
    assert.is.not((await act(host, 'install no demo 9.9')).exitCode, 0)
    assert.equal(await installed(host, 'demo'), ['demo 1.0'])
  })

  test('knows a newer version of the repository after a refresh', async () => {
    await host.publish('other', ['3.0', '4.0'])
    await host.ageLists()
    await succeeds(host, 'refresh')
    await succeeds(host, 'install no other 4.0')
    assert.equal(await installed(host, 'other'), ['other 4.0'])
  })

  test('lists a package that is held, and neither changes its version nor removes it', async () => {
    await host.hold('demo')
    assert.equal(await installed(host, 'demo'), ['demo 1.0 held'])
    assert.is((await host.run('is_package no no demo 1.0')).exitCode, 0)
    assert.is.not((await act(host, 'install no demo 1.1')).exitCode, 0)
    assert.is.not((await act(host, 'remove demo')).exitCode, 0)
    assert.equal(await installed(host, 'demo'), ['demo 1.0 held'])
    await host.release('demo')
    assert.equal(await installed(host, 'demo'), ['demo 1.0'])
  })

  test('removes packages', async () => {
    await succeeds(host, 'remove other')
    assert.equal(await installed(host, 'demo', 'other'), ['demo 1.0'])
    assert.is((await host.run('is_remove_package other never-heard-of')).exitCode, 0)
  })

  test('has removed what was never there, and removes what is beside it', async () => {
    const absent = await host.run(
      'can_change_packages() { find_package_manager; }; do_remove_package never-heard-of neither-this',
    )
    assert.is(absent.exitCode, 0, absent.stdout)
    const some = await host.run(
      'can_change_packages() { find_package_manager; }; do_remove_package never-heard-of demo neither-this',
    )
    assert.is(some.exitCode, 0, some.stdout)
    assert.equal(await installed(host, 'demo'), [])
  })

  test.run()
}

function act(host: PackageManagerUnderTest, words: string) {
  return host.run(`find_package_manager || exit 99\n"\${PACKAGE_MANAGER}_"${words}`)
}

async function succeeds(host: PackageManagerUnderTest, words: string): Promise<void> {
  const { exitCode, stdout } = await act(host, words)
  assert.is(exitCode, 0, stdout)
}

/** The lines of these packages that name them as they were asked for. */
async function installed(
  host: PackageManagerUnderTest,
  ...names: readonly string[]
): Promise<readonly string[]> {
  const { stdout } = await act(host, `query ${names.join(' ')}`)
  return stdout
    .split('\n')
    .filter((line) => names.includes(line.split(' ')[0] ?? ''))
    .sort()
}
