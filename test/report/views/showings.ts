import type { Cause } from '../../../src/model/explanation.ts'
import type { Operation } from '../../../src/model/operation.ts'
import { failedReport, type Progress, type Report } from '../../../src/model/report.ts'
import { driftOf } from '../../../src/report/hosts/drift.ts'
import { hostStatus } from '../../../src/report/hosts/host-status.ts'
import type { View } from '../../../src/report/views/view.ts'
import {
  change,
  content,
  diskFull,
  facts,
  fileChange,
  plan,
  planned,
  refused,
  restartChange,
  wave,
  write,
} from '../sample-plan.ts'

/** May be printed nowhere. */
export const secrets = ['hunter2', content('hunter2').sha256, 'token-in-environment']

const own = { owner: 'root', group: 'root', mode: '0644' }
const { sha256 } = content('hunter2')
const sensitive = true
const hostile = 'a\x1b[2J\x7f\x9b\u202e\u2028'

/** At least one of each, with all that an operation can have. */
export const operations: readonly Operation[] = [
  write('/a', 'a'),
  { ...write('/b', 'hunter2'), validate: 'true {}', sensitive },
  { op: 'mkdir', path: '/c', ...own },
  { op: 'attributes', path: '/c', ...own },
  { op: 'link', path: '/d', target: '/c' },
  { op: 'remove', path: '/e', recursive: true },
  { op: 'remove', path: '/e', recursive: false, sensitive },
  { op: 'restore', path: '/e', kept: 'generations/1/0', sha256: content('e').sha256, ...own },
  { op: 'restore', path: '/e', kept: 'generations/1/1', sha256, ...own, sensitive },
  { op: 'group', name: 'g', gid: 1, system: true, prune: true },
  {
    op: 'user',
    name: 'u',
    system: true,
    createHome: false,
    prune: true,
    uid: 1,
    group: 'g',
    groups: ['a'],
    home: '/',
    shell: '/s',
    comment: hostile,
  },
  { op: 'remove-user', name: 'u' },
  { op: 'remove-group', name: 'g' },
  { op: 'package', packages: [{ name: 'p', version: '1' }, { name: 'q' }], autostart: false, update: true },
  { op: 'remove-package', packages: ['p'] },
  { op: 'archive', url: 'https://example.com', sha256: content('f').sha256, path: '/f', strip: 0 },
  { op: 'download', url: 'https://example.com', sha256: content('f').sha256, path: '/f', ...own },
  { op: 'checkout', url: 'https://example.com', commit: '0'.repeat(40), path: '/g', owner: 'u', group: 'g' },
  { op: 'unit', unit: 'u.service', action: 'start', noBlock: true, noReload: true },
  { op: 'daemon-reload' },
  {
    op: 'run',
    command: hostile,
    cwd: '/',
    user: 'u',
    environment: { TOKEN: 'token-in-environment' },
    timeoutSeconds: 1,
  },
  { op: 'await', command: 'c', timeoutSeconds: 1, unit: 'u.service' },
  { op: 'reboot', boot: 'b', window: '22:00-04:00', timeoutSeconds: 600 },
]

const owed = [{ resource: 'unit[u]', action: 'restart' }] as const
const changes = [
  ...operations.map((operation) =>
    'path' in operation && 'sensitive' in operation && operation.sensitive === true
      ? change(operation, { diff: { path: operation.path, shown: { before: 'old', after: 'hunter2' } } })
      : change(operation),
  ),
  change(write('/g', ''), {
    reason: hostile,
    guard: { onlyIf: hostile, unless: 'y' },
    cause: 'host changed',
    owes: owed,
  }),
  fileChange('/h', { before: 'a\n', after: `${hostile}\n` }),
  fileChange('/i', 'binary'),
  restartChange,
]
const gate = {
  group: 'etcd',
  timeoutSeconds: 60,
  members: [{ host: 'bravo', unit: 'etcd.service', healthy: 'true' }],
  maxUnavailable: 1,
}

export const samplePlan = {
  ...plan(
    [
      planned('alpha', changes, [hostile]),
      { host: 'bravo', status: 'failed', error: refused },
      { host: 'carol', status: 'failed', error: diskFull },
      { host: 'delta', status: 'held', held: 'ann since today', facts },
      planned('echo', []),
    ],
    [wave(['alpha'], { gates: [gate], bootstrap: ['alpha'] })],
  ),
  consents: [{ word: 'prune', what: hostile } as const],
}

