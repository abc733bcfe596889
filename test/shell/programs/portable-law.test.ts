import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Facts } from '../../../src/model/facts.ts'
import type { Operation } from '../../../src/model/operation.ts'
import type { CatalogEntry, HostCatalog } from '../../../src/model/resource.ts'
import { planHost } from '../../../src/plan/host/plan-host.ts'
import { planPortable } from '../../../src/plan/host/plan-portable.ts'
import { prune } from '../../../src/plan/undo/prune.ts'
import { withRecord } from '../../../src/record/with-record.ts'
import { file } from '../../../src/resources/file.ts'
import { pkg } from '../../../src/resources/package.ts'
import { historyProgram, parseHistory } from '../../../src/shell/programs/history-program.ts'
import { portableProgram } from '../../../src/shell/programs/portable-program.ts'
import { figure } from '../../figure.ts'
import { plantApt } from '../apt-stand-in.ts'
import { catalogOf } from '../catalogs.ts'
import { fuzzRuns, inShells, seedOf, shareOf } from '../hostile.ts'
import { embedded, library, look, same, treeOf } from '../living-trees.ts'
import { inEachShell, inShellsByTurns, type RootTree, withRootTree } from '../root-tree.ts'
import { journalPath, launching, libraryFor, newRun, place } from '../run-programs.ts'
import { shells } from '../shells.ts'
import { type Life, lives, plantArchives, wholeCatalog } from '../whole-catalogs.ts'

const log = '/var/log/embedded-systemctl.log'
/** A life takes about a second: two in each shell, and by night some hundred. */
const livesPerShell = Math.min(120, Math.max(1, Math.ceil(shareOf(fuzzRuns) / 200)))
let runs = 0

async function applyPlan(tree: RootTree, catalog: HostCatalog, prunes: boolean): Promise<number> {
  const facts = await look(tree, catalog)
  const planned = planHost(catalog, facts, prunes ? prune(catalog, facts) : undefined)
  const { changes, bookkeeping } = withRecord(planned, catalog)
  if (changes.length === 0 || bookkeeping === undefined) return 0
  runs += 1
  const options = { journal: facts.journal, bookkeeping, library: library(tree) }
  const { stdout, stderr } = await tree.run(launching(tree, changes, newRun(`run-${runs}`), options))
  assert.is(stderr, '')
  assert.ok(stdout.toString().endsWith('end ok\n'), stdout.toString())
  return changes.length
}

async function applyPortable(tree: RootTree, catalog: HostCatalog): Promise<readonly string[]> {
  const plan = planPortable(catalog, [])
  const program = portableProgram(plan, place, library(tree))
  const { exitCode, stdout, stderr } = await tree.run(program)
  assert.is(`${exitCode} ${stderr}${exitCode === 0 ? '' : stdout}`, '0 ')
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('done '))
    .map((line) => JSON.stringify(plan.changes[Number(line.slice('done '.length))]?.operation ?? line))
}

/** What systemd was asked to do since the last time; what makes it read its files is not compared. */
function requests(tree: RootTree, running: Set<string>): readonly string[] {
  if (!existsSync(tree.at(log))) return []
  const lines = tree.read(log).trim().split('\n')
  tree.write(log, '')
  const fresh = new Set<string>()
  return lines.filter((line) => {
    const [verb = '', unit = ''] = line.split(' ').filter((word) => !word.startsWith('-'))
    if (line === '' || verb === 'daemon-reload' || verb === 'reset-failed') return false
    return !isIdle(verb, unit, running, fresh)
  })
}

/**
 * Whether a request changes nothing: to start what runs, to stop what does not, or to restart or reload what was just
 * started. Of a start that the host decides, only the portable program knows that it happened.
 */
function isIdle(verb: string, unit: string, running: Set<string>, fresh: Set<string>): boolean {
  switch (verb) {
    case 'start':
    case 'restart': {
      const idle = verb === 'start' ? running.has(unit) : fresh.has(unit)
      running.add(unit)
      if (!idle) fresh.add(unit)
      return idle
    }
    case 'reload':
      return fresh.has(unit)
    case 'stop':
      fresh.delete(unit)
      return !running.delete(unit)
    default:
      return false
  }
}

/**
 * A command leaves nothing that its entry could say. Of what the host decided, an apply records what it was about to do, and
 * a portable program what it did: what undoes it is the same.
 */
function entries({ state }: Facts, decided: ReadonlySet<string>): readonly string[] {
  return (state?.manifest ?? [])
    .filter(({ resource }) => !resource.startsWith('command['))
    .map((entry) =>
      JSON.stringify(decided.has(entry.resource) ? { ...entry, desired: '', paths: {} } : entry),
    )
    .sort()
}

function isDecidedOnHost({ resource: { relations, desired } }: CatalogEntry): boolean {
  return relations.onlyIf !== undefined || relations.unless !== undefined || 'until' in desired
}

async function lastUndo(tree: RootTree): Promise<readonly string[]> {
  const { stdout } = await tree.run(historyProgram(0, place, libraryFor(tree.shell)))
  const [newest] = parseHistory(stdout).generations
  // Two resources may need the same directory: an apply makes it twice. Of one rank the order does not matter.
  const undo = newest?.revert ?? []
  return [
    ...new Set(undo.map(({ operation }) => JSON.stringify({ ...asAttributes(tree, operation), kept: '' }))),
  ].sort()
}

