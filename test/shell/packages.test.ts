import { existsSync, rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { collectQuestions, readAnswer } from '../../src/shell/probes/index.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { packageManagerContract } from '../contracts/package-manager.ts'
import { plantApt, withApt } from './apt-stand-in.ts'
import { plantPackageManager, standIns } from './package-stand-ins.ts'
import { inShellsByTurns, openRootTree, type RootTree } from './root-tree.ts'
import { libraryFor, place } from './run-programs.ts'
import { shells } from './shells.ts'

/** Runs lines of shell that know the library, on a host with apt. */
async function run(tree: RootTree, lines: string) {
  const { inspect, packages, apply } = libraryFor(tree.shell)
  const { exitCode, stdout, stderr } = await tree.run(
    `${withApt(tree)}${inspect}\n${packages}\n${apply}\n${lines}\n`,
  )
  return { exitCode, stdout: stdout.toString() + stderr }
}

packageManagerContract('apt', async () => {
  const tree = openRootTree(shells[0])
  plantApt(tree)
  const lines = (path: string): readonly string[] => tree.read(path).split('\n').filter(Boolean)
  return {
    release: '',
    hasEpochs: true,
    run: (words) => run(tree, words),
    async publish(name, versions, { provides, needs } = {}) {
      if (provides !== undefined) tree.write('/srv/dpkg/virtual', `${name} ${provides}\n`)
      if (needs !== undefined) tree.write('/srv/dpkg/needs', `${name} ${needs}\n`)
      const others = lines('/srv/repository').filter((line) => !line.startsWith(`${name} `))
      const published = [...others, ...versions.map((version) => `${name} ${version}`)]
      tree.write('/srv/repository', published.map((line) => `${line}\n`).join(''))
    },
    ageLists: async () => rmSync(tree.at('/var/lib/apt/lists'), { recursive: true, force: true }),
    close: async () => tree.close(),
  }
})

for (const manager of standIns) {
  packageManagerContract(manager, async () => {
    const tree = openRootTree(shells[0])
    plantPackageManager(tree, manager)
    const add = (path: string, line: string): void => tree.write(path, `${tree.read(path)}${line}\n`)
    return {
      release: manager === 'apk' ? '-r0' : '-1',
      hasEpochs: manager !== 'apk',
      run: (words) => run(tree, words),
      async publish(name, versions, { provides, needs } = {}) {
        if (provides !== undefined) add('/srv/pm/provides', `${name} ${provides}`)
        if (needs !== undefined) add('/srv/pm/needs', `${name} ${needs}`)
        const others = tree.read('/srv/pm/repository').replaceAll(new RegExp(`^${name} .*\n`, 'gm'), '')
        tree.write('/srv/pm/repository', others + versions.map((version) => `${name} ${version}\n`).join(''))
      },
      ageLists: async () => rmSync(tree.at('/var/cache'), { recursive: true, force: true }),
      close: async () => tree.close(),
    }
  })
}

test('a name alone is the package of the own architecture, and one with an architecture that one', () =>
  inShellsByTurns(async (tree) => {
    plantApt(
      tree,
      `libc6 amd64 installed 2.36-9
libc6 i386 installed 2.36-8
tzdata all installed 2024a
wine32 i386 installed 8.0
removed amd64 config-files 1.0
`,
    )
    tree.write('/var/lib/dpkg/arch', 'amd64\ni386\n')
    const names = ['libc6', 'libc6:i386', 'libc6:amd64', 'tzdata', 'wine32', 'wine32:i386', 'removed', 'gone']
    const questions = collectQuestions(names.map((name) => ({ probe: 'package', name })))
    const { stdout } = await tree.run(
      withApt(tree) + inspectProgram(questions, place, libraryFor(tree.shell)),
    )
    const facts = readAnswer(stdout, questions)
    assert.equal('busy' in facts ? {} : { ...facts.packages }, {
      libc6: { version: '2.36-9' },
      'libc6:i386': { version: '2.36-8' },
      'libc6:amd64': { version: '2.36-9' },
      tzdata: { version: '2024a' },
      wine32: null,
      'wine32:i386': { version: '8.0' },
      removed: null,
      gone: null,
    })
  }))

test('lists that are not old are not refreshed', () =>
  inShellsByTurns(async (tree) => {
    plantApt(tree)
    for (let time = 0; time < 2; time += 1) assert.is((await run(tree, 'apt_refresh')).exitCode, 0)
    assert.is(tree.read('/srv/apt.log'), 'update\n')
  }))

test('lists are refreshed if their sources are newer', () =>
  inShellsByTurns(async (tree) => {
    plantApt(tree)
    assert.is((await run(tree, 'apt_refresh')).exitCode, 0)
    for (const source of ['sources.list', 'sources.list.d/new.list', 'trusted.gpg.d/new.gpg']) {
      tree.write('/srv/apt.log', '')
      tree.write(`/etc/apt/${source}`, source)
      const { stdout } = await run(
        tree,
        'touch -d "1 hour ago" "$R/var/lib/apt/lists"; find "$R/etc/apt" -exec touch -d "2 hours ago" {} \\;\n' +
          `apt_refresh; touch "$R/etc/apt/${source}"; apt_refresh; apt_refresh`,
      )
      assert.is(stdout, '')
      assert.is(tree.read('/srv/apt.log'), 'update\n', source)
    }
  }))

test('a source that fails stops no installation from others, and is named first if one fails', () =>
  inShellsByTurns(async (tree) => {
    plantApt(tree)
    tree.write('/srv/dead', 'yes')
    tree.write('/srv/dpkg/known', 'demo 1.0\n')
    // The stand-in of the root tree is a booted host for these.
    const booted = 'can_change_packages() { find_package_manager; }; '
    assert.is((await run(tree, `${booted}install_packages no yes demo '' ''`)).exitCode, 0)
    assert.match(tree.read('/srv/dpkg/status'), 'demo amd64 installed 1.0')
    const { exitCode, stdout } = await run(tree, `${booted}install_packages no yes gone '' ''`)
    assert.is(exitCode, 100)
    const [first, second] = stdout.split('\n')
    assert.is(
      first,
      "the package lists cannot be refreshed: The repository 'http://dead ./ Release' does not have a Release file.",
    )
    assert.is(second, 'E: Unable to locate package gone')
  }))

test('a virtual package is installed if another provides it, and leaves with that', () =>
  inShellsByTurns(async (tree) => {
    plantApt(tree, 'fa-mta amd64 installed 2.0\n')
    tree.write(
      '/srv/dpkg/provides',
      'installed fa-mta 2.0 fa-mail-agent, fa-smtp (= 1.0), fa-sendmail\nconfig-files fa-old 1.0 fa-gone\ninstalled fa-x 1.0 \n',
    )
    const asked = 'fa-mail-agent fa-smtp fa-sendmail fa-send fa-mail fa-gone fa-mta'
    const { stdout } = await run(tree, `apt_query ${asked}`)
    assert.equal(stdout.trim().split('\n').sort(), [
      'fa-mail-agent 2.0',
      'fa-mta 2.0',
      'fa-mta:amd64 2.0',
      'fa-sendmail 2.0',
      'fa-smtp 2.0',
    ])
    assert.is((await run(tree, 'apt_remove fa-mail-agent')).exitCode, 0)
    assert.match(tree.read('/srv/dpkg/status'), 'fa-mta amd64 config-files 2.0')
  }))

test('what a removal takes along is named', () =>
  inShellsByTurns(async (tree) => {
    plantApt(tree, 'fa-core amd64 installed 1.0\n')
    tree.write('/srv/dpkg/needs', 'fa-app fa-core\nfa-tool:i386 fa-core\nfa-app fa-tool\n')
    assert.is(
      (await run(tree, 'apt_takes_along fa-core; apt_takes_along fa-app')).stdout,
      'fa-core fa-app\nfa-core fa-tool:i386\n',
    )
  }))

for (const [autostart, started] of [
  ['yes', 'demo\n'],
  ['no', ''],
] as const) {
  test(`daemons are started by their packages: ${autostart}; later ones may be in any case`, () =>
    inShellsByTurns(async (tree) => {
      plantApt(tree)
      tree.write('/srv/dpkg/known', 'demo 1.0\n')
      assert.is((await run(tree, `apt_install ${autostart} demo ''`)).exitCode, 0)
      assert.is(tree.read('/srv/started'), started)
      assert.not(existsSync(tree.at('/usr/sbin/policy-rc.d')))
    }))
}

test('the policy of an administrator stays', () =>
  inShellsByTurns(async (tree) => {
    plantApt(tree)
    tree.write('/srv/dpkg/known', 'demo 1.0\n')
    tree.write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755)
    assert.is((await run(tree, "apt_install no demo ''; allow_autostart")).exitCode, 0)
    assert.is(tree.read('/usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n')
  }))

test('a host without a supported package manager is reported', () =>
  inShellsByTurns(async (tree) => {
    const { inspect, packages, apply } = libraryFor(tree.shell)
    const { exitCode, stdout } = await tree.run(
      `${inspect}\n${packages}\n${apply}\nR=\nfind_package_manager() { return 1; }\ninstall_packages no no etcd '' ''\n`,
    )
    assert.is(
      `${exitCode} ${stdout.toString()}`,
      '1 this host has none of the supported package managers: apt zypper dnf apk\n',
    )
  }))

test.run()
