import { readFileSync } from 'node:fs'
import { uploadsOf } from '../../src/engine/apply/uploads.ts'
import type { Busy, Facts, Probe } from '../../src/model/facts.ts'
import type { Change } from '../../src/model/plan.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { planPortable } from '../../src/plan/host/plan-portable.ts'
import { type ApplyEvent, lineSplitter, parseResultLine } from '../../src/shell/answers/parse-results.ts'
import { assembleLibrary, type HostLibrary } from '../../src/shell/library.ts'
import { collectQuestions, readAnswer } from '../../src/shell/probes/index.ts'
import type { KnownMembers } from '../../src/shell/probes/known-members.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { launchProgram } from '../../src/shell/programs/launch-program.ts'
import { type PlannedChanges, planProgram, type Run } from '../../src/shell/programs/plan-program.ts'
import { portableProgram } from '../../src/shell/programs/portable-program.ts'
import type { Finished, RootTree } from './root-tree.ts'
import type { Shell } from './shells.ts'

export const place = { stateDir: '/var/lib/converge', stagingDir: '/var/tmp', cluster: 'test' }
export const journalPath = `${place.stateDir}/clusters/${place.cluster}/journal`

/** The library as it is, but its detached part is run by the shell under test instead of /bin/sh. */
export function libraryFor({ command, args }: Shell): HostLibrary {
  const library = assembleLibrary((file) =>
    readFileSync(new URL(`../../src/shell/library/${file}`, import.meta.url), 'utf8'),
  )
  const detached = `${[command, ...args].join(' ')} "$RUN/program"`
  return { ...library, launch: library.launch.replaceAll('/bin/sh "$RUN/program"', () => detached) }
}

export async function inspect(
  tree: RootTree,
  probes: readonly Probe[],
  members?: KnownMembers,
): Promise<Facts> {
  const answer = await ask(tree, probes, members)
  if ('busy' in answer) throw new Error(`the tree is busy: ${answer.busy}`)
  return answer
}

/** The same where an apply may be on the host. */
export async function ask(
  tree: RootTree,
  probes: readonly Probe[] = [],
  members?: KnownMembers,
): Promise<Facts | Busy> {
  const questions = collectQuestions(probes, members)
  const { exitCode, stdout, stderr } = await tree.run(
    inspectProgram(questions, place, libraryFor(tree.shell)),
  )
  if (exitCode !== 0 || stderr !== '') throw new Error(`inspect ended with ${exitCode}: ${stderr}`)
  return readAnswer(stdout, questions)
}

export function newRun(id: string): Run {
  return { ...place, id, by: 'somebody@somewhere', stagingDir: `/var/tmp/converge-${place.cluster}-${id}` }
}

export interface LaunchOptions extends Partial<Pick<PlannedChanges, 'journal' | 'bookkeeping'>> {
  readonly library?: HostLibrary
}

/** Stages what the changes write, and gives the program that carries them out detached. */
export function launching(
  tree: RootTree,
  changes: readonly Change[],
  run: Run,
  { journal = '', library = libraryFor(tree.shell), ...booked }: LaunchOptions = {},
): string {
  for (const upload of uploadsOf(changes, new Map()))
    if ('bytes' in upload) tree.write(`${run.stagingDir}/${upload.name}`, upload.bytes, 0o600)
  return launchProgram(planProgram({ changes, journal, ...booked }, run, library), run, library)
}

let runs = 0

/** Carries changes out as the controller does; the result lines. */
export async function apply(
  tree: RootTree,
  changes: readonly Change[],
  journal = '',
): Promise<readonly string[]> {
  runs += 1
  return resultLines(await tree.run(launching(tree, changes, newRun(`run-${runs}`), { journal })))
}

/** The same with what a whole plan carries, in the name of somebody. */
export async function applyBooked(
  tree: RootTree,
  { changes, ...booked }: PlannedChanges,
  by: string,
): Promise<readonly string[]> {
  runs += 1
  return resultLines(await tree.run(launching(tree, changes, { ...newRun(`run-${runs}`), by }, booked)))
}

/** Asks for a run again that was started before; this program must never be run. */
export async function follow(tree: RootTree, run: Run): Promise<readonly string[]> {
  return resultLines(await tree.run(launchProgram('exit 99\n', run, libraryFor(tree.shell))))
}

export async function runPortable(tree: RootTree, catalog: HostCatalog): Promise<readonly string[]> {
  const finished = await tree.run(portableProgram(planPortable(catalog, []), place, libraryFor(tree.shell)))
  if (finished.exitCode !== 0) throw new Error(`${finished.exitCode} ${finished.stdout} ${finished.stderr}`)
  return resultLines(finished)
}

function resultLines({ stdout, stderr }: Finished): readonly string[] {
  if (stderr !== '') throw new Error(`the program complains: ${stderr}`)
  return stdout.toString().trimEnd().split('\n')
}

/** What the controller makes of result lines; every one of them must be known to it. */
export function events(lines: readonly string[]): readonly ApplyEvent[] {
  const read: ApplyEvent[] = []
  lineSplitter((line) => {
    const event = parseResultLine(line)
    if (event === undefined) throw new Error(`unknown result line: ${line}`)
    read.push(event)
  })(Buffer.from(`${lines.join('\n')}\n`))
  return read
}
