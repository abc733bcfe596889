import type { Problem } from '../../model/diagnostic.ts'
import type { Catalog } from '../../model/resource.ts'
import type { GroupMember } from '../disruption.ts'
import { allowance, type Groups, quorumOf } from './groups.ts'

/** What each group survives, in a line each. */
export function describeGroups(groups: Groups): readonly string[] {
  return [...groups].map(([group, members]) => {
    const count = members.size
    const quorum = quorumOf(count)
    const words = hasQuorum(members)
      ? `quorum ${quorum}, survives ${count === quorum ? 'the loss of none' : count - quorum}`
      : `at most ${Math.min(count, allowance(members))} down at once`
    return `${group}: ${count === 1 ? '1 member' : `${count} members`}, ${words}`
  })
}

/** What is likely to be a mistake in the size of a group, or in where its members are. */
export function groupDoubts(groups: Groups, { hosts }: Catalog): readonly Problem[] {
  const entries = hosts.flatMap((catalog) => catalog.entries)
  return [...groups].flatMap(([group, members]) => {
    if (!hasQuorum(members)) return []
    const first = entries.find(({ resource: { relations } }) => relations.disruption?.group === group)
    return [...sizeDoubts(group, members.size), ...domainDoubts(group, members)].map(
      ([message, hint]): Problem => ({ code: 'weak-group', message, hint, position: first?.position }),
    )
  })
}

/** What it says, and what to do. */
type Doubt = readonly [message: string, hint: string]

function sizeDoubts(group: string, size: number): readonly Doubt[] {
  const quorum = quorumOf(size)
  if (size === 1)
    return [[`${group} has 1 member: if it fails, all stands still`, 'use 3 to survive the loss of one']]
  if (size === 2)
    return [
      [
        `2 members of ${group} have a quorum of 2: if either fails, nothing can be written`,
        'one member is as good; use 3 to survive the loss of one',
      ],
    ]
  if (size % 2 === 1) return []
  return [
    [
      `${size} members of ${group} have a quorum of ${quorum}: they survive the loss of ${size - quorum}, as ${size - 1} do`,
      `use ${size - 1} or ${size + 1}`,
    ],
  ]
}

function domainDoubts(group: string, members: ReadonlyMap<string, GroupMember>): readonly Doubt[] {
  const domains = new Map<string, string[]>()
  const labels = new Set<string>()
  for (const [host, { domain }] of members)
    if (domain !== undefined) {
      labels.add(domain.label)
      domains.set(domain.value, [...(domains.get(domain.value) ?? []), host])
    }
  const survives = members.size - quorumOf(members.size)
  return [...domains]
    .filter(([, hosts]) => hosts.length > survives && hosts.length > 1)
    .map(([value, hosts]) => [
      `${hosts.length} of ${members.size} members of ${group} have ${[...labels].join(', ')} ${value}: if that fails, the quorum is lost`,
      'spread them over three or more',
    ])
}

function hasQuorum(members: ReadonlyMap<string, GroupMember>): boolean {
  return [...members.values()].some(({ maxUnavailable }) => maxUnavailable === 'quorum')
}
