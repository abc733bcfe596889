import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import type { Facts } from '../../src/model/facts.ts'
import type { HostCatalog } from '../../src/model/resource.ts'
import { originalProbes } from '../../src/plan/undo/kept-content.ts'
import { pruneProbes, removals } from '../../src/plan/undo/prune.ts'
import type { HostLibrary } from '../../src/shell/library.ts'
import { collectQuestions, type Questions, readAnswer } from '../../src/shell/probes/index.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { withApt } from './apt-stand-in.ts'
import { listTree, type RootTree } from './root-tree.ts'
import { libraryFor, place } from './run-programs.ts'

// Root trees on which whole catalogs are applied again and again.

const standIns = fileURLToPath(new URL('../../src/embedded/bin', import.meta.url))
/** The stand-ins for systemd in a root tree. */
export const embedded = {
  environment: { CONVERGE_EMBEDDED: '1', PATH: `${standIns}${delimiter}${process.env.PATH}` },
}
const keptIn = `${place.stateDir}/clusters/${place.cluster}`

/** As on a booted host: a root tree refuses packages, and a test has no network. */
export function library(tree: RootTree): HostLibrary {
  const own = libraryFor(tree.shell)
  const booted = `${own.apply}
can_change_packages() { find_package_manager; }
download() { cp "$CONVERGE_ROOT/srv/archives/\${1##*/}" "$2"; }
PATH=$CONVERGE_ROOT/srv/bin:$PATH
`
  return { ...own, apply: booted }
}

export async function look(tree: RootTree, catalog: HostCatalog): Promise<Facts> {
  const questions = collectQuestions(catalog.entries.flatMap(({ resource }) => resource.probes))
  const first = await ask(tree, questions)
  const more = [...pruneProbes(catalog, first), ...originalProbes(removals(catalog, first), keptIn)]
  if (more.length === 0) return first
  const { state, ...facts } = await ask(tree, collectQuestions([...questions.probes, ...more]))
  return { ...facts, ...(state !== undefined && { state: { ...state, keptIn } }) }
}

async function ask(tree: RootTree, questions: Questions): Promise<Facts> {
  const program = inspectProgram(questions, place, libraryFor(tree.shell))
  const { exitCode, stdout, stderr } = await tree.run(`${withApt(tree)}${program}`)
  assert.is(`${exitCode} ${stderr}`, '0 ')
  const answer = readAnswer(stdout, questions)
  if ('busy' in answer) throw new Error(`the tree is busy: ${answer.busy}`)
  return answer
}

/** What the stand-in for systemd and git note of their own, such as times, is not compared. */
export function treeOf({ root }: RootTree): readonly string[] {
  return listTree(root).filter((line) => !/^"(\/run\/embedded-systemd|\/var\/log|[^"]*\/\.git\/)/.test(line))
}

export function same(portable: readonly string[], planned: readonly string[], what: string): void {
  const extra = portable.filter((line) => !planned.includes(line)).map((line) => `+ ${line}`)
  const missing = planned.filter((line) => !portable.includes(line)).map((line) => `- ${line}`)
  assert.is([...extra, ...missing].join('\n'), '', `another ${what}:\n${[...extra, ...missing].join('\n')}`)
  assert.equal(portable, planned, `another order of ${what}`)
}
