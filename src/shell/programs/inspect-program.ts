import type { HostLibrary } from '../library.ts'
import { type Questions, questionLines } from '../probes/index.ts'
import { quote } from '../quote.ts'

/** Where a cluster's state is on a host. */
export interface StatePlace {
  readonly stateDir: string
  /** The cluster's name, which is the directory of its manifest and generations. */
  readonly cluster: string
}

interface InspectPlace extends StatePlace {
  /** Where uploads are staged. */
  readonly stagingDir: string
}

export function placeSettings({ stateDir, cluster }: StatePlace): string {
  return `R=\${CONVERGE_ROOT-}
R=\${R%/}
STATE=$R${quote(stateDir)}
CLUSTER=$STATE/clusters/${quote(cluster)}`
}

/** The program that answers all questions and changes nothing; readAnswer reads its output. */
export function inspectProgram(questions: Questions, place: InspectPlace, library: HostLibrary): string {
  return `{
${library.inspect}
${questions.probes.some(({ probe }) => probe === 'package') ? library.packages : ''}
${questions.probes.some(({ probe }) => probe === 'object') ? library.etcd : ''}
${placeSettings(place)}
STAGING_DIR=${quote(place.stagingDir)}
MEMBERS_SUM=${questions.members?.sha256 ?? ''}
read_uid
read_init
say 'converge 1'
inspect_begins
inspect_platform
${questionLines(questions).join('\n')}
inspect_state
say end
} </dev/null
`
}
