import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hostLibrary } from '../../src/commands/hosts/host-library.ts'
import type { Facts } from '../../src/model/facts.ts'
import type { Member } from '../../src/model/manifest.ts'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import type { Target } from '../../src/model/targets/index.ts'
import { departed } from '../../src/plan/rollout/members.ts'
import { planCluster } from '../../src/plan/rollout/plan-cluster.ts'
import { planRollback } from '../../src/plan/undo/rollback.ts'
import { contentProbes } from '../../src/plan/undo/rollback-contents.ts'
import { AnswerError } from '../../src/shell/answers/answer-reader.ts'
import { collectQuestions, readAnswer } from '../../src/shell/probes/index.ts'
import { parseHistory } from '../../src/shell/programs/history-program.ts'
import { inspectProgram } from '../../src/shell/programs/inspect-program.ts'
import { planProgram } from '../../src/shell/programs/plan-program.ts'
import { anyText } from '../any-text.ts'
import { figure } from '../figure.ts'
import {
  sampleAnswer,
  sampleApplied,
  sampleCatalog,
  sampleHistory,
  sampleMember,
  sampleProbes,
} from './answer-sample.ts'

const seed = 20260302
const numRuns = Number(process.env.CONVERGE_FUZZ ?? 500)
const questions = collectQuestions(sampleProbes)
const library = hostLibrary()
const run = { id: 'run-1', by: 'test', stateDir: '/var/lib/converge', cluster: 'c', stagingDir: '/var/tmp/x' }

/** What a host may do to an answer of its own. */
interface Meddling {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

const words = [
  ...[
    '\0',
    '\n',
    '\xff',
    '-1',
    '1e9',
    '99999999999999999999',
    '__proto__',
    'constructor',
    '../../etc',
    '\x1b[2J',
  ],
  ...[
    'null',
    '{}',
    '[]',
    '"',
    '\\u0000',
    '%ZZ',
    '%00',
    'end\n',
    'manifest\n',
    'kinds f\n',
    'applied\n',
    'set {"resource":1}\n',
    '/',
  ],
  ...['set {}\n', 'set null\n', 'drop x\n', 'members\n5\nmembers end\n', 'x'.repeat(5000)],
]
const meddling: fc.Arbitrary<Meddling> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 1 }) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 200 }) },
  ),
  insert: fc.oneof(
    { weight: 4, arbitrary: fc.string({ maxLength: 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: anyText(5) },
  ),
})

function meddle(answer: string, meddlings: readonly Meddling[]): Buffer {
  return meddlings.reduce((bytes, { at, remove, insert }) => {
    const place = Math.floor(at * bytes.length)
    const rest = bytes.subarray(place + remove)
    return Buffer.concat([bytes.subarray(0, place), Buffer.from(insert, 'latin1'), rest])
  }, Buffer.from(answer))
}

