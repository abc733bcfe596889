import type { Answers, Facts, Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError, type AnswerReader } from '../answers/answer-reader.ts'
import { groups, users } from './accounts.ts'
import { answers } from './answers.ts'
import { checks } from './checks.ts'
import { knownAccounts } from './known-accounts.ts'
import type { KnownMembers } from './known-members.ts'
import { objects } from './objects.ts'
import { packages, readOffers } from './packages.ts'
import { paths } from './paths.ts'
import { readPlatform } from './platform.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'
import { reboots } from './reboot.ts'
import { tools } from './tools.ts'
import { readTreeAccounts } from './tree-accounts.ts'
import { units } from './units.ts'

/** The kinds of probes, in the order of the questions. A missing one does not compile. */
const kinds = {
  path: paths,
  unit: units,
  user: users,
  group: groups,
  account: knownAccounts,
  package: packages,
  tool: tools,
  check: checks,
  answer: answers,
  object: objects,
  reboot: reboots,
} satisfies {
  readonly [Kind in Probe['probe']]: ProbeKind<ProbeOf<Kind>, unknown>
}

const allKinds: readonly ProbeKind<Probe, unknown>[] = Object.values(kinds)

export interface Questions {
  /** At most one per subject. */
  readonly probes: readonly Probe[]
  /** The host sends its members only if they differ from these. */
  readonly members?: KnownMembers
}

/** The last wanted content of a path wins. */
export function collectQuestions(probes: readonly Probe[], members?: KnownMembers): Questions {
  const distinct = new Map<string, Probe>()
  for (const kind of allKinds) {
    for (const probe of ofKind(kind, probes)) {
      const key = `${probe.probe} ${kind.subject(probe)}`
      distinct.set(key, { ...distinct.get(key), ...probe })
    }
  }
  return { probes: [...distinct.values()], ...given({ members }) }
}

export function questionLines({ probes }: Questions): readonly string[] {
  return allKinds.flatMap((kind) => {
    const asked = ofKind(kind, probes)
    return asked.length === 0 ? [] : kind.ask(asked)
  })
}

/** What the probes add to the time limit and output limit of an inspect program. */
export function costOf({ probes }: Questions): { readonly timeoutMs: number; readonly outputBytes: number } {
  const sum = (cost: 'timeoutMs' | 'outputBytes'): number =>
    allKinds.reduce((total, kind) => total + (kind[cost] ?? 0) * ofKind(kind, probes).length, 0)
  return { timeoutMs: sum('timeoutMs'), outputBytes: sum('outputBytes') }
}

/** Reads the platform and the answers to all probes. */
export function readAnswers(
  reader: AnswerReader,
  probes: readonly Probe[],
): Answers & Pick<Facts, 'platform'> {
  if (reader.expect('converge') !== '1') throw new AnswerError('another version of the host program answered')
  const platform = readPlatform(reader)
  const tree = platform.rooted ? readTreeAccounts(reader, platform) : undefined
  const read = <P extends Probe, Fact>(kind: ProbeKind<P, Fact>): Readonly<Record<string, Fact>> => {
    const asked = ofKind(kind, probes)
    return asked.length === 0 ? emptyMap() : kind.read(reader, asked, tree)
  }
  return {
    platform,
    paths: read(kinds.path),
    units: read(kinds.unit),
    users: read(kinds.user),
    groups: read(kinds.group),
    accounts: read(kinds.account),
    packages: read(kinds.package),
    ...given({ offers: readOffers(reader) }),
    tools: read(kinds.tool),
    checks: read(kinds.check),
    answers: read(kinds.answer),
    objects: read(kinds.object),
    ...given({ reboot: read(kinds.reboot).host }),
  }
}

function ofKind<P extends Probe>(kind: ProbeKind<P, unknown>, probes: readonly Probe[]): readonly P[] {
  return probes.filter((probe): probe is P => probe.probe === kind.probe)
}
