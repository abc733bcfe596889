import { given } from '../../model/given.ts'
import { closed, type Data, list, optional, Text, text } from '../../model/schema.ts'
import type { RevisionDiff, SpecRevision } from '../plan/revision-diff.ts'
import { planDocument, planMembers } from './plan.ts'
import { command, document, hostName } from './schema.ts'

const revision = (description: string) =>
  closed(description, {
    name: text('The revision as it was given, the merge base, or `the working tree`.'),
    commit: optional(Text, 'The commit; absent for the working tree.'),
    spec: optional(Text, 'Path of the spec in the repository; absent if it has none.'),
  })

export const DiffDocument = document(
  'Diff',
  'Printed by `converge diff --json`: what a dry run with one revision says of hosts that are as another one leaves them.',
  {
    command: command('diff'),
    from: revision('What the hosts are like.'),
    to: revision('What they become.'),
    ...planMembers,
    added: list('Hosts that `from` does not have.', hostName),
    secrets: list('Secrets that hosts have and that were set or encrypted anew, by their keys.', Text),
  },
)
export type DiffDocument = Data<typeof DiffDocument>

/** Has no content of sensitive files, and no checksum of it. */
export function diffDocument({ from, to, plan, added, secrets }: RevisionDiff): DiffDocument {
  const { formatVersion, command: _, ...planned } = planDocument(plan, 'plan')
  return { formatVersion, command: 'diff', from: side(from), to: side(to), ...planned, added, secrets }
}

function side({ name, commit, path }: SpecRevision) {
  return { name, ...given({ commit, spec: path }) }
}
