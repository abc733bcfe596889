import type { Bookkeeping, Change, Expectation } from '../../model/plan.ts'
import type { Guard } from '../../model/resource.ts'
import { pathOf, rulesOf } from '../../operations/index.ts'
import { identityLines } from '../../record/identities.ts'
import { notificationWords } from '../answers/journal.ts'
import { expectedState } from '../expected-state.ts'
import type { HostLibrary } from '../library.ts'
import { commandLine, quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'

/** One run of a program, and where its files are on the host. */
export interface Run extends StatePlace {
  /** Unique word of letters, digits and dashes; also sorts by time. */
  readonly id: string
  /** Who started it, for a second controller that finds the lock taken: one line. */
  readonly by: string
  readonly stagingDir: string
  /** How many generations the host keeps; 10 by default. */
  readonly keepGenerations?: number
  /** How long to wait for another apply that holds the lock; 0 by default. */
  readonly lockWaitSeconds?: number
  /** The host undoes the apply unless it is confirmed over a new connection within this time. */
  readonly confirmWithinSeconds?: number
}

/** The changes of one host and the journal that the plan saw. */
export interface PlannedChanges {
  readonly changes: readonly Change[]
  readonly journal: string
  /** Absent for changes that are not recorded. */
  readonly bookkeeping?: Bookkeeping
}

/** The program that checks a plan's expectations under the lock and then carries out its changes, in order. */
export function planProgram(planned: PlannedChanges, run: Run, library: HostLibrary): string {
  return `{
${library.inspect}
${partsFor(planned.changes, library)}
${library.apply}
${runSettings(run)}
PORTABLE=
read_uid
read_init
begin ${commandLine([run.id, run.by])}
expect_journal ${quote(planned.journal)}
${expectationLines(planned.changes).join('\n')}
${planned.bookkeeping === undefined ? '' : `expect_generation ${planned.bookkeeping.generation - 1}`}
stop_if_refused
take_staging
${run.confirmWithinSeconds === undefined ? '' : `arm_revert ${run.confirmWithinSeconds}`}
${temporaryLines(planned.changes).join('\n')}
${bookkeepingLines(planned.bookkeeping, run).join('\n')}
temporaries_durable
${planned.changes.flatMap((change, index) => changeLines(change, index)).join('\n')}
${closingLines(planned.bookkeeping, run).join('\n')}
end_of_steps
} </dev/null
`
}

/** What only some changes need: a shell reads its program byte by byte. */
export function partsFor(
  changes: readonly Pick<Change, 'operation'>[],
  { packages, etcd }: Pick<HostLibrary, 'packages' | 'etcd'>,
): string {
  const needs = (pattern: RegExp): boolean => changes.some(({ operation: { op } }) => pattern.test(op))
  return [...(needs(/^(remove-)?package$/) ? [packages] : []), ...(needs(/^etcd-/) ? [etcd] : [])].join('\n')
}

/** Notes the directories in which operations may make temporary names: those of their paths. */
export function temporaryLines(changes: readonly Pick<Change, 'operation'>[]): string[] {
  const directories = changes.flatMap(({ operation }) => {
    const path = pathOf(operation)
    return path === undefined ? [] : [path.slice(0, path.lastIndexOf('/'))]
  })
  return directories.length === 0 ? [] : [`temporaries_in ${commandLine([...new Set(directories)])}`]
}

/** The first lines of each program of a run: where state, results and uploads are. */
export function runSettings(run: Run): string {
  return `${placeSettings(run)}
ID=${quote(run.id)}
RUN=$STATE/run/$ID
STAGING=$R${quote(run.stagingDir)}
LOCK_WAIT=${run.lockWaitSeconds ?? 0}`
}

const defaultKeepGenerations = 10

function bookkeepingLines(bookkeeping: Bookkeeping | undefined, run: Run): string[] {
  if (bookkeeping === undefined) return []
  const {
    generation,
    summary,
    revert,
    lasting,
    records,
    rewrite,
    identities,
    members,
    hold,
    outcome,
    isOnlyRecord,
  } = bookkeeping
  const remembered = [
    ...(identities === undefined ? [] : ['identities', identityLines(identities)]),
    ...(members === undefined ? [] : ['members', JSON.stringify(members)]),
  ]
  const about = JSON.stringify({ number: generation, run: run.id, by: run.by, changes: summary, lasting })
  return [
    ...(rewrite === undefined ? [] : [`rewrite_manifest ${quote(rewrite)}`]),
    ...(isOnlyRecord
      ? []
      : [`open_generation ${generation} ${quote(about)} ${quote(JSON.stringify(revert))}`]),
    // A rollback may need the oldest generation.
    ...(outcome === undefined && !isOnlyRecord ? forgetLines(generation, run) : []),
    ...(remembered.length === 0 ? [] : [`remember ${commandLine(remembered)}`]),
    ...(hold === 'release' ? ['release_hold'] : []),
    ...records.map((line) => `record ${quote(line)}`),
    ...(records.length === 0 ? [] : ['records_stand']),
  ]
}

function forgetLines(generation: number, { keepGenerations = defaultKeepGenerations }: Run): string[] {
  return generation > keepGenerations ? [`forget_generations ${generation - keepGenerations}`] : []
}

/** The lines after the last change. */
export function closingLines(bookkeeping: Bookkeeping | undefined, run: Run): string[] {
  const { generation = 0, outcome, hold, leaves = [] } = bookkeeping ?? {}
  const holds = hold !== undefined && hold !== 'release'
  if (outcome === undefined && !holds && leaves.length === 0) return []
  return [
    'flush',
    ...(outcome === undefined ? [] : [`rewrite_manifest ${quote(outcome)}`]),
    ...(holds ? [`hold ${quote(hold)}`] : []),
    ...leaves.map((owed) => `still_owed ${commandLine(notificationWords(owed))}`),
    ...(outcome === undefined ? [] : forgetLines(generation, run)),
  ]
}

const expectationsPerCall = 100

function expectationLines(changes: readonly Change[]): string[] {
  const expected = new Map<string, Expectation>()
  for (const change of changes)
    for (const expectation of change.expects) expected.set(expectation.path, expectation)
  const words = [...expected.values()].map(({ path, state }) => commandLine([path, expectedState(state)]))
  const lines: string[] = []
  for (let start = 0; start < words.length; start += expectationsPerCall) {
    lines.push(`expect_paths ${words.slice(start, start + expectationsPerCall).join(' ')}`)
  }
  return lines
}

/** One change as lines of the program. */
export function changeLines(change: Change, index: number, word: 'step' | 'back' = 'step'): string[] {
  return [
    ...(change.keeps ?? []).map(({ path, kept }) => `keep ${commandLine([String(index), kept, path])}`),
    ...(change.records ?? []).map((line) => `record ${quote(line)}`),
    ...seenLines(change),
    ...change.owes.map((owed) => `owe ${commandLine(notificationWords(owed))}`),
    changeStep(change, index, word),
    ...(change.absorbs ?? []).map((owed) => `absorb ${commandLine(notificationWords(owed))}`),
    ...change.settles.map((owed) => `settle ${commandLine(notificationWords(owed))}`),
    ...(change.strikes ?? []).map((line) => `strike ${quote(line)}`),
  ]
}

/** What changes in place is compared once more where nobody can exchange it. */
function seenLines({ operation, expects }: Change): string[] {
  if (operation.op !== 'attributes') return []
  return expects
    .filter(({ path }) => path === operation.path)
    .map(({ state }) => `was ${quote(expectedState(state))}`)
}

/** The step, after the words by which the host decides whether to do it. */
export function changeStep(
  { operation, whenOwed, guard }: Change,
  index: number,
  word: 'step' | 'back' = 'step',
): string {
  const step = commandLine([word, String(index), ...rulesOf(operation).shell(operation)])
  // It waits for the effect of the start or restart before it.
  const follows = operation.op === 'await' ? 'unless_skipped ' : ''
  return `${follows}${whenOwedWords(whenOwed)}${guardWords(guard)}${step}`
}

function whenOwedWords(owed: Change['whenOwed']): string {
  return owed === undefined ? '' : `when_owed ${commandLine(notificationWords(owed))} `
}

/** The words before a step with a guard, one per condition. */
function guardWords({ onlyIf, unless, exists, absent, running, loaded, reinstalls }: Guard = {}): string {
  const conditions = { only_if: onlyIf, unless, exists, absent, running, loaded, reinstalls }
  return Object.entries(conditions)
    .flatMap(([word, argument]) => (argument === undefined ? [] : [`guarded ${word} ${quote(argument)} `]))
    .join('')
}
