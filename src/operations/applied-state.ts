import type { PathFact } from '../model/facts.ts'

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
