import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { PathFact } from '../../src/model/facts.ts'
import type { Operation } from '../../src/model/operation.ts'
import { fileDiff } from '../../src/plan/file-diff.ts'
import { base64Content, textContent } from '../../src/resources/content.ts'
import { byRoot, catalog, factsOf, fileFact } from './sample-hosts.ts'

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
  ['both texts', write(), old, { path, before: 'old\n', after: 'new\n' }],
  ['only the new text where nothing is', write(), absent, { path, after: 'new\n' }],
  [
    'only the new text in place of a link',
    write(),
    { type: 'link', target: 'x', mode: '0777', ...byRoot },
    { path, after: 'new\n' },
  ],
  ['an empty text as text', write(textContent('')), fileFact('', 'wanted'), { path, before: '', after: '' }],
  [
    'text that travels as base64',
    write(base64Content('bmV3Cg==')),
    old,
    { path, before: 'old\n', after: 'new\n' },
  ],
  ['nothing of what is sensitive', write(textContent('new'), true), old, { path, omitted: 'sensitive' }],
  ['no binary content', write(base64Content(binary)), old, { path, omitted: 'binary' }],
  ['no text of another encoding', write(base64Content(latin1)), old, { path, omitted: 'binary' }],
  ['no text in place of binary content', write(), { ...old, content: binary }, { path, omitted: 'binary' }],
  ['no text that is too large', write(textContent(large)), old, { path, omitted: 'too large' }],
  [
    'no text in place of one that is too large',
    write(),
    { ...fileFact(large) },
    { path, omitted: 'too large' },
  ],
  ['nothing where the content stays', write(), fileFact('new\n', textContent('new\n').sha256), undefined],
  ['the text that goes', remove, old, { path, before: 'old\n', after: '' }],
  ['nothing where a directory goes', remove, { type: 'directory', mode: '0755', ...byRoot }, undefined],
  ['nothing for a mode', { op: 'attributes', path, ...owned }, old, undefined],
] as const satisfies readonly (readonly [string, Operation, PathFact, unknown])[]) {
  test(`a diff shows ${sentence}`, () => assert.equal(diff(operation, live), expected))
}

test.run()
