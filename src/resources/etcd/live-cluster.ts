/** A member of a cluster of etcd, as the cluster knows it. */
export interface LiveMember {
  /** In hexadecimal, as etcdctl takes it. */
  readonly id: string
  /** Empty until it has started for the first time, unless it was there from the beginning. */
  readonly name: string
  readonly peerUrls: readonly string[]
  /** Empty until it has started for the first time. */
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
  /** Of its release; absent if it did not answer. */
  readonly version?: string
}

/** How a host asks a cluster: what it prints is for `readCluster`. A learner, and who has no quorum, has no answer. */
export function clusterQuestion(connect: string): string {
  return [
    connect,
    // etcd 3.4 lists its members without a quorum, too.
    '$own endpoint health >/dev/null 2>&1',
    `echo "$status" | grep -oE '"cluster_id": ?[0-9]+' | tr -d ' '`,
    '$own member list -w json',
    // It fails if one of them does not answer, and prints the others.
    '{ $own --dial-timeout=1s --command-timeout=1s endpoint status --cluster -w json 2>/dev/null || :; }',
  ].join(' && ')
}

/** Undefined if it is not what etcdctl prints. */
export function readCluster(answer: string): readonly LiveMember[] | undefined {
  const [, list = '', status = ''] = answer.split('\n')
  const members = parse(list)
  if (typeof members !== 'object' || members === null) return undefined
  const statuses = parse(status)
  const versions = new Map(
    itemsOf(statuses).flatMap((one) => {
      const own = Object(one).Status
      const id = Object(Object(own).header).member_id
      const version = Object(own).version
      return typeof id === 'string' && typeof version === 'string' ? [[id, version] as const] : []
    }),
  )
  return itemsOf(Object(members).members).flatMap((one): readonly LiveMember[] => {
    const { ID: id, name = '', peerURLs, clientURLs, isLearner } = Object(one)
    if (typeof id !== 'string' || typeof name !== 'string') return []
    const version = versions.get(id)
    return [
      {
        id: BigInt(id).toString(16),
        name,
        peerUrls: textsOf(peerURLs),
        clientUrls: textsOf(clientURLs),
        isLearner: isLearner === true,
        ...(version !== undefined && { version }),
      },
    ]
  })
}

/** Ids have more digits than numbers keep. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json.replaceAll(/"(ID|member_id)": ?(\d+)/g, '"$1":"$2"'))
  } catch {
    return undefined
  }
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textsOf(value: unknown): readonly string[] {
  return itemsOf(value).filter((one) => typeof one === 'string')
}
