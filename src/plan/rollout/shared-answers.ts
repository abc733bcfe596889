import type { Facts, SharedAnswer } from '../../model/facts.ts'
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

export function withShared(
  facts: Facts,
  host: string,
  answers: SharedAnswers,
  { prune: prunes }: { readonly prune: boolean },
): Facts {
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
  const again = planned.restore === undefined ? facts : { ...facts, restore: planned.restore }
  return shared.length === 0 ? again : { ...again, shared: Object.fromEntries(shared) }
}
