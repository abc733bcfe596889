import { existsSync, readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../../../src/model/plan.ts'
import type { NotificationAction, Timing } from '../../../src/model/relations.ts'
import type { HostCatalog } from '../../../src/model/resource.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { planPortable } from '../../../src/plan/host/plan-portable.ts'
import { command } from '../../../src/resources/command.ts'
import { file } from '../../../src/resources/file.ts'
import { pkg } from '../../../src/resources/package.ts'
import { unit } from '../../../src/resources/unit/unit.ts'
import { portableProgram } from '../../../src/shell/programs/portable-program.ts'
import { catalogFrom, catalogInputs, catalogOf, entry } from '../catalogs.ts'
import { fuzzRuns, seedOf } from '../hostile.ts'
import { inShellsByTurns, listTree, type RootTree, withRootTree } from '../root-tree.ts'
import { apply, inspect, journalPath, libraryFor, place, runPortable } from '../run-programs.ts'

const standIns = fileURLToPath(new URL('../../../src/embedded/bin', import.meta.url))
/** A root tree in which the stand-in for systemctl answers. */
const embedded = {
  environment: { CONVERGE_EMBEDDED: '1', PATH: `${standIns}${delimiter}${process.env.PATH}` },
}

async function plan(tree: RootTree, catalog: HostCatalog): Promise<readonly Change[]> {
  const facts = await inspect(
    tree,
    catalog.entries.flatMap(({ resource }) => resource.probes),
  )
  return planHost(catalog, facts).changes
}

test('a journal of a newer version is refused, and stays', () =>
  inShellsByTurns(async (tree) => {
    const journal = 'converge-journal 2\nowed restart unit[a.service]\n'
    tree.write(journalPath, journal)
    const catalog = catalogOf(file({ path: '/etc/x', content: 'x' }))
    const { exitCode, stderr } = await tree.run(
      portableProgram(planPortable(catalog, []), place, libraryFor(tree.shell)),
    )
    assert.is(
      `${exitCode} ${stderr}`,
      '70 the journal was written by another version of converge: converge-journal 2\n',
    )
    assert.is(tree.read(journalPath), journal)
    assert.not(existsSync(tree.at('/etc/x')))
  }))

test('packages on a host without a supported package manager are refused before anything is changed', () =>
  inShellsByTurns(async (tree) => {
    const catalog = catalogOf(file({ path: '/etc/x', content: 'x' }), pkg({ name: 'etcd' }))
    const { exitCode, stderr } = await tree.run(
      portableProgram(planPortable(catalog, []), place, libraryFor(tree.shell)),
    )
    assert.is(
      `${exitCode} ${stderr}`,
      '70 this host has none of the supported package managers: apt zypper dnf apk\n',
    )
    assert.not(existsSync(tree.at('/etc/x')))
  }))

test('what is owed to a resource of another catalog stays owed', () =>
  inShellsByTurns(async (tree) => {
    const owed = 'converge-journal 1\nowe restart unit[a.service]\n'
    tree.write(
      journalPath,
      `${owed}owe run command[b]\nsettled run command[b]\nowe restart unit[a.service]\n`,
    )
    assert.is((await runPortable(tree, catalogOf(file({ path: '/etc/x', content: 'x' })))).at(-1), 'end ok')
    assert.is(tree.read(journalPath), owed)
  }))

test('the portable form and the plan form of a catalog lead to the same tree, and then nothing is left to do', () =>
  inShellsByTurns(async (model) => {
    await fc.assert(
      fc.asyncProperty(catalogInputs, async (input) => {
        const catalog = catalogFrom(input)
        await withRootTree(model.shell, async (planned) => {
          assert.is((await apply(planned, await plan(planned, catalog))).at(-1), 'end ok')
          assert.equal(await plan(planned, catalog), [], 'the plan after an apply is empty')
          await withRootTree(model.shell, async (portable) => {
            assert.is((await runPortable(portable, catalog)).at(-1), 'end ok')
            assert.equal(await plan(portable, catalog), [], 'the plan after a portable run is empty')
            assert.equal(listTree(portable.root), listTree(planned.root))
            const again = await runPortable(portable, catalog)
            assert.equal(acts(again), ['started', 'end ok'])
          })
          const after = await runPortable(planned, catalog)
          assert.equal(acts(after), ['started', 'end ok'])
        })
      }),
      { seed: seedOf(model), numRuns: Math.min(20, Math.ceil(fuzzRuns / 300)), includeErrorInReport: true },
    )
  }))

/** The result lines of what was done. */
function acts(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !/^(same|skip) /.test(line))
}

test('carries every byte', () =>
  inShellsByTurns(async (tree) => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256))
    await runPortable(tree, catalogOf(file({ path: '/etc/bytes', contentBase64: bytes.toString('base64') })))
    assert.equal(readFileSync(tree.at('/etc/bytes')), bytes)
  }))

/** What the stand-in for systemd was asked to do since the last time. */
function actions(tree: RootTree): readonly string[] {
  const log = '/var/log/embedded-systemctl.log'
  if (!existsSync(tree.at(log))) return []
  const lines = tree.read(log).trim().split('\n')
  tree.write(log, '')
  return lines.filter((line) => line !== '' && !line.startsWith('reset-failed'))
}

const service = {
  name: 'web.service',
  content: '[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=multi-user.target',
}
const web = 'unit[web.service]' as const

function configured(texts: readonly string[], action: NotificationAction, timing: Timing = 'delayed') {
  return catalogOf(
    ...texts.map((content, index) =>
      entry(file({ path: `/etc/web${index}`, content }), [{ resource: web, action, timing }]),
    ),
    unit({ ...service, enabled: true, started: true }),
  )
}