const platform = { init: 'systemd', stateDir: '/s', stagingDir: '/t', binDir: '/b' } as const
const results = changes.map((one) => ({ change: one, outcome: 'applied' }) as const)
export const sampleReport: Report = {
  cluster: 'sample',
  durationMs: 12.5,
  hosts: [
    { host: 'alpha', status: 'unchanged' },
    { host: 'bravo', status: 'changed', results },
    { host: 'carol', status: 'unsettled', results, remaining: changes },
    {
      host: 'delta',
      status: 'failed',
      error: diskFull,
      results,
      failed: restartChange,
      notReached: changes,
      pending: owed,
    },
    failedReport('echo', refused),
    { host: 'foxtrot', status: 'not-started', reason: hostile, said: { line: hostile, output: hostile } },
    { host: 'golf', status: 'held', held: 'ann since today' },
  ],
}

const progress: readonly Progress[] = [
  { event: 'phase', phase: 'apply', hosts: ['alpha', 'bravo'] },
  { event: 'wave', wave: 1, of: 2, hosts: ['alpha'] },
  { event: 'waiting', group: hostile, hosts: ['alpha', 'bravo'], seconds: 60 },
  { event: 'connecting', host: 'alpha' },
  { event: 'inspected', host: 'alpha' },
  { event: 'answered', host: 'alpha' },
  { event: 'uploading', host: 'alpha', files: 2, sizeBytes: 2048 },
  ...changes.flatMap((one): readonly Progress[] => [
    { event: 'change-started', host: 'alpha', change: one },
    { event: 'change-done', host: 'alpha', change: one, outcome: 'applied' },
  ]),
  ...sampleReport.hosts.map((report): Progress => ({ event: 'host-done', host: report.host, report })),
]

const position = { file: 'cluster.yaml', line: 1, column: 9, length: 3 }
const diagnostics = [
  { severity: 'error', code: 'unknown-role', path: 'hosts.a', message: hostile, hint: 'h', position },
  { severity: 'warning', code: 'empty-run-list', path: '', message: 'm' },
] as const

const generations = [
  { number: 2, run: 'r2', by: 'ann@control since 2026-01-02T03:04:05.678Z', changes: [hostile] },
  { number: 1, run: 'r1', by: hostile, changes: [] },
].map((one) => ({ ...one, revert: [], manifest: [] }))

const reached = {
  ...facts,
  units: { 'app.service': { load: 'loaded', active: 'failed', file: 'enabled', needsReload: false } },
  pending: owed,
  state: { manifest: [], manifestLines: 0, others: [], generation: 7, members: [] },
}

const cause: Cause = {
  ...{ kind: 'value', what: hostile, hosts: ['bravo'], value: hostile, written: hostile },
  ...{ layer: hostile, position },
  refersTo: [{ kind: 'value', what: 'a', refersTo: [] }],
}

