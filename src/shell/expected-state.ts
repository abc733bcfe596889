import type { PathFact } from '../model/facts.ts'

/** The state of a path in the words of the host's expect_paths. */
export function expectedState(fact: PathFact): string {
  switch (fact.type) {
    case 'absent':
      return 'absent'
    case 'link':
      return `link ${fact.target}`
    case 'file':
      return `file ${owned(fact)} ${fact.sha256}`
    case 'directory':
      return `directory ${owned(fact)}`
    case 'other':
      return 'other'
  }
}

function owned({
  mode,
  uid,
  gid,
}: {
  readonly mode: string
  readonly uid: number
  readonly gid: number
}): string {
  return `${mode} ${uid} ${gid}`
}