/** What reading gives, or undefined for an answer that is refused as unreadable. Anything else that is thrown is a bug. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof AnswerError) return undefined
    throw error
  }
}

test('the sample answers are right as they are', () => {
  const facts = readAnswer(Buffer.from(sampleAnswer), questions)
  assert.not('busy' in facts)
  if ('busy' in facts) return
  const plan = planCluster({ cluster: 'c', hosts: [sampleCatalog] }, new Map([['host', facts]]))
  assert.is(plan.hosts[0]?.status, 'planned')
  assert.is(parseHistory(Buffer.from(sampleHistory)).generations[0]?.revert.length, 2)
})

test('whatever a host answers is understood or refused, and becomes a program or a refusal', () => {
  let understood = 0
  fc.assert(
    fc.property(fc.array(meddling, { minLength: 1, maxLength: 2 }), (meddlings) => {
      const facts = readable(() => readAnswer(meddle(sampleAnswer, meddlings), questions))
      if (facts === undefined || 'busy' in facts) return
      understood += 1
      const plan = planCluster({ cluster: 'c', hosts: [sampleCatalog] }, new Map([['host', facts]]))
      const [planned] = plan.hosts
      if (planned?.status !== 'planned') return
      const { changes, bookkeeping } = planned
      planProgram({ changes, journal: facts.journal, ...(bookkeeping && { bookkeeping }) }, run, library)
    }),
    { seed, numRuns },
  )
  assert.ok(understood > 0 && understood < numRuns, `${understood} understood`)
  figure('garbled answers of a host', numRuns)
})

test('whatever a host reports as its history is understood or refused', () => {
  let understood = 0
  const facts = supposedFacts(sampleProbes, 'inactive')
  fc.assert(
    fc.property(fc.array(meddling, { minLength: 1, maxLength: 2 }), (meddlings) => {
      const history = readable(() => parseHistory(meddle(sampleHistory, meddlings)))
      if (history === undefined) return
      understood += 1
      const { generations } = history
      const input = { catalog: sampleCatalog, facts, generations, keptIn: '/kept', by: 'test' }
      inspectProgram(
        collectQuestions(contentProbes(input)),
        { stagingDir: '/var/tmp', stateDir: '/kept', cluster: 'c' },
        library,
      )
      const planned = planRollback(input)
      if (planned.status !== 'planned') return
      const { changes, bookkeeping } = planned
      planProgram({ changes, journal: '', ...(bookkeeping && { bookkeeping }) }, run, library)
    }),
    { seed, numRuns },
  )
  assert.ok(understood > 0 && understood < numRuns, `${understood} understood`)
  figure('garbled histories of a host', numRuns)
})

const kept: readonly (readonly [what: string, entry: object])[] = [
  ['an operation that there is not', { ...sampleApplied, removal: [{ op: 'format-disk' }] }],
  ['an operation named like an inherited key', { ...sampleApplied, removal: [{ op: 'constructor' }] }],
  [
    'a path out of the root',
    { ...sampleApplied, removal: [{ op: 'remove', path: '/../x', recursive: true }] },
  ],
  ['a path that is none', { ...sampleApplied, paths: { 'etc/motd': 'absent' } }],
  ['a NUL in a word', { ...sampleApplied, removal: [{ op: 'link', path: '/a', target: '\0' }] }],
  [
    'content from elsewhere',
    {
      ...sampleApplied,
      removal: [{ ...sampleApplied.removal[1], kept: '../../../../etc/shadow' }],
    },
  ],
  ['no removal', { ...sampleApplied, removal: undefined }],
  ['a number where text belongs', { ...sampleApplied, desired: 5 }],
]

for (const [what, entry] of kept) {
  test(`a manifest with ${what} is refused`, () => {
    const line = `set ${JSON.stringify(sampleApplied)}`
    assert.ok(sampleAnswer.includes(line))
    const answer = sampleAnswer.replace(line, () => `set ${JSON.stringify(entry)}`)
    assert.throws(
      () => readAnswer(Buffer.from(answer), questions),
      (error: unknown) =>
        error instanceof AnswerError &&
        error.message.startsWith('a line of the manifest is not a valid entry: '),
    )
  })
}

const own = {
  user: 'deploy',
  identityFile: '/home/ann/.ssh/fleet',
  knownHostsFile: '/home/ann/known_hosts',
  hostKeyChecking: 'accept-new',
} as const

/** How a host that left is reached, when a host of the cluster says this of it. */
function believed(target: Target, teller: Target = { transport: 'ssh', address: '192.0.2.9', ssh: own }) {
  const { platform } = sampleMember
  const facts: Facts = {
    ...supposedFacts([], 'inactive'),
    state: {
      manifest: [],
      manifestLines: 0,
      others: [],
      generation: 1,
      members: [{ name: 'old', target, platform }],
    },
  }
  const members: readonly Member[] = [{ name: 'teller', target: teller, platform }]
  return departed(members, new Map([['teller', facts]])).map((member) => member.target)
}

test("a host's word about another one does not choose this machine's files, nor how keys are checked", () => {
  const told = {
    transport: 'ssh',
    address: '192.0.2.66',
    ssh: {
      user: 'root',
      port: 2222,
      identityFile: '/etc/ssh/ssh_host_rsa_key',
      knownHostsFile: '/home/ann/.profile',
      hostKeyChecking: 'accept-new',
    },
  } as const
  assert.equal(believed(told), [
    {
      transport: 'ssh',
      address: '192.0.2.66',
      ssh: {
        user: 'root',
        port: 2222,
        identityFile: own.identityFile,
        knownHostsFile: own.knownHostsFile,
        hostKeyChecking: 'yes',
      },
    },
  ])
})

test('a host reached over SSH cannot name a tree on this machine', () => {
  assert.equal(believed({ transport: 'directory', directory: '/' }), [])
  const tree: Target = { transport: 'directory', directory: '/srv/image' }
  assert.equal(believed(tree, { transport: 'directory', directory: '/srv/other' }), [tree])
})

test.run()
