import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { given } from '../../model/given.ts'
import { hasFailed } from '../../model/plan.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { textOf } from '../../model/text-of.ts'
import type { TreeNode } from '../../operations/operation-rules.ts'
import { diffOfSpecs } from '../../plan/revisions/plan-diff.ts'
import { renderPlan } from '../../report/plan/render-plan.ts'
import type { CaseDifference } from '../../report/recipes/recipe-tests.ts'
import { compactHosts } from '../../report/text/compact-hosts.ts'
import { diffHunks } from '../../report/text/diff-hunks.ts'
import { createStyle } from '../../report/text/style.ts'
import { removeTree } from '../render/output-folder.ts'
import { renderTree, type Tree, treeConflicts } from '../render/render-tree.ts'
import { writeTree } from '../render/write-tree.ts'
import type { LoadedSpec } from '../spec/load-spec.ts'

/** What a case expects if its spec is accepted, and what that is now. */
interface Compared {
  readonly differences: readonly CaseDifference[]
  /** What no expectation can allow. */
  readonly problems: readonly string[]
}

const planFile = 'plan.txt'

/**
 * Compares what a spec makes of new hosts with a folder: of each host its files and links, and in `plan.txt` what a dry run
 * says. If asked to, makes the folder so.
 */
export async function compareExpected(
  spec: LoadedSpec,
  folder: string,
  { update }: { readonly update: boolean },
): Promise<Compared> {
  const rendered = mkdtempSync(join(tmpdir(), 'converge-recipe-'))
  try {
    const { plan } = diffOfSpecs(undefined, spec)
    const trees = spec.catalog.hosts.map((catalog) => ({ host: catalog.host, tree: renderTree(catalog) }))
    const problems = trees.flatMap(({ host, tree }) =>
      treeConflicts(tree).map((conflict) => `${host} cannot be rendered: ${conflict}`),
    )
    const text = renderPlan({ plan, style: createStyle({ color: false }), verbose: false, stat: true })
    if (hasFailed(plan)) problems.push(text)
    if (problems.length > 0) return { differences: [], problems }
    for (const { host, tree } of trees)
      writeTree(join(rendered, host), asInGit(tree), {
        reveal: false,
        ...given({ files: spec.catalog.files }),
      })
    const warnings = spec.warnings.map(({ message }) => `warning: ${message}\n`).join('')
    const notified = notifications(spec.catalog.hosts)
    writeFileSync(
      join(rendered, planFile),
      [warnings, text, notified].filter((part) => part !== '').join('\n'),
    )
    const differences = compareFolders(folder, rendered)
    if (update && differences.length > 0) {
      await removeTree(folder)
      mkdirSync(folder)
      cpSync(rendered, folder, { recursive: true, verbatimSymlinks: true })
    }
    return { differences, problems }
  } finally {
    await removeTree(rendered)
  }
}

/** What git can keep: no directories, and of modes only whether a file is executable. The plan has the others. */
function asInGit(tree: Tree): Tree {
  return new Map(
    [...tree].flatMap(([path, node]): readonly (readonly [string, TreeNode])[] => {
      if (node.type === 'directory') return []
      if (node.type === 'link') return [[path, node]]
      return [[path, { ...node, mode: /[1357]/.test(node.mode.slice(-3)) ? '0755' : '0644' }]]
    }),
  )
}

/** Who is notified of what: a plan for new hosts does not show it. */
function notifications(catalogs: readonly HostCatalog[]): string {
  const hostsOf = new Map<string, string[]>()
  for (const { host, entries } of catalogs)
    for (const { resource, notifies } of entries)
      for (const { resource: notified, action, timing } of notifies) {
        const line = `a change of ${resource.id}: ${action} ${notified}${timing === 'immediate' ? ' immediately' : ''}`
        hostsOf.set(line, [...(hostsOf.get(line) ?? []), host])
      }
  return [...hostsOf].map(([line, hosts]) => `${line} on ${compactHosts(hosts)}\n`).join('')
}

function compareFolders(expected: string, actual: string): readonly CaseDifference[] {
  const [before, after] = [contentsOf(expected), contentsOf(actual)]
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((path): CaseDifference[] => {
    const [was, is] = [before.get(path), after.get(path)]
    if (was !== undefined && is !== undefined && was.equals(is)) return []
    const what = is === undefined ? 'is missing' : was === undefined ? 'is not expected' : 'differs'
    const [old, now] = [was, is].map((bytes) => (bytes === undefined ? '' : textOf(bytes)))
    const shown =
      typeof old === 'string' && typeof now === 'string'
        ? diffHunks({ path, shown: { before: old, after: now } })
        : undefined
    return [{ path: `expected/${path}`, what, hunks: shown && 'hunks' in shown ? shown.hunks : [] }]
  })
}

/** The files below a folder and the targets of its links, by path. */
function contentsOf(folder: string): ReadonlyMap<string, Buffer> {
  if (!existsSync(folder)) return new Map()
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return new Map(
    entries.flatMap((entry): readonly (readonly [string, Buffer])[] => {
      const path = join(entry.parentPath, entry.name)
      const name = relative(folder, path)
      if (entry.isSymbolicLink()) return [[name, Buffer.from(`link to ${readlinkSync(path)}\n`)]]
      return entry.isFile() ? [[name, readFileSync(path)]] : []
    }),
  )
}
