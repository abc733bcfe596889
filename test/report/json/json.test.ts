import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Operation } from '../../../src/model/operation.ts'
import { failedReport, type Report } from '../../../src/model/report.ts'
import { diagnosticsDocument, planDocument, reportDocument } from '../../../src/report/json/json.ts'
import { assertValid, outputSchemas, readSchema, schemaErrors } from '../assert-valid.ts'
import {
  change,
  content,
  diskFull,
  fileChange,
  plan,
  planned,
  refused,
  restartChange,
  wave,
  write,
} from '../sample-plan.ts'

const own = { owner: 'root', group: 'root', mode: '0644' }
const operations: readonly Operation[] = [
  write('/a', 'a'),
  { ...write('/b', 'b'), validate: 'true {}', sensitive: true },
  { op: 'mkdir', path: '/c', ...own },
  { op: 'attributes', path: '/c', ...own },
  { op: 'link', path: '/d', target: '/c' },
  { op: 'remove', path: '/e', recursive: true },
  { op: 'restore', path: '/e', kept: 'kept/e', sha256: content('').sha256, ...own },
  { op: 'remove', path: '/e', recursive: false, sensitive: true },
  { op: 'restore', path: '/e', kept: 'kept/e', sha256: content('').sha256, ...own, sensitive: true },
  { op: 'group', name: 'g', gid: 1, system: true },
  {
    op: 'user',
    name: 'u',
    system: true,
    createHome: false,
    uid: 1,
    group: 'g',
    groups: ['a'],
    home: '/',
    shell: '/s',
    comment: '',
  },
  { op: 'remove-user', name: 'u' },
  { op: 'remove-group', name: 'g' },
  { op: 'package', packages: [{ name: 'p' }], autostart: false, update: true },
  { op: 'remove-package', packages: ['p'] },
  { op: 'archive', url: 'https://example.com', sha256: content('').sha256, path: '/f', strip: 0 },
  { op: 'unit', unit: 'u.service', action: 'start', noBlock: true },
  { op: 'daemon-reload' },
  { op: 'run', command: 'c', cwd: '/', user: 'u', environment: { A: '' }, timeoutSeconds: 1 },
  { op: 'await', command: 'c', timeoutSeconds: 1 },
]
const gate = { group: 'etcd', members: [{ host: 'b', healthy: 'true' }], maxUnavailable: 1 }
const everything = plan(
  [
    planned(
      'a',
      [
        ...operations.map((operation) => change(operation)),
        change(write('/g', ''), {
          guard: { onlyIf: 'x' },
          cause: 'host changed',
          owes: [{ resource: 'unit[u]', action: 'restart' }],
        }),
        fileChange('/h', { before: 'a\n', after: 'b\n' }),
        fileChange('/i', 'binary'),
        restartChange,
      ],
      ['a note'],
    ),
    { host: 'b', status: 'failed', error: refused },
    { host: 'c', status: 'failed', error: diskFull },
  ],
  [wave(['a'], { gates: [gate], bootstrap: ['etcd'] })],
)

test('writes plans that are valid against the schema, whatever the operation', () => {
  assertValid('plan', planDocument(everything, 'plan'))
})

test('writes reports that are valid against the schema, whatever the outcome', () => {
  const results = [{ change: restartChange, outcome: 'applied' } as const]
  const owed = [{ resource: 'unit[u]', action: 'restart' }] as const
  const report: Report = {
    cluster: 'sample',
    durationMs: 12.5,
    hosts: [
      { host: 'a', status: 'unchanged' },
      { host: 'b', status: 'changed', results },
      { host: 'c', status: 'unsettled', results, remaining: [restartChange] },
      {
        host: 'd',
        status: 'failed',
        error: diskFull,
        results,
        failed: restartChange,
        notReached: [],
        pending: owed,
      },
      failedReport('e', refused),
      { host: 'f', status: 'not-started', reason: 'wave 1 failed' },
    ],
  }
  assertValid('report', reportDocument(report, everything, 'apply'))
})

test('writes diagnostics that are valid against the schema', () => {
  const position = { file: 'cluster.yaml', line: 1, column: 2, length: 3 }
  const document = diagnosticsDocument(
    [{ severity: 'error', code: 'unknown-key', path: 'hosts', message: 'm', hint: 'h', position }],
    'validate',
  )
  assertValid('diagnostics', document)
  assert.equal(document.summary, { errors: 1, warnings: 0 })
})

test('has a schema that refuses what it does not describe', () => {
  assert.is(
    schemaErrors('plan', { ...planDocument(everything, 'plan'), more: 1 }),
    'data must NOT have additional properties',
  )
})

test('puts the diff, and neither content nor checksum of what is sensitive, into the document', () => {
  const key = change(
    { ...write('/key', 'hunter2'), sensitive: true },
    { diff: { path: '/key', shown: { after: 'hunter2' } } },
  )
  const text = JSON.stringify(
    planDocument(plan([planned('a', [key, fileChange('/f', { after: 'x\n' })])]), 'apply'),
  )
  assert.not.match(text, 'hunter2')
  assert.not.match(text, content('hunter2').sha256)
  assert.match(text, '"unified":"@@ -0,0 +1 @@\\n+x\\n"')
})

test('names no checksum of a sensitive content that comes back', () => {
  const { sha256 } = content('hunter2')
  const back: Operation = { op: 'restore', path: '/key', kept: 'generations/1/0', sha256, ...own }
  const text = (operation: Operation) =>
    JSON.stringify(planDocument(plan([planned('a', [change(operation)])]), 'rollback'))
  assert.match(text(back), sha256)
  assert.not.match(text({ ...back, sensitive: true }), sha256)
})

test('describes every property of every schema', () => {
  for (const name of outputSchemas) assert.equal(undescribed(readSchema(name), name), [])
})

/** Paths of properties without a description, references aside. */
function undescribed(schema: unknown, at: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    const own =
      key === 'properties' && typeof value === 'object' && value !== null
        ? Object.entries(value).filter(
            ([, property]) => !('description' in property) && !('$ref' in property),
          )
        : []
    return [...own.map(([property]) => `${at}.${property}`), ...undescribed(value, `${at}.${key}`)]
  })
}

test.run()
