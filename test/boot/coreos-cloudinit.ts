import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { parse } from 'yaml'

// What coreos-cloudinit (v1.13, packages `config` and `config/validate`) takes: text where it has a string, so that a bare
// `on` of YAML 1.1 is refused as etcd would refuse the `true` that it becomes; `-` and `_` in keys mean the same.
const closed = { additionalProperties: false }
const text = Type.Optional(Type.String())
const number = Type.Optional(Type.Integer())
const flag = Type.Optional(Type.Boolean())
const all = <Kind>(names: string, kind: Kind): Record<string, Kind> =>
  Object.fromEntries(names.split(' ').map((name) => [name, kind]))
const matching = (pattern: string) => Type.Optional(Type.String({ pattern }))

const etcd2 = Type.Object(
  {
    ...all(
      'advertise_client_urls ca_file cert_file cors data_dir discovery discovery_fallback discovery_srv discovery_proxy initial_advertise_peer_urls initial_cluster initial_cluster_state initial_cluster_token key_file listen_client_urls listen_peer_urls log_package_levels name peer_ca_file peer_cert_file peer_key_file peer_trusted_ca_file trusted_ca_file wal_dir',
      text,
    ),
    ...all(
      'election_timeout heartbeat_interval max_snapshots max_wals proxy_dial_timeout proxy_failure_wait proxy_read_timeout proxy_refresh_interval proxy_write_timeout snapshot_count',
      number,
    ),
    ...all(
      'client_cert_auth debug enable_pprof force_new_cluster peer_client_cert_auth strict_reconfig_check',
      flag,
    ),
    proxy: matching('^(on|off|readonly)$'),
  },
  closed,
)
const fleet = Type.Object(
  {
    ...all(
      'etcd_cafile etcd_certfile etcd_keyfile etcd_key_prefix etcd_servers etcd_username etcd_password metadata public_ip units_directory agent_ttl',
      text,
    ),
    ...all('engine_reconcile_interval etcd_request_timeout', Type.Optional(Type.Number())),
    ...all('token_limit verbosity', number),
    ...all('disable_engine disable_watches', flag),
  },
  closed,
)
const unit = Type.Object(
  {
    name: Type.String({
      pattern: '\\.(service|socket|timer|mount|automount|swap|path|slice|target|device|network|netdev|link)$',
    }),
    ...all('mask enable runtime', flag),
    content: text,
    command: matching('^(start|stop|restart|reload|try-restart|reload-or-restart|reload-or-try-restart)$'),
    drop_ins: Type.Optional(
      Type.Array(Type.Object({ name: Type.String({ pattern: '\\.conf$' }), content: Type.String() }, closed)),
    ),
  },
  closed,
)
const file = Type.Object(
  {
    path: Type.String({ pattern: '^/' }),
    content: text,
    owner: text,
    permissions: matching('^0?[0-7]{3,4}$'),
    encoding: matching('^(base64|b64|gz|gzip|gz\\+base64|gzip\\+base64|gz\\+b64|gzip\\+b64)$'),
  },
  closed,
)
const document = Type.Object(
  {
    hostname: text,
    manage_etc_hosts: matching('^localhost$'),
    ssh_authorized_keys: Type.Optional(Type.Array(Type.String())),
    users: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
    write_files: Type.Optional(Type.Array(file)),
    coreos: Type.Optional(
      Type.Object(
        {
          etcd2: Type.Optional(etcd2),
          fleet: Type.Optional(fleet),
          update: Type.Optional(
            Type.Object(
              {
                reboot_strategy: matching('^(best-effort|etcd-lock|reboot|off)$'),
                group: text,
                server: text,
              },
              closed,
            ),
          ),
          units: Type.Optional(Type.Array(unit)),
        },
        closed,
      ),
    ),
  },
  closed,
)

/** What coreos-cloudinit reads from a document, by the same steps: substitution in the text, YAML 1.1, keys. */
export function readCoreosConfig(source: string, addresses: Readonly<Record<string, string>> = {}): unknown {
  if (source.split('\n', 1)[0] !== '#cloud-config') throw new Error('the first line is not #cloud-config')
  const substituted = source.replaceAll(/(\\?)(\$(?:private|public)_ipv[46])/g, (_, backslash, name) =>
    backslash === '' ? (addresses[name.slice(1)] ?? '') : name,
  )
  const config = withUnderscores(parse(substituted, { version: '1.1', maxAliasCount: 0 }))
  if (!Check(document, config)) throw new Error('coreos-cloudinit does not take this')
  return config
}

function withUnderscores(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnderscores)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key.replaceAll('-', '_'), withUnderscores(one)]),
  )
}
