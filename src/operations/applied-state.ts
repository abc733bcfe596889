import type { PathFact, PlatformFact } from '../model/facts.ts'

/** What is at a path in one line that does not depend on numeric ids: `file 0644 root root SHA256`. */
export function appliedState(fact: PathFact): string {
  switch (fact.type) {
    case 'absent':
    case 'other':
      return fact.type
    case 'link':
      return `link ${fact.target}`
    case 'directory':
      return `directory ${fact.mode} ${fact.owner} ${fact.group}`
    case 'file':
      return `file ${fact.mode} ${fact.owner} ${fact.group} ${fact.sha256}`
  }
}

/** Whether a recorded state has an account, as in `group web`, as its owner or group. */
export function isOwnedBy(state: string, account: string): boolean {
  const owners = /^(?:directory \d{4} (.*)|file \d{4} (.*) \w+)$/s.exec(state)
  const both = owners?.[1] ?? owners?.[2]
  // A blank may also be part of a name: rather one account too many.
  return account.startsWith('user ')
    ? both?.startsWith(`${account.slice('user '.length)} `) === true
    : both?.endsWith(` ${account.slice('group '.length)}`) === true
}

/** Whether a path is in a recorded state, which may have an owner by number, and without root owners are not set. */
export function isInState(live: PathFact, state: string, { rooted, uid }: PlatformFact): boolean {
  if (appliedState(live) === state) return true
  if (live.type !== 'file' && live.type !== 'directory') return false
  if (rooted && uid !== 0) {
    const hasContent = live.type === 'directory' || state.endsWith(` ${live.sha256}`)
    return hasContent && state.startsWith(`${live.type} ${live.mode} `)
  }
  // The state cannot be split at its blanks, which names of owners may have as well.
  return [live.owner, String(live.uid)].some((owner) =>
    [live.group, String(live.gid)].some((group) => appliedState({ ...live, owner, group }) === state),
  )
}
