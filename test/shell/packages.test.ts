import { existsSync, rmSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { collectQuestions, readAnswer } from '../../src/shell/probes/index.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { packageManagerContract } from '../contracts/package-manager.ts'
import { plantApt, withApt } from './apt-stand-in.ts'
import { inEachShell, openRootTree, type RootTree } from './root-tree.ts'
import { libraryFor, place } from './run-programs.ts'
import { shells } from './shells.ts'

/** Runs lines of shell that know the library, on a host with apt. */
async function run(tree: RootTree, lines: string) {
  const { inspect, apply } = libraryFor(tree.shell)
  const { exitCode, stdout, stderr } = await tree.run(`${withApt(tree)}${inspect}\n${apply}\n${lines}\n`)
  return { exitCode, stdout: stdout.toString() + stderr }
}

packageManagerContract('apt', async () => {
  const tree = openRootTree(shells[0])
  plantApt(tree)
  const lines = (path: string): readonly string[] => tree.read(path).split('\n').filter(Boolean)
  return {
    run: (words) => run(tree, words),
    async publish(name, versions) {
      const others = lines('/srv/repository').filter((line) => !line.startsWith(`${name} `))
      const published = [...others, ...versions.map((version) => `${name} ${version}`)]
      tree.write('/srv/repository', published.map((line) => `${line}\n`).join(''))
    },
    ageLists: async () => rmSync(tree.at('/var/lib/apt/lists'), { recursive: true, force: true }),
    hold: async (name) => tree.write('/srv/dpkg/held', `${name}\n`),
    close: async () => tree.close(),
  }
})

test('a name alone is the package of the own architecture, and one with an architecture that one', () =>
  inEachShell(async (tree) => {
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
  inEachShell(async (tree) => {
    plantApt(tree)
    for (let time = 0; time < 2; time += 1) assert.is((await run(tree, 'apt_refresh')).exitCode, 0)
    assert.is(tree.read('/srv/apt.log'), 'update\n')
  }))

for (const [autostart, started] of [
  ['yes', 'demo\n'],
  ['no', ''],
] as const) {
  test(`daemons are started by their packages: ${autostart}; later ones may be in any case`, () =>
    inEachShell(async (tree) => {
      plantApt(tree)
      tree.write('/srv/dpkg/known', 'demo 1.0\n')
      assert.is((await run(tree, `apt_install ${autostart} demo ''`)).exitCode, 0)
      assert.is(tree.read('/srv/started'), started)
      assert.not(existsSync(tree.at('/usr/sbin/policy-rc.d')))
    }))
}

test('the policy of an administrator stays', () =>
  inEachShell(async (tree) => {
    plantApt(tree)
    tree.write('/srv/dpkg/known', 'demo 1.0\n')
    tree.write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755)
    assert.is((await run(tree, "apt_install no demo ''; allow_autostart")).exitCode, 0)
    assert.is(tree.read('/usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n')
  }))

test('a host without a supported package manager is reported', () =>
  inEachShell(async (tree) => {
    const { inspect, apply } = libraryFor(tree.shell)
    const { exitCode, stdout } = await tree.run(
      `${inspect}\n${apply}\nR=\nfind_package_manager() { return 1; }\ndo_package no no etcd ''\n`,
    )
    assert.is(
      `${exitCode} ${stdout.toString()}`,
      '1 this host has none of the supported package managers: apt\n',
    )
  }))

test.run()
