import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PathFact } from '../../../src/model/facts.ts'
import type { Operation } from '../../../src/model/operation.ts'
import { fileDiff } from '../../../src/plan/host/file-diff.ts'
import { base64Content, textContent } from '../../../src/resources/define/content.ts'
import { catalog } from '../../samples/catalog.ts'
import { byRoot, factsOf, fileFact } from '../sample-hosts.ts'

const path = '/etc/a'
const owned = { owner: 'root', group: 'root', mode: '0644' }

function write(content = textContent('new\n'), sensitive = false): Operation {
  return { op: 'write', path, content, ...owned, sensitive }
}

function diff(operation: Operation, live: PathFact) {
  return fileDiff(operation, { ...factsOf(catalog()), paths: { [path]: live } })
}

const absent: PathFact = { type: 'absent' }
const large = 'a'.repeat(256 * 1024 + 1)
const binary = Buffer.from([0, 1, 2]).toString('base64')
const latin1 = Buffer.from([0xfc]).toString('base64')
const old = fileFact('old\n', 'wanted')
const remove: Operation = { op: 'remove', path, recursive: false }

for (const [sentence, operation, live, expected] of [
  ['both texts', write(), old, { path, shown: { before: 'old\n', after: 'new\n' } }],
  ['only the new text where nothing is', write(), absent, { path, shown: { after: 'new\n' } }],
  [
    'only the new text in place of a link',
    write(),
    { type: 'link', target: 'x', mode: '0777', ...byRoot },
    { path, shown: { after: 'new\n' } },
  ],
  [
    'an empty text as text',
    write(textContent('')),
    fileFact('', 'wanted'),
    { path, shown: { before: '', after: '' } },
  ],
  [
    'text that travels as base64',
    write(base64Content('bmV3Cg==')),
    old,
    { path, shown: { before: 'old\n', after: 'new\n' } },
  ],
  ['nothing of what is sensitive', write(textContent('new'), true), old, { path, omitted: 'sensitive' }],
  ['no binary content', write(base64Content(binary)), old, { path, omitted: 'binary' }],
  ['no text of another encoding', write(base64Content(latin1)), old, { path, omitted: 'binary' }],
  ['no text in place of binary content', write(), { ...old, content: null }, { path, omitted: 'binary' }],
  ['no text that is too large', write(textContent(large)), old, { path, omitted: 'too large' }],
  [
    'no text in place of one that is too large',
    write(),
    { ...fileFact(large) },
    { path, omitted: 'too large' },
  ],
  ['nothing where the content stays', write(), fileFact('new\n', textContent('new\n').sha256), undefined],
  ['the text that goes', remove, old, { path, shown: { before: 'old\n', after: '' } }],
  ['nothing where a directory goes', remove, { type: 'directory', mode: '0755', ...byRoot }, undefined],
  ['nothing for a mode', { op: 'attributes', path, ...owned }, old, undefined],
] as const satisfies readonly (readonly [string, Operation, PathFact, unknown])[]) {
  test(`a diff shows ${sentence}`, () => assert.equal(diff(operation, live), expected))
}

const { sha256 } = textContent('kept\n')
const restore: Operation = { op: 'restore', path, kept: 'generations/1/0', sha256, ...owned }
const kept = fileFact('kept\n', 'wanted')

for (const [sentence, live, from, expected, operation] of [
  ['both texts', old, kept, { path, shown: { before: 'old\n', after: 'kept\n' } }],
  ['only the text that comes back where nothing is', absent, kept, { path, shown: { after: 'kept\n' } }],
  ['nothing where only the owner comes back', fileFact('kept\n', 'wanted'), kept, undefined],
  ['nothing where the kept content was not asked for', old, undefined, undefined],
  ['no text that is too large', old, fileFact('kept\n'), { path, omitted: 'too large' }],
  ['no binary content', old, { ...kept, content: null }, { path, omitted: 'binary' }],
  [
    'nothing of what is sensitive',
    old,
    kept,
    { path, omitted: 'sensitive' },
    { ...restore, sensitive: true },
  ],
] satisfies readonly (readonly [string, PathFact, PathFact | undefined, unknown, Operation?])[]) {
  test(`a diff of what comes back shows ${sentence}`, () =>
    assert.equal(
      fileDiff(operation ?? restore, { ...factsOf(catalog()), paths: { [path]: live } }, from),
      expected,
    ))
}

test.run()
