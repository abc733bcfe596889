import { posix } from 'node:path'
import type { OperationTypes } from '../../model/operation.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { isEdit, pathOf, rulesOf, withPart } from '../../operations/index.ts'
import type { TreeNode } from '../../operations/operation-rules.ts'

/** Nodes by absolute path on the host, parents before children. */
export type Tree = ReadonlyMap<string, TreeNode>

/** The files, directories and links that a catalog puts on an empty host. */
export function renderTree(catalog: HostCatalog): Tree {
  const nodes = new Map<string, TreeNode>()
  for (const { resource } of catalog.entries) {
    for (const { operation } of resource.steps(supposedFacts(resource.probes, 'inactive'))) {
      const node = rulesOf(operation).node(operation)
      const path = pathOf(operation)
      if (node === undefined || path === undefined) continue
      const place = posix.normalize(path)
      nodes.set(place, isEdit(operation) ? besideParts(nodes.get(place), node, operation) : node)
    }
  }
  return new Map([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Of a file of which only parts are known these, each where a new one goes. */
function besideParts(
  before: TreeNode | undefined,
  node: TreeNode,
  { part, content }: OperationTypes['edit'],
): TreeNode {
  if (before?.type !== 'file' || node.type !== 'file' || content === undefined) return node
  const sensitive = before.sensitive || node.sensitive
  const whole = withPart(before.content, part, content)
  // What is sensitive as a whole has no spans, and those of the other would show it.
  const isHidden = [before, node].some((one) => one.sensitive && one.content.secrets === undefined)
  const { secrets: _, ...hidden } = whole
  return { ...before, content: isHidden ? hidden : whole, sensitive }
}

/** Why a tree cannot be written: a path below a file cannot exist, and one below a link may lead out of the tree. */
export function treeConflicts(tree: Tree): readonly string[] {
  return [...tree.keys()].flatMap((path) => {
    if (path === '/' || !path.startsWith('/')) return [`${path} is not below the host's root`]
    return parents(path).flatMap((parent) => {
      const { type } = tree.get(parent) ?? {}
      return type === undefined || type === 'directory' ? [] : [`${path} is below the ${type} ${parent}`]
    })
  })
}

function parents(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1)
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
}
