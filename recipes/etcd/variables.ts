/** Names of flags by the minor versions that have them, as `etcd --NAME` of 3.4.23, 3.5.35, 3.6.16 and 3.7.3 accepts or refuses them. */
export const flags: readonly (readonly [since: number, last: number, names: string])[] = [
  [
    4,
    7,
    `advertise-client-urls auth-token auth-token-ttl auto-compaction-mode auto-compaction-retention auto-tls
    backend-batch-interval backend-batch-limit bcrypt-cost cert-file cipher-suites client-cert-allowed-hostname
    client-cert-auth client-crl-file cors data-dir discovery-fallback discovery-srv discovery-srv-name election-timeout
    enable-grpc-gateway enable-pprof force-new-cluster grpc-keepalive-interval grpc-keepalive-min-time
    grpc-keepalive-timeout heartbeat-interval host-whitelist initial-advertise-peer-urls initial-cluster
    initial-cluster-state initial-cluster-token initial-election-tick-advance key-file listen-client-urls
    listen-metrics-urls listen-peer-urls log-level log-outputs logger max-concurrent-streams max-request-bytes
    max-snapshots max-txn-ops max-wals metrics name peer-auto-tls peer-cert-allowed-cn peer-cert-allowed-hostname
    peer-cert-file peer-client-cert-auth peer-crl-file peer-key-file peer-trusted-ca-file pre-vote quota-backend-bytes
    snapshot-count strict-reconfig-check trusted-ca-file unsafe-no-fsync wal-dir`,
  ],
  [
    5,
    7,
    `backend-bbolt-freelist-type client-cert-file client-key-file enable-log-rotation listen-client-http-urls
    log-rotation-config-json peer-client-cert-file peer-client-key-file raft-read-timeout raft-write-timeout
    self-signed-cert-validity socket-reuse-address socket-reuse-port tls-max-version tls-min-version v2-deprecation`,
  ],
  [
    6,
    7,
    `bootstrap-defrag-threshold-megabytes compact-hash-check-time compaction-batch-limit compaction-sleep-interval
    corrupt-check-time discovery-cacert discovery-cert discovery-dial-timeout discovery-endpoints
    discovery-insecure-skip-tls-verify discovery-insecure-transport discovery-keepalive-time discovery-keepalive-timeout
    discovery-key discovery-password discovery-request-timeout discovery-token discovery-user
    distributed-tracing-address distributed-tracing-instance-id distributed-tracing-sampling-rate
    distributed-tracing-service-name downgrade-check-time enable-distributed-tracing feature-gates log-format
    max-learners memory-mlock peer-skip-client-san-verification snapshot-catchup-entries warning-apply-duration
    warning-unary-request-duration watch-progress-notify-interval`,
  ],
  [4, 4, 'debug experimental-backend-bbolt-freelist-type log-package-levels'],
  [
    4,
    6,
    `discovery discovery-proxy experimental-compaction-batch-limit experimental-corrupt-check-time
    experimental-enable-lease-checkpoint experimental-enable-lease-checkpoint-persist experimental-initial-corrupt-check
    experimental-peer-skip-client-san-verification experimental-warning-apply-duration
    experimental-watch-progress-notify-interval`,
  ],
  [
    4,
    5,
    `enable-v2 experimental-enable-v2v3 proxy proxy-dial-timeout proxy-failure-wait proxy-read-timeout
    proxy-refresh-interval proxy-write-timeout`,
  ],
  [
    5,
    6,
    `experimental-bootstrap-defrag-threshold-megabytes experimental-compact-hash-check-enabled
    experimental-compact-hash-check-time experimental-compaction-sleep-interval experimental-distributed-tracing-address
    experimental-distributed-tracing-instance-id experimental-distributed-tracing-sampling-rate
    experimental-distributed-tracing-service-name experimental-downgrade-check-time
    experimental-enable-distributed-tracing experimental-memory-mlock experimental-snapshot-catchup-entries
    experimental-stop-grpc-service-on-defrag experimental-txn-mode-write-with-shared-buffer`,
  ],
]

/** Not of a flag (etcd's own documentation of its configuration). */
const others = ['ETCD_UNSUPPORTED_ARCH', 'ETCD_VERIFY']

const prefix = 'ETCD_'

/** What etcd would only warn of: why it does not know a variable. Of versions that are not in the table nothing is said. */
export function unknownVariable(
  name: string,
  version: string,
): { readonly why: string; readonly hint: string } | undefined {
  const [major, minor = 0] = version.split('.').map(Number)
  if (major !== 3 || minor < 4 || minor > 7 || others.includes(name)) return undefined
  const flag = flagOf(name)
  const ranges = rangesOf(flag)
  if (ranges.some(([since, last]) => since <= minor && minor <= last)) return undefined
  const plain = flag.replace(/^experimental-/, '')
  const knows = (one: string): boolean =>
    rangesOf(one).some(([since, last]) => since <= minor && minor <= last)
  const other = [plain, `experimental-${flag}`].find(knows)
  const why = `etcd ${version} does not know ${name}, and would ignore it`
  if (other !== undefined) return { why, hint: `it is called ${variableOf(other)} there` }
  const [range] = ranges
  if (range === undefined)
    return { why, hint: 'etcd 3.4 to 3.7 have no such variable: remove it, or correct its name' }
  const [since, last] = range
  return {
    why,
    hint: `remove it: only etcd ${since === last ? `3.${since}` : `3.${since} to 3.${last}`} has it`,
  }
}

function rangesOf(flag: string): typeof flags {
  return flags.filter(([, , names]) => names.split(/\s+/).includes(flag))
}

function flagOf(name: string): string {
  return name.slice(prefix.length).toLowerCase().replaceAll('_', '-')
}

function variableOf(flag: string): string {
  return `${prefix}${flag.toUpperCase().replaceAll('-', '_')}`
}
