import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { given } from '../../../src/model/given.ts'
import type { Operation } from '../../../src/model/operation.ts'
import { diffHunks, diffOfChange, unifiedDiff } from '../../../src/report/text/diff-hunks.ts'
import { change, write } from '../sample-plan.ts'

function unified(before: string | undefined, after: string | undefined): string {
  const shown = diffHunks({ path: '/f', shown: given({ before, after }) })
  return 'hunks' in shown ? unifiedDiff(shown.hunks) : shown.omitted
}

test('shows three lines of context around a change', () => {
  assert.is(unified('1\n2\n3\n4\n5\n', '1\n2\n3\n4\nfive\n'), '@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5\n+five\n')
})

test('shows a new file as added lines', () => {
  assert.is(unified(undefined, 'a\nb\n'), '@@ -0,0 +1,2 @@\n+a\n+b\n')
})

test('shows a removed file as removed lines', () => {
  assert.is(unified('a\n', undefined), '@@ -1 +0,0 @@\n-a\n')
})

test('says where the newline at the end of a file is missing', () => {
  assert.is(unified('a', 'a\n'), '@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n')
})

test('shows no hunk where the text is the same', () => {
  assert.is(unified('a\n', 'a\n'), '')
})

test('says why a diff is omitted', () => {
  assert.equal(diffHunks({ path: '/f', omitted: 'binary' }), { omitted: 'binary: content is not shown' })
})

test('never shows what is sensitive, even when the plan carries it', () => {
  const { mode, owner, group } = write('/f', '')
  for (const operation of [
    { ...write('/f', 'secret'), sensitive: true },
    { op: 'remove', path: '/f', recursive: false, sensitive: true },
    { op: 'restore', path: '/f', kept: 'kept/f', sha256: '', mode, owner, group, sensitive: true },
  ] satisfies readonly Operation[]) {
    const sensitive = change(operation, { diff: { path: '/f', shown: { before: 'a', after: 'secret' } } })
    assert.equal(diffOfChange(sensitive), { path: '/f', omitted: 'sensitive' })
  }
})

test('gives up on hostile input soon, and says so', () => {
  const lines = (word: string) =>
    Array.from({ length: 20_000 }, (_, n) => `${word}${(n * 7919) % 10_007}\n`).join('')
  assert.is(unified(lines('a'), lines('b')), 'too different to show: 20001 lines before, 20001 lines after')
  assert.is(unified('x'.repeat(2 ** 20), 'y'), 'too different to show: 1 line before, 1 line after')
})

test.run()
