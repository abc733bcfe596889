import { suite, type Test } from 'uvu'
import * as assert from 'uvu/assert'

/** A host with one package manager, and a repository that it installs from. */
export interface PackageManagerUnderTest {
  /** What the version of a package has besides, such as its release: `1.0` is installed as `1.0-1`. */
  readonly release: string
  /** Whether a version may have an epoch. */
  readonly hasEpochs: boolean
  /** Runs lines of shell in which the host's library is known. */
  run(lines: string): Promise<{ readonly exitCode: number | null; readonly stdout: string }>
  /** Puts these versions of a package into the repository, the oldest first, and no others. */
  publish(name: string, versions: readonly string[], more?: PackageRelations): Promise<void>
  /** Lets the host's package lists be as old as they get. */
  ageLists(): Promise<void>
  close(): Promise<void>
}

export interface PackageRelations {
  readonly provides?: string
  readonly needs?: string
}

/** What every package manager must do. Registers and runs a suite, which the lab makes in its own way. */
export function packageManagerContract(
  name: string,
  open: () => Promise<PackageManagerUnderTest>,
  makeSuite: (name: string) => Test = suite,
): void {
  const test = makeSuite(name)
  let host: PackageManagerUnderTest
  const whole = (version: string): string => `${version}${host.release}`
  const publish = (package_: string, versions: readonly string[], more?: PackageRelations) =>
    host.publish(package_, versions.map(whole), more)

  test.before(async () => {
    host = await open()
    await publish('demo', ['1.0', '1.1'])
    await publish('other', ['3.0'])
    await publish('mailer', ['2.0'], { provides: 'mail-agent' })
    await publish('leaning', ['1.0'], { needs: 'other' })
    if (host.hasEpochs) await publish('epochal', ['1:0.5'])
    await host.ageLists()
    await succeeds(host, '"${PACKAGE_MANAGER}_refresh"')
  })
  test.after(async () => host?.close())

  test('lists nothing of a package that is absent or that it has never heard of', async () => {
    assert.equal(await installed(host, 'demo', 'never-heard-of', 'mail-agent'), [])
  })

  test('offers the versions that its lists have, unless these are old', async () => {
    const offers = async () =>
      (
        await act(
          host,
          '"${PACKAGE_MANAGER}_is_fresh" && "${PACKAGE_MANAGER}_offers" demo never-heard-of mail-agent',
        )
      ).stdout
        .split('\n')
        .filter((line) => /^(offer|unknown) /.test(line))
        .sort()
    const lines = await offers()
    // Some name what is provided as such, others do not show it.
    assert.equal(
      lines.filter((line) => !line.endsWith('mail-agent')),
      [
        ...(lines.includes('offer demo') ? ['offer demo'] : []),
        `offer demo ${whole('1.0')}`,
        `offer demo ${whole('1.1')}`,
        'unknown never-heard-of',
      ],
    )
    assert.not(lines.includes('unknown mail-agent'), lines.join('\n'))
    await host.ageLists()
    assert.equal(await offers(), [])
    await succeeds(host, '"${PACKAGE_MANAGER}_refresh"')
  })

  test('installs the newest version of several packages', async () => {
    await installs(host, "demo '' '' other '' ''")
    assert.equal(await installed(host, 'demo', 'never-heard-of', 'other'), [
      `demo ${whole('1.1')}`,
      `other ${whole('3.0')}`,
    ])
  })

  test('changes a version in both directions, and takes one without its release', async () => {
    for (const version of [whole('1.0'), '1.1', '1.0', whole('1.1'), '1.0']) {
      await installs(host, `demo ${version} '' other '' ''`)
      assert.equal(await installed(host, 'demo'), [
        `demo ${version.replace(host.release, '')}${host.release}`,
      ])
    }
  })

  test('takes a version with its epoch, and one without', async () => {
    if (!host.hasEpochs) return
    for (const version of [whole('1:0.5'), whole('0.5'), '1:0.5', '0.5']) {
      await installs(host, `epochal ${version} ''`)
      assert.equal(await installed(host, 'epochal'), [`epochal ${whole('1:0.5')}`])
      assert.is((await host.run(`is_package no no epochal ${version} ''`)).exitCode, 0)
      await succeeds(host, 'do_remove_package no epochal')
    }
  })

  test('leaves the version alone when none is asked for', async () => {
    assert.is((await host.run("is_package no no demo '' '' other '' ''")).exitCode, 0)
    assert.is((await host.run("is_package no no demo '' '' other 2.9 ''")).exitCode, 1)
    assert.is((await host.run("is_package no no demo 1 '' other '' ''")).exitCode, 1)
    assert.is((await host.run('is_remove_package no demo never-heard-of')).exitCode, 1)
    await installs(host, "demo '' ''")
    assert.equal(await installed(host, 'demo'), [`demo ${whole('1.0')}`])
  })

  test('fails on a package and on a version that the repository does not have, and changes nothing', async () => {
    assert.is.not((await installing(host, "never-heard-of '' ''")).exitCode, 0)
    assert.is.not((await installing(host, "never-heard-of '' '' demo 1.1 ''")).exitCode, 0)
    assert.is.not((await installing(host, "demo 9.9 ''")).exitCode, 0)
    assert.equal(await installed(host, 'demo'), [`demo ${whole('1.0')}`])
  })

  test('knows a newer version of the repository after a refresh', async () => {
    await publish('other', ['3.0', '4.0'])
    await host.ageLists()
    await installs(host, "other 4.0 ''")
    assert.equal(await installed(host, 'other'), [`other ${whole('4.0')}`])
  })

  test('has a virtual package if another provides it', async () => {
    await installs(host, "mail-agent '' ''")
    assert.equal(await installed(host, 'mail-agent', 'mailer'), [
      `mail-agent ${whole('2.0')}`,
      `mailer ${whole('2.0')}`,
    ])
  })

  test('names what a removal takes along', async () => {
    await installs(host, "leaning '' ''")
    assert.is((await act(host, '"${PACKAGE_MANAGER}_takes_along" other')).stdout, 'other leaning\n')
    await succeeds(host, 'do_remove_package no leaning')
  })

  test('lists a package that is held, and neither changes its version nor removes it, unless it releases it', async () => {
    await installs(host, "demo '' yes")
    assert.equal(await installed(host, 'demo'), [`demo ${whole('1.0')} held`])
    assert.is((await host.run("is_package no no demo 1.0 '' demo '' yes")).exitCode, 0)
    assert.is((await host.run("is_package no no demo '' no")).exitCode, 1)
    const refused = await installing(host, "demo 1.1 ''")
    assert.is(refused.exitCode, 1)
    assert.match(refused.stdout, `the package demo is held at version ${whole('1.0')}`)
    assert.is((await act(host, 'do_remove_package no demo')).exitCode, 1)
    assert.match(await installed(host, 'demo').then(String), / held$/)
    await installs(host, 'demo 1.1 yes')
    assert.equal(await installed(host, 'demo'), [`demo ${whole('1.1')} held`])
    await installs(host, "demo '' no")
    assert.equal(await installed(host, 'demo'), [`demo ${whole('1.1')}`])
  })

  test('has nothing to complete', async () => {
    await succeeds(host, '"${PACKAGE_MANAGER}_mend"')
  })

  test('removes packages', async () => {
    await succeeds(host, 'do_remove_package no other')
    assert.equal(await installed(host, 'demo', 'other'), [`demo ${whole('1.1')}`])
    assert.is((await host.run('is_remove_package no other never-heard-of')).exitCode, 0)
  })

  test('has removed what was never there, and removes what is beside it, also what is held if it may', async () => {
    await succeeds(host, 'do_remove_package no never-heard-of neither-this')
    await installs(host, "demo '' yes")
    await succeeds(host, 'do_remove_package yes never-heard-of demo neither-this')
    assert.equal(await installed(host, 'demo'), [])
    await installs(host, "demo 1.0 ''")
    assert.equal(await installed(host, 'demo'), [`demo ${whole('1.0')}`])
    await succeeds(host, 'do_remove_package no demo')
  })

  test.run()
}

/** Lines of shell that act on a host, which may be a root tree. */
function act(host: PackageManagerUnderTest, lines: string) {
  return host.run(`can_change_packages() { find_package_manager; }
PACKAGES_WAIT=60
find_package_manager || exit 99
${lines}`)
}

function installing(host: PackageManagerUnderTest, packages: string) {
  return act(host, `install_packages no yes ${packages}`)
}

async function installs(host: PackageManagerUnderTest, packages: string): Promise<void> {
  const { exitCode, stdout } = await installing(host, packages)
  assert.is(exitCode, 0, stdout)
}

async function succeeds(host: PackageManagerUnderTest, lines: string): Promise<void> {
  const { exitCode, stdout } = await act(host, lines)
  assert.is(exitCode, 0, stdout)
}

/** The lines of these packages that name them as they were asked for. */
async function installed(
  host: PackageManagerUnderTest,
  ...names: readonly string[]
): Promise<readonly string[]> {
  const { stdout } = await act(host, `"\${PACKAGE_MANAGER}_query" ${names.join(' ')}`)
  return stdout
    .split('\n')
    .filter((line) => names.includes(line.split(' ')[0] ?? ''))
    .sort()
}
