import type { PathFact } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'

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

/** What is at a path after an operation on it, given what was there; undefined for an operation on another path. */
export function stateAfter(operation: Operation, path: string, before: PathFact): string | undefined {
  if (!('path' in operation) || operation.path !== path) return undefined
  switch (operation.op) {
    case 'write':
      return `file ${operation.mode} ${operation.owner} ${operation.group} ${operation.content.sha256}`
    case 'restore':
      return `file ${operation.mode} ${operation.owner} ${operation.group} ${operation.sha256}`
    case 'mkdir':
      return `directory ${operation.mode} ${operation.owner} ${operation.group}`
    case 'archive':
      return 'directory 0755 root root'
    case 'link':
      return `link ${operation.target}`
    case 'remove':
      return 'absent'
    case 'attributes':
      return before.type === 'file' || before.type === 'directory'
        ? appliedState({ ...before, mode: operation.mode, owner: operation.owner, group: operation.group })
        : undefined
  }
}
