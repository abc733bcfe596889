import type { Plan } from '../../model/plan.ts'
import { compactHosts } from '../text/compact-hosts.ts'
import { escapeLine } from '../text/escape-control.ts'
import { commaList } from '../text/words.ts'
import { summarisePlan } from './summarise-plan.ts'

/** A revision of a spec, or the working tree, which has no commit. */
export interface SpecRevision {
  readonly name: string
  readonly commit?: string
  /** The path of the spec in the repository; absent if it has none. */
  readonly path?: string
}

/** How a spec changes hosts from one revision to another. */
export interface RevisionDiff {
  readonly from: SpecRevision
  readonly to: SpecRevision
  /** What a dry run says of hosts that are as `from` leaves them; departed are the hosts that `to` does not have. */
  readonly plan: Plan
  /** The hosts that `from` does not have. */
  readonly added: readonly string[]
  /** The secrets that hosts have and that were set or encrypted anew: what has changed shows only where they are opened. */
  readonly secrets: readonly string[]
}

/** `from main (1a2b3c4d5e6f) to the working tree: web2 is new, web[7-9] are removed`, safe to print. */
export function diffHeading({ from, to, added, plan, secrets }: RevisionDiff): string {
  const isRenamed = from.path !== to.path
  const words = ({ name, commit, path }: SpecRevision): string => {
    const id = commit?.slice(0, 12)
    const spec = isRenamed && (path === undefined ? 'without the spec' : `spec ${path}`)
    const aside = commaList([id !== undefined && id !== name && id, spec])
    return aside === '' ? name : `${name} (${aside})`
  }
  const many = (hosts: readonly string[], what: string) =>
    hosts.length > 0 && `${compactHosts(hosts)} ${hosts.length === 1 ? 'is' : 'are'} ${what}`
  const removed = plan.departed.map(({ name }) => name)
  const anew = secrets.length > 0 && `set or encrypted anew: ${secrets.join(' ')}`
  const hosts = commaList([many(added, 'new'), many(removed, 'removed'), anew])
  return escapeLine(`from ${words(from)} to ${words(to)}${hosts === '' ? '' : `: ${hosts}`}`)
}

/** Whether the revisions differ in what they make of any host. */
export function isDifferent({ added, plan, secrets }: RevisionDiff): boolean {
  return added.length + secrets.length + plan.departed.length + summarisePlan(plan).changes > 0
}