/** A portable program writes a file anew of which only the mode differs: to restore it changes its mode. */
function asAttributes(tree: RootTree, operation: Operation): Operation {
  if (
    operation.op !== 'restore' ||
    lstatSync(tree.at(operation.path), { throwIfNoEntry: false })?.isFile() !== true
  )
    return operation
  const { path, sha256, mode, owner, group } = operation
  const isThere =
    createHash('sha256')
      .update(readFileSync(tree.at(path)))
      .digest('hex') === sha256
  return isThere ? { op: 'attributes', path, mode, owner, group } : operation
}

async function live(
  planned: RootTree,
  portable: RootTree,
  { isLinked, before, shared, years }: Life,
): Promise<void> {
  for (const tree of [planned, portable]) {
    plantApt(tree)
    plantArchives(tree)
    for (const [path, content] of before) tree.write(path, content)
    for (const [path, content] of Object.entries(shared)) if (content !== undefined) tree.write(path, content)
    if (isLinked && !existsSync(tree.at('/etc/f2'))) symlinkSync('elsewhere', tree.at('/etc/f2'))
  }
  const running = { planned: new Set<string>(), portable: new Set<string>() }
  // Also when it is no longer declared, or without a guard as it was.
  const decided = new Set<string>()
  for (const { flags, wish, edits } of years) {
    for (const tree of [planned, portable]) {
      for (const [index, isSet] of flags.entries()) {
        if (isSet) tree.write(`/srv/flag${index}`, '')
        else rmSync(tree.at(`/srv/flag${index}`), { force: true })
      }
      for (const path of edits) tree.write(path, 'edited by hand\n')
    }
    const catalog = wholeCatalog(wish)
    for (const { resource } of catalog.entries.filter(isDecidedOnHost)) decided.add(resource.id)
    const changes = await applyPlan(planned, catalog, false)
    const done = await applyPortable(portable, catalog)
    same(requests(portable, running.portable), requests(planned, running.planned), 'requests to systemd')
    same(treeOf(portable), treeOf(planned), 'tree')
    const [facts, likewise] = [await look(planned, catalog), await look(portable, catalog)]
    same(entries(likewise, decided), entries(facts, decided), 'manifest')
    assert.equal(likewise.pending, facts.pending)
    if (changes > 0 && done.length > 0) {
      // An apply also undoes what a guard on the host kept it from doing: nothing then.
      const undo = await lastUndo(portable)
      same(
        undo,
        (await lastUndo(planned)).filter((one) => undo.includes(one)),
        'undo',
      )
    }
    same(await applyPortable(portable, catalog), [], 'second portable run')
    same(await applyPortable(planned, catalog), [], 'portable run after an apply')
    assert.equal([...requests(portable, running.portable), ...requests(planned, running.planned)], [])
  }
  const nothing = wholeCatalog(undefined)
  await applyPlan(planned, nothing, true)
  await applyPlan(portable, nothing, true)
  same(treeOf(portable), treeOf(planned), 'tree after what was removed from the spec is removed')
  same(
    [...requests(portable, running.portable)].sort(),
    [...requests(planned, running.planned)].sort(),
    'requests to systemd',
  )
  assert.is(existsSync(portable.at(journalPath)) ? portable.read(journalPath) : '', '')
}

test('a portable run means what a plan means, and leaves what an apply leaves', async () => {
  let tried = 0
  await inEachShell(async (model) => {
    await fc.assert(
      fc.asyncProperty(lives, async (life) => {
        tried += 1
        await withRootTree(
          model.shell,
          (planned) => withRootTree(model.shell, (portable) => live(planned, portable, life), embedded),
          embedded,
        )
      }),
      {
        endOnFailure: true,
        seed: seedOf(model),
        numRuns: livesPerShell,
        includeErrorInReport: true,
      },
    )
  })
  assert.ok(tried >= livesPerShell * shells.length, `only ${tried}`)
  figure(`lives of whole catalogs that a plan and a portable program lead alike ${inShells}`, tried)
})

test('a conffile that its package brings in the same run returns when the file leaves, and its own life is forgotten', () =>
  inShellsByTurns(async (first) => {
    await withRootTree(
      first.shell,
      async (second) => {
        for (const tree of [first, second]) {
          plantApt(tree)
          tree.write('/srv/dpkg/known', 'app 1\n')
          tree.write('/srv/dpkg/conffiles', 'app /etc/app.conf\n')
          tree.write('/etc/.keep', '')
          const apply =
            tree === first
              ? (to: HostCatalog) => applyPlan(tree, to, true)
              : (to: HostCatalog) => applyPortable(tree, to)
          const ours = file({ path: '/etc/app.conf', content: 'ours\n' })
          await apply(catalogOf(pkg({ name: 'app', update: false }), ours))
          assert.is(tree.read('/etc/app.conf'), 'ours\n')
          await applyPlan(tree, catalogOf(pkg({ name: 'app', update: false })), true)
          assert.is(tree.read('/etc/app.conf'), 'default of app\n')
          rmSync(tree.at('/etc/app.conf'))
          await apply(catalogOf(pkg({ name: 'app', update: false }), ours))
          await applyPlan(tree, catalogOf(pkg({ name: 'app', update: false })), true)
          assert.not(existsSync(tree.at('/etc/app.conf')))
        }
      },
      embedded,
    )
  }, embedded))

test.run()
