import type { ClusterFacts } from '../../model/cluster-object.ts'
import type { Facts, SharedAnswer } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { type Inspection, isFacts } from './members.ts'

/** What APIs of the cluster say, by what is asked: the answer of the first host in spec order that has one. */
export type SharedAnswers = ReadonlyMap<string, Pick<SharedAnswer, 'text' | 'from' | 'others'>>

export function sharedAnswers(hosts: readonly HostCatalog[], inspection: Inspection): SharedAnswers {
  const answers = new Map<string, Pick<SharedAnswer, 'text' | 'from' | 'others'>>()
  for (const { host } of hosts) {
    const facts = inspection.get(host)
    if (!isFacts(facts)) continue
    for (const [name, text] of Object.entries(facts.answers)) {
      if (text === null) continue
      const first = answers.get(name)
      if (first === undefined) answers.set(name, { text, from: host, others: [] })
      else if (firstLine(first.text) !== firstLine(text))
        answers.set(name, { ...first, others: [...first.others, host] })
    }
  }
  return answers
}

function firstLine(text: string): string | undefined {
  return text.split('\n')[0]
}

/** What is known of the objects of the cluster; undefined if it declares and has none. */
export function clusterObjects(
  hosts: readonly HostCatalog[],
  inspection: Inspection,
): ((host: string) => ClusterFacts) | undefined {
  const first = new Map<string, string>()
  const answered = new Set<string>()
  const declared = new Set<string>()
  const made = new Set<string>()
  for (const { host, entries } of hosts) {
    for (const { resource } of entries)
      for (const probe of resource.probes) if (probe.probe === 'object') declared.add(probe.name)
    const facts = inspection.get(host)
    if (!isFacts(facts)) continue
    for (const [question, text] of Object.entries(facts.answers)) {
      if (text !== null) answered.add(question)
      if (!first.has(question)) first.set(question, host)
    }
    for (const { resource, object, removal } of facts.state?.manifest ?? [])
      if (object !== undefined && removal.length > 0) made.add(resource)
  }
  if (declared.size === 0 && made.size === 0) return undefined
  const all = { declared: [...declared], made: [...made] }
  return (host) => ({
    ...all,
    leads: [...first].flatMap(([question, lead]) =>
      lead === host && !answered.has(question) ? [question] : [],
    ),
  })
}

export function withShared(
  inspected: Facts,
  host: string,
  {
    answers,
    objects,
  }: { readonly answers: SharedAnswers; readonly objects: ReturnType<typeof clusterObjects> },
  { prune: prunes }: { readonly prune: boolean },
): Facts {
  const facts = objects === undefined ? inspected : { ...inspected, ofCluster: objects(host) }
  if (answers.size === 0) return facts
  const shared = [...answers].map(([name, answer]): [string, SharedAnswer] => [
    name,
    { ...answer, isVantage: answer.from === host, prunes },
  ])
  return { ...facts, shared: Object.fromEntries(shared) }
}

/** After an apply a host asks for itself, and has the part that it had in the plan. Without an answer it knows nothing: that of the plan is old. */
export function sharedAgain(facts: Facts, planned: Facts): Facts {
  const shared = Object.entries(planned.shared ?? {}).flatMap(([name, before]): [string, SharedAnswer][] => {
    const text = facts.answers[name]
    return typeof text === 'string' ? [[name, { ...before, text }]] : []
  })
  return {
    ...facts,
    ...given({
      ofCluster: planned.ofCluster,
      restore: planned.restore,
      shared: shared.length === 0 ? undefined : Object.fromEntries(shared),
    }),
  }
}
