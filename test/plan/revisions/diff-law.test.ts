import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderTree, type Tree } from '../../../src/commands/render/render-tree.ts'
import { editText } from '../../../src/model/edit-text.ts'
import type { Operation, OperationTypes } from '../../../src/model/operation.ts'
import type { HostPlan } from '../../../src/model/plan.ts'
import type { HostCatalog } from '../../../src/model/resource.ts'
import { rulesOf } from '../../../src/operations/index.ts'
import type { TreeNode } from '../../../src/operations/operation-rules.ts'
import { diffOfSpecs } from '../../../src/plan/revisions/plan-diff.ts'
import { textContent } from '../../../src/resources/define/content.ts'
import { figure } from '../../figure.ts'
import { sampleCluster, sampleHost } from '../../samples/host.ts'
import { catalogFrom, catalogInputs } from '../../shell/catalogs.ts'
import { fuzzRuns } from '../../shell/hostile.ts'
import { lives, wholeCatalog } from '../../shell/whole-catalogs.ts'

function declared(catalog: HostCatalog | undefined) {
  if (catalog === undefined) return undefined
  return {
    cluster: sampleCluster([sampleHost(catalog.host)]),
    catalog: { cluster: 'demo', hosts: [catalog] },
  }
}

function planned(before: HostCatalog | undefined, after: HostCatalog): HostPlan {
  const [host] = diffOfSpecs(declared(before), declared(after)).plan.hosts
  assert.ok(host)
  return host
}

/** A tree after operations, files and links only. */
function treeAfter(tree: Tree, operations: readonly Operation[]): ReadonlyMap<string, TreeNode> {
  const nodes = new Map(tree)
  for (const operation of operations) {
    if (!('path' in operation)) continue
    const { path } = operation
    const found = nodes.get(path)
    const node = rulesOf(operation).node(operation)
    if (operation.op === 'edit') edit(nodes, operation)
    else if (node !== undefined) nodes.set(path, node)
    else if (operation.op === 'attributes' && found?.type === 'file')
      nodes.set(path, { ...found, mode: operation.mode })
    else if (['remove', 'archive', 'download', 'checkout'].includes(operation.op)) nodes.delete(path)
  }
  return nodes
}

function edit(nodes: Map<string, TreeNode>, operation: OperationTypes['edit']): void {
  const { path, part, content } = operation
  const found = nodes.get(path)
  const edited = editText(found?.type === 'file' ? found.content.data : '', part, content?.data)
  assert.ok('text' in edited)
  const { mode = '0644' } = found?.type === 'file' ? found : (operation.newFile ?? {})
  // A tree has only parts, and an empty file that stays is none.
  if (edited.text === '') nodes.delete(path)
  else nodes.set(path, { type: 'file', content: textContent(edited.text), mode, sensitive: false })
}

function filesIn(nodes: ReadonlyMap<string, TreeNode>) {
  return [...nodes]
    .flatMap(([path, node]) => {
      if (node.type === 'directory') return []
      return [
        node.type === 'link'
          ? `${path} -> ${node.target}`
          : `${path} ${node.mode} ${node.content.sha256} ${node.content.encoding} ${node.content.data}`,
      ]
    })
    .toSorted()
}

/** Whether the diff of two catalogs says exactly how the one tree of files becomes the other. */
function holds(before: HostCatalog | undefined, after: HostCatalog): boolean {
  const host = planned(before, after)
  if (host.status !== 'planned') return false
  // A file that is only wanted until a path exists is in the tree.
  const made = host.changes.filter(({ guard }) => guard?.exists === undefined)
  const operations = made.map(({ operation }) => operation)
  const start: Tree = before === undefined ? new Map() : renderTree(before)
  assert.equal(filesIn(treeAfter(start, operations)), filesIn(renderTree(after)))
  for (const operation of operations) {
    if (operation.op !== 'write') continue
    const was = start.get(operation.path)
    assert.not.ok(was?.type === 'file' && was.content.sha256 === operation.content.sha256, operation.path)
  }
  return true
}

const numRuns = Math.max(30, Math.ceil(fuzzRuns / 50))

test('the diff of two catalogs is the difference of their trees', () => {
  let refused = 0
  fc.assert(
    fc.property(lives, lives, (one, other) => {
      const [before, after] = [one.years[0], other.years[0]].map((year) => wholeCatalog(year?.wish))
      assert.ok(before && after)
      if (!holds(before, after)) refused += 1
      assert.ok(holds(undefined, after))
      const same = planned(before, wholeCatalog(one.years[0]?.wish))
      assert.equal(same.status === 'planned' && same.changes, [])
      assert.ok(holds(before, { ...after, entries: [] }))
    }),
    { numRuns },
  )
  assert.ok(refused * 5 < numRuns, `${refused} of ${numRuns} are refused`)
  figure('pairs of catalogs whose diff is the difference of their trees', numRuns)
})

test('so it is with any names and contents', () => {
  fc.assert(
    fc.property(catalogInputs, catalogInputs, (one, other) => {
      assert.ok(holds(catalogFrom(one), catalogFrom(other)))
    }),
    { numRuns },
  )
})

test.run()