// That a plan does the same is held by portable-law.test.ts, and by the tables of plans one by one.

async function converge(tree: RootTree, catalog: HostCatalog): Promise<readonly string[]> {
  await runPortable(tree, catalog)
  assert.is(existsSync(tree.at(journalPath)) ? tree.read(journalPath) : '', '')
  return actions(tree)
}

test('a start absorbs the restart, later changes restart once, and no change asks for nothing', () =>
  inShellsByTurns(async (tree) => {
    const begun = ['enable web.service', 'start web.service']
    const first = await converge(tree, configured(['one', 'two'], 'restart'))
    assert.equal(
      first.filter((line) => line !== 'daemon-reload'),
      begun,
    )
    assert.equal(await converge(tree, configured(['one', 'two'], 'restart')), [])
    assert.equal(await converge(tree, configured(['three', 'four'], 'restart')), ['restart web.service'])
    assert.equal(await converge(tree, configured(['three', 'five'], 'reload')), ['reload web.service'])
  }, embedded))

test('a restart absorbs the reload', () =>
  inShellsByTurns(async (tree) => {
    const both = (content: string) =>
      catalogOf(
        entry(file({ path: '/etc/a', content }), [{ resource: web, action: 'reload', timing: 'delayed' }]),
        entry(file({ path: '/etc/b', content }), [{ resource: web, action: 'restart', timing: 'delayed' }]),
        unit({ ...service, enabled: true, started: true }),
      )
    await converge(tree, both('one'))
    assert.equal(await converge(tree, both('two')), ['restart web.service'])
  }, embedded))

test('a changed unit file is read before the restart that it owes', () =>
  inShellsByTurns(async (tree) => {
    const described = (text: string) =>
      catalogOf(
        unit({
          name: 'web.service',
          content: `[Unit]\nDescription=${text}\n${service.content}`,
          started: true,
        }),
      )
    await converge(tree, described('one'))
    assert.equal(await converge(tree, described('two')), ['daemon-reload', 'restart web.service'])
  }, embedded))

test('what is declared so is stopped, disabled and unmasked, once', () =>
  inShellsByTurns(async (tree) => {
    await converge(tree, catalogOf(unit({ ...service, enabled: true, started: true })))
    const stopped = catalogOf(unit({ ...service, enabled: false, started: false }))
    assert.equal([...(await converge(tree, stopped))].sort(), ['disable web.service', 'stop web.service'])
    assert.equal(await converge(tree, stopped), [])
    await converge(tree, catalogOf(unit({ name: 'other.service', masked: true })))
    const unmasked = catalogOf(unit({ name: 'other.service', masked: false }))
    assert.equal(await converge(tree, unmasked), ['unmask other.service'])
    assert.equal(await converge(tree, unmasked), [])
  }, embedded))

test('an immediate notification comes before what follows it', () =>
  inShellsByTurns(async (tree) => {
    tree.write('/srv/.keep', '')
    const look = command({
      name: 'look',
      command: 'ls "$CONVERGE_ROOT/etc" | grep -c "^web" >"$CONVERGE_ROOT/srv/seen"',
    })
    const now = { resource: look.id, action: 'run', timing: 'immediate' } as const
    const catalog = catalogOf(
      entry(file({ path: '/etc/web0', content: 'x' }), [now]),
      look,
      file({ path: '/etc/web1', content: 'x' }),
    )
    await converge(tree, catalog)
    assert.is(tree.read('/srv/seen'), '1\n')
    tree.write('/srv/seen', 'not again')
    await converge(tree, catalog)
    assert.is(tree.read('/srv/seen'), 'not again')
  }))

test('a portable run carries out what an earlier one left owed', () =>
  inShellsByTurns(async (tree) => {
    await runPortable(tree, configured(['one'], 'restart'))
    actions(tree)
    tree.write(
      journalPath,
      'converge-journal 1\nowe reload unit[web.service]\nowe restart unit[web.service]\nsettled reload unit[web.service]\nowe relo',
    )
    await runPortable(tree, configured(['one'], 'restart'))
    assert.equal(actions(tree), ['daemon-reload', 'restart web.service'])
    assert.is(tree.read(journalPath), '')
  }, embedded))

test('what a guard forbids is not restarted either, and that is not asked for again', () =>
  inShellsByTurns(async (tree) => {
    const catalog = (content: string) =>
      catalogOf(
        entry(file({ path: '/etc/web', content }), [{ resource: web, action: 'restart', timing: 'delayed' }]),
        unit({ ...service, started: true, onlyIf: 'test ! -e "$CONVERGE_ROOT/etc/forbidden"' }),
      )
    await runPortable(tree, catalog('one'))
    tree.write('/etc/forbidden', '')
    actions(tree)
    await runPortable(tree, catalog('two'))
    assert.equal(actions(tree), [])
    assert.is(tree.read(journalPath), '')
  }, embedded))

test('a portable run that fails says so by its exit code and keeps what is owed', () =>
  inShellsByTurns(async (tree) => {
    const stop = command({ name: 'stop', command: 'echo no; exit 3', unless: 'false' })
    const catalog = catalogOf(
      ...configured(['one'], 'restart').entries.slice(0, 1),
      stop,
      unit({ ...service, started: true }),
    )
    const { exitCode, stdout } = await tree.run(
      portableProgram(planPortable(catalog, []), place, libraryFor(tree.shell)),
    )
    assert.is(exitCode, 1)
    assert.match(stdout.toString(), /^started\nstart 0\ndone 0\nstart 1\n/)
    assert.match(stdout.toString(), /end failed\n$/)
    assert.equal((await inspect(tree, [])).pending, [{ resource: web, action: 'restart' }])
  }, embedded))

test.run()
