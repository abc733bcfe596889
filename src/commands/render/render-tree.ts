import { posix } from 'node:path'
import type { Content, Operation } from '../../model/operation.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'

/** What `render` puts at a path below a host's folder. */
export type TreeNode =
  | { readonly type: 'file'; readonly content: Content; readonly mode: string; readonly sensitive: boolean }
  | { readonly type: 'directory'; readonly mode: string }
  | { readonly type: 'link'; readonly target: string }

/** Nodes by absolute path on the host, parents before children. */
export type Tree = ReadonlyMap<string, TreeNode>

/** The files, directories and links that a catalog puts on a host on which there is nothing yet. */
export function renderTree(catalog: HostCatalog): Tree {
  const nodes = new Map<string, TreeNode>()
  for (const { resource } of catalog.entries) {
    for (const { operation } of resource.steps(supposedFacts(resource.probes, 'inactive'))) {
      const node = nodeOf(operation)
      if (node !== undefined) nodes.set(posix.normalize(node.path), node.node)
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

function nodeOf(operation: Operation): { readonly path: string; readonly node: TreeNode } | undefined {
  switch (operation.op) {
    case 'write': {
      const { path, content, mode, sensitive = false } = operation
      return { path, node: { type: 'file', content, mode, sensitive } }
    }
    case 'mkdir':
      return { path: operation.path, node: { type: 'directory', mode: operation.mode } }
    case 'link':
      return { path: operation.path, node: { type: 'link', target: operation.target } }
    default:
      return undefined
  }
}

function parents(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1)
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
}
