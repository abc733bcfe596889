import { type Static, Type } from 'typebox'
import { ResourceConflict } from '../../model/errors.ts'
import { membersQuestion } from '../../model/etcd-restore.ts'
import { type Facts, isStarted, type PathFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { OperationTypes } from '../../model/operation.ts'
import type { ResourceId, Step } from '../../model/resource.ts'
import { defineResource } from '../define/define-resource.ts'
import { pathFact, unitFact } from '../define/facts-of.ts'
import { NormalPath } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { membersProbe, refuseTwoClusters } from './cluster-object.ts'
import { connectionProperties } from './connection.ts'
import { discoveryRefusal } from './discovery.ts'
import { type LiveMember, readCluster } from './live-cluster.ts'
import { Member } from './member.ts'
import { refuseUnfinished, restoreProbes, restoreSteps } from './restore.ts'
import { minorOf, upgradeRefusal } from './upgrade.ts'

const EtcdMemberSchema = Type.Object({
  group: Type.String({ description: 'the name of the group that the members are' }),
  unit: Type.String({ description: 'the unit that etcd runs as' }),
  version: Type.String({ description: 'the version of etcd' }),
  ...connectionProperties,
  release: { ...NormalPath, description: 'an absolute path with {version} in it; where a release is' },
  hasCertificates: Type.Boolean({ description: 'whether it has all that TLS between peers needs' }),
  self: Member,
  members: Type.Array(Member, { description: 'all members, this one included' }),
  until: { ...NormalPath, description: 'an absolute path; it exists once the member has data' },
  data: { ...NormalPath, description: 'an absolute path; all of the data' },
  file: { ...NormalPath, description: 'an absolute path; what the member reads at its first start' },
  content: Type.String({ description: 'text; the same, for a cluster that begins' }),
  discovery: Type.Optional(
    Type.String({
      description:
        'shell that prints what a discovery service has for a member without data: the size, and a line NAME=URL for each that has registered',
    }),
  ),
  snapshots: { ...NormalPath, description: 'an absolute path; where snapshots are kept' },
  restorer: { ...NormalPath, description: 'an absolute path; the program that restores snapshots' },
  token: Type.String({ description: 'text that distinguishes clusters' }),
})

const absent = { type: 'absent' } as const

type Desired = Static<typeof EtcdMemberSchema>

/**
 * A member of a cluster of etcd 3.4 or later: who is one follows the spec. Whether the cluster begins is decided by what the
 * others say and hold, never by the spec.
 */
export const { resource: etcdMember } = defineResource({
  kind: 'etcdMember',
  schema: EtcdMemberSchema,
  defaults: {},
  name: ({ group }) => group,
  behave(desired, { id }) {
    const { file: path, content, until, group, unit, clientVariables, discovery } = desired
    const bootstrap = file({ path, content, until })
    const question = membersQuestion(group)
    const discovered = `discovery of ${group}`
    return {
      claims: bootstrap.claims,
      follows: () => bootstrap.follows?.() ?? [],
      probes: [
        ...bootstrap.probes,
        { probe: 'unit', unit },
        { probe: 'path', path: clientVariables },
        membersProbe(desired),
        ...restoreProbes(desired),
        ...(discovery === undefined
          ? []
          : [{ probe: 'answer' as const, name: discovered, command: discovery }]),
      ],
      steps(facts) {
        if (facts.restore?.group === group) {
          const begun = { ...facts, paths: { ...facts.paths, [until]: { type: 'other' } as PathFact } }
          const leftover = bootstrap.steps(begun).filter(({ operation: { op } }) => op === 'remove')
          return [...restoreSteps(desired, facts.restore, facts), ...leftover]
        }
        refuseUnfinished(desired, facts, id)
        const shared = facts.shared?.[question]
        const live = shared === undefined ? undefined : readCluster(shared.text)
        if (shared === undefined || live === undefined) {
          const answer = facts.answers[discovered]
          // One that runs without data waits for the others, and has registered.
          const mayBegin = (): boolean =>
            pathFact(facts, until).type === 'absent' && !isStarted(unitFact(facts, unit))
          const wrong =
            typeof answer === 'string' && mayBegin()
              ? discoveryRefusal(answer, desired.self, desired.members)
              : undefined
          if (wrong !== undefined) throw new ResourceConflict(id, wrong.why, wrong.remedy)
          return bootstrap.steps(facts)
        }
        refuseTwoClusters(id, group, shared)
        const wrong = upgradeRefusal(
          live.flatMap(({ version }) => version ?? []),
          desired.version,
        )
        if (wrong !== undefined) throw new ResourceConflict(id, wrong.why, wrong.remedy)
        const others = endpointsOf(live, desired)
        refuseOneSidedTls(desired, live, facts, id)
        const operation = operationOf(desired, others)
        const own = ownSteps(desired, live, facts, id)
        const foreign = shared.isVantage && shared.prunes ? removals(desired, live, id) : []
        const joins = own.some((step) => step.operation.action === 'join')
        // etcd that was removed ends, and systemd starts it again and again.
        const isAround = joins && isStarted(unitFact(facts, unit))
        const reasonAround = `it runs, and is no member of ${group}`
        const isNew = joins && found(desired.self, live, desired.members) === undefined
        const steps: readonly Step[] = [
          ...(isNew ? [{ operation: operation({ action: 'expect-new' }), reason: `as ${group} said` }] : []),
          ...(isAround
            ? [{ operation: { op: 'unit', unit, action: 'stop' }, reason: reasonAround } as const]
            : []),
          ...own.map((step) => ({ ...step, operation: operation(step.operation) })),
          ...(isAround
            ? [
                {
                  operation: { op: 'unit', unit, action: 'start', noBlock: true },
                  reason: reasonAround,
                } as const,
              ]
            : []),
          ...foreign.map((step) => ({ ...step, operation: operation(step.operation) })),
        ]
        const hasData = pathFact(facts, until).type !== 'absent'
        const before = hasData ? versionBefore(desired, live) : undefined
        const snapshot = operation({ action: 'snapshot', file: desired.snapshots })
        const reason = steps.length > 0 ? 'before its members change' : `before it goes to ${desired.version}`
        // Data that is set aside is not what the file is wanted for.
        const then = joins ? { ...facts, paths: { ...facts.paths, [until]: absent } } : facts
        return [
          ...(before === undefined ? [] : upgradeActions(desired, before)).map((action) => ({
            operation: operation(action),
            reason,
          })),
          ...(steps.length > 0 || before !== undefined ? [{ operation: snapshot, reason }] : []),
          ...steps,
          // The join has written it.
          ...bootstrap.steps(then).filter(({ operation: { op } }) => op === 'remove'),
        ]
      },
    }
  },
})

type Action = Pick<OperationTypes['etcd-member'], 'action'> &
  Partial<
    Pick<OperationTypes['etcd-member'], 'member' | 'peerUrl' | 'id' | 'file' | 'version' | 'unit' | 'data'>
  >

type Planned = Omit<Step, 'operation'> & { readonly operation: Action }

function operationOf(
  { etcdctl, clientVariables, self }: Desired,
  endpoints: readonly string[],
): (action: Action) => OperationTypes['etcd-member'] {
  return (action) => ({
    op: 'etcd-member',
    etcdctl,
    endpoints,
    member: self.name,
    peerUrl: self.peerUrl,
    clientVariables,
    ...action,
  })
}

/** Where this host asks: members that answered and stay, its own first. */
function endpointsOf(live: readonly LiveMember[], { self, members }: Desired): readonly string[] {
  const own = (member: LiveMember): boolean => member.peerUrls.includes(self.peerUrl)
  const stays = new Set(members.map((member) => found(member, live, members)?.id))
  return live
    .filter(({ id, version, isLearner }) => stays.has(id) && version !== undefined && !isLearner)
    .toSorted((a, b) => Number(own(b)) - Number(own(a)))
    .flatMap(({ clientUrls }) => clientUrls)
}

/** By its URL; by its name if that URL is new. */
function found(
  { name, peerUrl }: Static<typeof Member>,
  live: readonly LiveMember[],
  members: Desired['members'],
): LiveMember | undefined {
  const isOthers = ({ peerUrls }: LiveMember): boolean =>
    members.some((member) => peerUrls.includes(member.peerUrl))
  return (
    live.find(({ peerUrls }) => peerUrls.includes(peerUrl)) ??
    live.find((member) => member.name === name && !isOthers(member))
  )
}

/** A member that takes only TLS reaches the others, and is reached by them, if all of them have certificates and trust its authority. */
function refuseOneSidedTls(
  { self, members, until, clientVariables, hasCertificates }: Desired,
  live: readonly LiveMember[],
  facts: Facts,
  id: ResourceId,
): void {
  const member = found(self, live, members)
  const [scheme] = self.peerUrl.split(':')
  const moves = member?.peerUrls.some((url) => !url.startsWith(`${scheme}:`)) === true
  if (!moves || pathFact(facts, until).type === 'absent') return
  if (hasCertificates && pathFact(facts, clientVariables).type !== 'absent') return
  throw new ResourceConflict(
    id,
    `its peers reach it at ${member.peerUrls.join(', ')}: with ${scheme} only, it and those that are not changed yet would not reach each other`,
    'set tls to optional first, and converge all members; then set it to what it shall be',
  )
}

/** What the host of a member does for itself. */
function ownSteps(
  desired: Desired,
  live: readonly LiveMember[],
  facts: Facts,
  id: ResourceId,
): readonly Planned[] {
  const { self, members, until, group, unit, data, file: path } = desired
  const member = found(self, live, members)
  const hasData = pathFact(facts, until).type !== 'absent'
  const isAt = member?.peerUrls.includes(self.peerUrl) === true
  // A cluster has one learner at a time, and takes one more only if all of its members are there: what it knows comes first.
  const joins = { group, turn: member === undefined ? 'join' : 'finish' } as const
  const promotion: Planned = {
    operation: { action: 'promote' },
    reason: `is a learner of ${group} until then`,
    phase: 'last',
    regroups: joins,
  }
  if (member !== undefined && hasData)
    return [
      ...(isAt
        ? []
        : [
            {
              operation: { action: 'move', id: member.id },
              reason: `${group} knows it at ${member.peerUrls.join(', ')}`,
              regroups: { group, turn: 'move' },
            } as const,
          ]),
      ...(member.isLearner ? [promotion] : []),
    ]
  if (isStarted(unitFact(facts, unit)) && member?.version !== undefined)
    throw new ResourceConflict(
      id,
      `${unit} runs as a member of ${group}, and ${until} does not exist`,
      'set dataDir to the directory that it uses',
    )
  const setAside: Planned = {
    operation: { action: 'set-aside', file: data },
    reason: `it is of no member of ${group}`,
    consent: {
      word: 'discard',
      what: `${data} on ${self.name} has data of no member of ${group}, and will be set aside`,
    },
  }
  const replaces = member !== undefined && (member.clientUrls.length > 0 || !isAt) ? member.id : undefined
  const silent = live.filter(
    (one) =>
      one.id !== member?.id &&
      one.version === undefined &&
      members.some((wanted) => found(wanted, live, members) === one),
  )
  const waits =
    silent.length === 0
      ? ''
      : `; ${group} takes it only once ${silent.map(wordsFor).join(', ')} ${silent.length === 1 ? 'answers' : 'answer'}`
  return [
    ...(hasData ? [setAside] : []),
    {
      operation: { action: 'join', file: path, ...given({ id: replaces }) },
      reason: `${joinReason(group, member, replaces !== undefined)}${waits}`,
      regroups: joins,
    },
    promotion,
  ]
}

/** Why a host joins. */
function joinReason(group: string, member: LiveMember | undefined, isReplaced: boolean): string {
  if (member === undefined) return `is no member of ${group} yet`
  return isReplaced
    ? `${group} has the member ${wordsFor(member)}, and its data is gone`
    : `is a member of ${group} that has not started yet`
}

/** The members that the spec does not have, each removed only if the others keep a majority. */
function removals(
  { members, group }: Desired,
  live: readonly LiveMember[],
  id: ResourceId,
): readonly Planned[] {
  const wanted = new Set(members.map((member) => found(member, live, members)?.id))
  const leaving = live.filter((member) => !wanted.has(member.id))
  if (leaving.length === 0) return []
  const isDown = ({ version }: LiveMember): boolean => version === undefined
  const left = live.filter((member) => wanted.has(member.id) && !member.isLearner)
  const answering = left.filter((member) => !isDown(member)).length
  const quorum = Math.floor(left.length / 2) + 1
  if (answering < quorum)
    throw new ResourceConflict(
      id,
      `${group} would lose its quorum: without ${leaving.map(wordsFor).join(', ')} it has ${left.length} voting members, of which ${quorum} must answer, and ${answering} ${answering === 1 ? 'does' : 'do'}`,
      'start the other members first',
    )
  // A dead one and a learner are in the way of one that joins.
  const isInTheWay = (member: LiveMember): boolean => isDown(member) || member.isLearner
  const turn = leaving.some(isInTheWay) ? 'first' : 'last'
  return leaving
    .toSorted((a, b) => Number(isInTheWay(b)) - Number(isInTheWay(a)))
    .map((member) => ({
      operation: {
        action: 'remove',
        member: member.name === '' ? 'unstarted' : member.name,
        peerUrl: member.peerUrls.join(','),
        id: member.id,
      },
      reason: `the spec does not have it${isDown(member) ? ', and it does not answer' : ''}`,
      // With a dead one the group can spare no other: it goes before anything restarts here.
      ...(turn === 'last' && { phase: 'last' as const }),
      regroups: { group, turn },
      consent: { word: 'prune', what: `${group}: the member ${wordsFor(member)} will be removed` },
    }))
}

function wordsFor({ name, id, peerUrls }: LiveMember): string {
  return `${name === '' ? peerUrls.join(', ') : name} (${id})`
}

/** The release that the member runs, if the spec has another one. */
function versionBefore({ self, members, version }: Desired, live: readonly LiveMember[]): string | undefined {
  const running = found(self, live, members)?.version
  return running === version ? undefined : running
}

/** What must be over before a member starts with the next minor version. */
function upgradeActions({ version, release, unit, data }: Desired, before: string): readonly Action[] {
  const [from, to] = [minorOf(before), minorOf(version)]
  if (from === to) return []
  const file = `${release.replace('{version}', before)}/etcd`
  return [
    { action: 'settle', version: from },
    ...(to === '3.7' ? [{ action: 'checkpoint', version: before, file, unit, data } as const] : []),
  ]
}
