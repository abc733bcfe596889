import { posix } from 'node:path'
import type { HostCatalog } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { pathOf, rulesOf } from '../../operations/index.ts'
import type { TreeNode } from '../../operations/operation-rules.ts'

/** Nodes by absolute path on the host, parents before children. */
export type Tree = ReadonlyMap<string, TreeNode>

/** The files, directories and links that a catalog puts on a host on which there is nothing yet. */
export function renderTree(catalog: HostCatalog): Tree {
  const nodes = new Map<string, TreeNode>()
  for (const { resource } of catalog.entries) {
    for (const { operation } of resource.steps(supposedFacts(resource.probes, 'inactive'))) {
      const node = rulesOf(operation).node(operation)
      const path = pathOf(operation)
      if (node !== undefined && path !== undefined) nodes.set(posix.normalize(path), node)
    }
  }
  return new Map([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What stands in the way of writing a tree: a path below a file or link would leave the tree, or cannot exist. */
export function treeConflicts(tree: Tree): readonly string[] {
  return [...tree.keys()].flatMap((path) => {
    if (path === '/' || !path.startsWith('/')) return [`${path} is no path below the host's root`]
    return parents(path).flatMap((parent) => {
      const above = tree.get(parent)
      return above === undefined || above.type === 'directory'
        ? []
        : [`${path} is below the ${above.type} ${parent}`]
    })
  })
}

function parents(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1)
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
}
