import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Operation } from '../../../src/model/operation.ts'
import type { Change } from '../../../src/model/plan.ts'
import { planDocument } from '../../../src/report/json/plan.ts'
import { assertValid } from '../assert-valid.ts'
import { change, content, fileChange, plan, planned } from '../sample-plan.ts'
import { operations } from '../views/showings.ts'

function changeOf(one: Change) {
  const document = planDocument(plan([planned('a', [one])]), 'rollback')
  assertValid('plan', document)
  const [host] = document.hosts
  return host?.status === 'planned' ? host.changes[0] : undefined
}

test('is valid with every operation', () => {
  for (const operation of operations) assert.is(changeOf(change(operation))?.operation.op, operation.op)
})

test('shows the diff of a file', () => {
  assert.equal(changeOf(fileChange('/f', { after: 'x\n' }))?.diff, {
    path: '/f',
    unified: '@@ -0,0 +1 @@\n+x\n',
  })
})

test('identifies a content that is written or restored, unless it is sensitive', () => {
  const { sha256, sizeBytes } = content('x')
  const own = { owner: 'root', group: 'root', mode: '0644' }
  const write: Operation = { op: 'write', path: '/f', content: content('x'), ...own }
  assert.equal(changeOf(change(write))?.operation, { ...write, content: { sha256, sizeBytes } })
  const restore: Operation = { op: 'restore', path: '/f', kept: 'generations/1/0', sha256, ...own }
  assert.equal(changeOf(change(restore))?.operation, restore)
  for (const secret of [write, restore])
    assert.not.match(JSON.stringify(changeOf(change({ ...secret, sensitive: true }))), sha256)
})

test('shows a command without its environment', () => {
  const run = { op: 'run', command: 'x', timeoutSeconds: 1 } as const
  assert.equal(changeOf(change({ ...run, environment: { TOKEN: 'secret' } }))?.operation, run)
})

test.run()
