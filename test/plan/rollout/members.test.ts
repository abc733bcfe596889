import { type Static, Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError } from '../../../src/model/errors.ts'
import type { Facts } from '../../../src/model/facts.ts'
import { given } from '../../../src/model/given.ts'
import type { Identity, Member } from '../../../src/model/manifest.ts'
import type { Target } from '../../../src/model/targets/index.ts'
import { departed, membersOf, remembered } from '../../../src/plan/rollout/members.ts'
import { blankFacts } from '../../samples/facts.ts'
import { sampleCluster, sampleHost } from '../../samples/host.ts'
import { testCases } from '../../tables/cases.ts'

const Targets = Type.Record(Type.String(), Type.Unsafe<Target>(Type.Object({ transport: Type.String() })))

testCases(
  'plan/members',
  {
    /** How the hosts of the spec are reached. */
    spec: Targets,
    /** What each of them remembers. */
    remembered: Type.Record(Type.String(), Targets),
    /** Of each of them, as its own names and places: `NAME PLACE`, the last one last. */
    identities: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
    /** Hosts on which nothing was ever applied. */
    blank: Type.Optional(Type.Array(Type.String())),
    silent: Type.Optional(Type.Array(Type.String())),
    /** The hosts that were removed from the spec, and how they are reached. */
    departed: Targets,
    /** What a host will remember. */
    remembers: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  },
  ({
    spec,
    remembered: before,
    identities = {},
    blank = [],
    silent = [],
    departed: gone,
    remembers = {},
  }) => {
    const members = membersOf(sampleCluster(hostsOf(spec)))
    const facts = new Map(
      Object.entries(before).map(([name, targets]) => [
        name,
        factsWith(membersOf(sampleCluster(hostsOf(targets))), identities[name]?.map(readIdentity)),
      ]),
    )
    const refusals = silent.map((host) => [host, refusal(host)] as const)
    const inspection = new Map<string, Facts | ConvergeError>([
      ...facts,
      ...blank.map((host) => [host, blankFacts] as const),
      ...refusals,
    ])
    const found = departed(members, inspection)
    assert.equal(
      found.map(({ name, target }) => [name, target]),
      Object.entries(gone),
    )
    for (const [name, names] of Object.entries(remembers)) {
      const own = facts.get(name)
      if (own === undefined) throw new Error(`the case does not say what ${name} remembers`)
      assert.equal(
        remembered(members, own, inspection).map((member) => member.name),
        names,
      )
    }
  },
)

function hostsOf(targets: Static<typeof Targets>) {
  return Object.entries(targets).map(([name, target]) => sampleHost(name, { target }))
}

function factsWith(members: readonly Member[], identities?: readonly Identity[]): Facts {
  const state = {
    manifest: [],
    manifestLines: 0,
    others: [],
    generation: 0,
    members,
    ...given({ identities }),
  }
  return { ...blankFacts, state }
}

function readIdentity(line: string): Identity {
  const [name = '', ...place] = line.split(' ')
  return { name, place: place.join(' ') }
}

function refusal(host: string): ConvergeError {
  return new ConvergeError('connect-failed', 'connection refused', { host, step: 'connect' })
}

test('a host that remembers what the spec says is given the very same list, which need not be compared', () => {
  const members = membersOf(sampleCluster([sampleHost('a')]))
  assert.is(remembered(members, factsWith(members)), members)
})

test.run()