/** Everything that can be shown, each once. */
export const showings = {
  progress: (view) => progress.forEach(view.progress),
  warnings: (view) => view.warnings(diagnostics),
  diagnostics: (view) => view.diagnostics(diagnostics),
  plan: (view) => view.plan(samplePlan, 'plan'),
  'an apply': (view) => {
    view.proposal(samplePlan, 'apply')
    view.report(sampleReport, samplePlan, 'apply')
  },
  idle: (view) => view.idle(samplePlan, 'rollback'),
  report: (view) => view.report(sampleReport, samplePlan, 'rollback'),
  drift: (view) => view.drift(driftOf(samplePlan)),
  diff: (view) =>
    view.diff({
      from: { name: hostile, commit: '0'.repeat(40), path: hostile },
      to: { name: 'the working tree' },
      plan: { ...samplePlan, departed: [{ name: hostile, target: { transport: 'memory' }, platform }] },
      added: ['alpha', hostile],
      secrets: ['web/db'],
    }),
  status: (view) =>
    view.status('sample', [
      hostStatus(
        { host: 'alpha', status: 'planned', changes, facts: reached, disrupts: [], notes: [] },
        hostile,
      ),
      hostStatus({ host: 'bravo', status: 'failed', error: refused }, undefined),
    ]),
  history: (view) =>
    view.history('sample', [
      { host: 'alpha', generations, held: hostile },
      { host: 'bravo', error: refused },
    ]),
  'snapshot of etcd': (view) =>
    view.etcdSnapshot({
      cluster: 'sample',
      group: hostile,
      host: 'alpha',
      file: hostile,
      sizeBytes: 1056,
      sha256: 'e'.repeat(64),
    }),
  answers: (view) =>
    view.answers('sample', hostile, [
      { host: 'alpha', exitCode: 0, stdout: `${hostile}\n`, stderr: hostile },
      { host: 'bravo', exitCode: undefined, stdout: '', stderr: '' },
      { host: 'carol', error: refused },
    ]),
  'explanation of a host': (view) =>
    view.explanation('sample', {
      about: 'host',
      host: 'alpha',
      address: hostile,
      environment: { name: hostile, by: 'cluster', position },
      roles: [{ name: hostile, by: hostile, position }],
      layers: ['cluster'],
      made: [
        { by: 'recipe app', listedBy: hostile, position, resources: ['file[/a]'] },
        { by: 'role web', position, resources: [], dependsOn: [] },
      ],
    }),
  'explanation of values': (view) =>
    view.explanation('sample', {
      about: 'values',
      host: 'alpha',
      values: [
        {
          path: hostile,
          value: hostile,
          settings: [
            { layer: 'cluster', value: 1, effect: 'overridden' },
            { layer: hostile, value: hostile, effect: 'sets', position },
          ],
          refersTo: [cause],
        },
        { path: 'a', settings: [{ layer: 'role web', value: null, effect: 'removes' }], refersTo: [] },
      ],
    }),
  'explanation of outputs': (view) =>
    view.explanation('sample', {
      about: 'outputs',
      host: 'alpha',
      isComplete: false,
      outputs: [
        {
          ...{ resource: 'file[/a]', by: 'recipe app', path: '/a', isSensitive: false, position },
          lines: [{ number: 1, text: hostile, template: position, causes: [0, 1, 2] }],
          thereFor: [cause],
          causes: [
            cause,
            { kind: 'hosts', what: hostile, hosts: ['bravo'], refersTo: [] },
            { ...cause, kind: 'text' },
          ],
          alsoRead: [cause],
        },
        {
          ...{ resource: 'file[/b]', by: 'role web', isSensitive: true },
          lines: [{ number: 1, causes: [] }],
          ...{ thereFor: [], causes: [], alsoRead: [] },
        },
      ],
    }),
  'tests of recipes': (view) =>
    view.recipeTests([
      { recipe: 'app', name: 'small', status: 'passed', problems: [], differences: [], notes: [] },
      {
        recipe: hostile,
        name: hostile,
        status: 'failed',
        problems: [`${hostile}\n${hostile}`],
        differences: [
          {
            path: hostile,
            what: 'differs',
            hunks: [{ header: '@@ -1 +1 @@', lines: ['-a', `+${hostile}`] }],
          },
        ],
        notes: [hostile],
        upgrade: { from: hostile, lines: [hostile, ''] },
      },
    ]),
  remark: (view) => view.remark(hostile, ''),
  'failure of a host': (view) => view.failure({ kind: 'host', error: refused }),
  'failure of this machine': (view) => view.failure({ kind: 'system', message: hostile }),
  bug: (view) => view.failure({ kind: 'bug', message: hostile, stack: `Error: ${hostile}\n    at x` }),
} as const satisfies Readonly<Record<string, (view: View) => void>>

/** The hosts that are in a showing. */
export const hosts = {
  plan: ['alpha', 'bravo', 'carol', 'delta', 'echo'],
  diff: ['alpha', 'bravo', 'carol', 'delta', 'echo'],
  report: ['alpha', 'bravo', 'carol', 'delta', 'echo', 'foxtrot', 'golf'],
  drift: ['alpha', 'bravo', 'carol'],
  status: ['alpha', 'bravo'],
  history: ['alpha', 'bravo'],
  answers: ['alpha', 'bravo', 'carol'],
}
