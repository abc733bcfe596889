import { existsSync, rmSync, symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Facts } from '../../../src/model/facts.ts'
import type { HostPlan, Only, PlannedHost } from '../../../src/model/plan.ts'
import type { CatalogEntry, HostCatalog } from '../../../src/model/resource.ts'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { figure } from '../../figure.ts'
import { plantApt } from '../apt-stand-in.ts'
import { fuzzRuns, inShells, seedOf, shareOf } from '../hostile.ts'
import { embedded, library, look, same, treeOf } from '../living-trees.ts'
import { inEachShell, type RootTree, withRootTree } from '../root-tree.ts'
import { journalPath, launching, newRun } from '../run-programs.ts'
import { type Life, lives, plantArchives, wholeCatalog } from '../whole-catalogs.ts'

const livesPerShell = Math.min(60, Math.max(1, Math.ceil(shareOf(fuzzRuns) / 200)))
let runs = 0

/** Patterns as a person may write them for what these catalogs have. */
const patterns = fc.uniqueArray(
  fc.constantFrom(
    'file[*]',
    'file[/etc/f0]',
    'file[/etc/f1]',
    'file[/etc/until]',
    'directory[*]',
    'link[*]',
    'user[*]',
    'group[*]',
    'archive[*]',
    'download[*]',
    'gitCheckout[*]',
    'package[jq]',
    'unit[a.service]',
    'unit[service.service]',
    'unit[w@*]',
    'command[creates]',
    'command[guarded]',
    '*[/srv/*]',
  ),
  { minLength: 1, maxLength: 4 },
)

async function plan(tree: RootTree, catalog: HostCatalog, only: Only | undefined): Promise<HostPlan> {
  const facts = await look(tree, catalog)
  const { hosts } = planCluster(
    { cluster: 'test', hosts: [catalog] },
    new Map([[catalog.host, facts]]),
    { prune: true, release: false, ...(only !== undefined && { only }) },
    [],
  )
  const [host] = hosts
  if (host === undefined) throw new Error('there is no plan')
  return host
}

/** Applies the catalog, or a part of it; why if the plan refuses that. */
async function converge(tree: RootTree, catalog: HostCatalog, only?: Only): Promise<string | undefined> {
  const planned = await plan(tree, catalog, only)
  if (planned.status === 'failed') return planned.error.message
  if (planned.status !== 'planned' || planned.bookkeeping === undefined) return undefined
  runs += 1
  const options = {
    journal: planned.facts.journal,
    bookkeeping: planned.bookkeeping,
    library: library(tree),
  }
  const { stdout, stderr } = await tree.run(launching(tree, planned.changes, newRun(`run-${runs}`), options))
  assert.is(stderr, '')
  assert.ok(stdout.toString().endsWith('end ok\n'), stdout.toString())
  return undefined
}

/** Of what a guard decides on the host, an apply records what it was about to do: that depends on what comes before it. */
function manifest({ state }: Facts, isCompared: (id: string) => boolean): readonly string[] {
  return (state?.manifest ?? [])
    .filter(({ resource }) => isCompared(resource))
    .map((entry) => JSON.stringify(entry))
    .sort()
}

function isDecidedOnHost({ resource: { kind, relations, desired } }: CatalogEntry): boolean {
  return (
    kind === 'command' ||
    relations.onlyIf !== undefined ||
    relations.unless !== undefined ||
    'until' in desired
  )
}

function changeLines({ changes }: PlannedHost): readonly string[] {
  return (
    changes
      // What is wanted until a path exists is looked for in every run; what is only noted changes nothing.
      .filter(({ guard }) => guard?.exists === undefined)
      .map(({ resource, operation, reason }) => `${resource} ${operation.op}: ${reason}`)
  )
}

interface Counts {
  parts: number
  refused: number
}

/** One tree gets each year at once, the other first a part of it. */
async function live(
  whole: RootTree,
  parted: RootTree,
  { isLinked, before, shared, years }: Life,
  choices: readonly Only[],
  counts: Counts,
): Promise<void> {
  for (const tree of [whole, parted]) {
    plantApt(tree)
    plantArchives(tree)
    for (const [path, content] of before) tree.write(path, content)
    for (const [path, content] of Object.entries(shared)) if (content !== undefined) tree.write(path, content)
    if (isLinked && !existsSync(tree.at('/etc/f2'))) symlinkSync('elsewhere', tree.at('/etc/f2'))
  }
  // Also when it is no longer declared, or without a guard.
  const decided = new Set<string>()
  for (const [year, { flags, wish, edits }] of years.entries()) {
    for (const tree of [whole, parted]) {
      for (const [index, isSet] of flags.entries()) {
        if (isSet) tree.write(`/srv/flag${index}`, '')
        else rmSync(tree.at(`/srv/flag${index}`), { force: true })
      }
      for (const path of edits) tree.write(path, 'edited by hand\n')
    }
    const catalog = wholeCatalog(wish)
    for (const { resource } of catalog.entries.filter(isDecidedOnHost)) decided.add(resource.id)
    const only = choices[year % choices.length] ?? []
    const first = await look(parted, catalog)
    const part = await converge(parted, catalog, only)
    counts.parts += 1
    if (part !== undefined) counts.refused += 1
    const left = await look(parted, catalog)
    const selects = (id: string): boolean => only.some((pattern) => matches(pattern, id))
    same(
      manifest(left, (id) => !selects(id)),
      manifest(first, (id) => !selects(id)),
      'manifest left out',
    )
    const again = await plan(parted, catalog, only)
    if (part === undefined)
      same(again.status === 'planned' ? changeLines(again) : [again.status], [], 'part that is settled')
    const done = [await converge(whole, catalog), await converge(parted, catalog)]
    // A start of a unit that is not there is refused at once; after a part it may be pending, and a guard of the unit decides.
    if (done[0] !== undefined) return
    same(done.slice(1).map(String), ['undefined'], 'refusal')
    same(treeOf(parted).filter(isCompared), treeOf(whole).filter(isCompared), 'tree')
    const certain = (id: string): boolean => !decided.has(id)
    same(
      manifest(await look(parted, catalog), certain),
      manifest(await look(whole, catalog), certain),
      'manifest',
    )
    assert.is(journal(parted), journal(whole))
  }
}

function matches(pattern: string, id: string): boolean {
  const escaped = pattern.replaceAll(/[.[\]]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`).test(id)
}

/** How often commands ran that were notified twice, and what converge keeps, are not compared. */
function isCompared(line: string): boolean {
  return !/^"\/(srv\/log|var\/lib\/converge)/.test(line)
}

function journal(tree: RootTree): string {
  return existsSync(tree.at(journalPath)) ? tree.read(journalPath) : ''
}

test('a part of a run, and then all of it, leave what a whole run leaves', async () => {
  const counts: Counts = { parts: 0, refused: 0 }
  await inEachShell(async (model) => {
    await fc.assert(
      fc.asyncProperty(lives, fc.array(patterns, { minLength: 3, maxLength: 3 }), async (life, choices) => {
        await withRootTree(
          model.shell,
          (whole) =>
            withRootTree(model.shell, (parted) => live(whole, parted, life, choices, counts), embedded),
          embedded,
        )
      }),
      { endOnFailure: true, seed: seedOf(model), numRuns: livesPerShell, includeErrorInReport: true },
    )
  })
  assert.ok(counts.refused * 2 < counts.parts, `${counts.refused} of ${counts.parts} are refused`)
  figure(`parts of runs that a whole run completes ${inShells}`, counts.parts)
})

test.run()
