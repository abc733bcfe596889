import type { Context } from './attributes.ts'
import {
  binDir,
  clientSchemes,
  clientUrls,
  clientVariablesPath,
  followsSpec,
  membersOf,
  urlOf,
} from './layout.ts'

/** How a host reaches its own member. */
export function connection(ctx: Context) {
  return {
    etcdctl: `${binDir(ctx)}/etcdctl`,
    connect: followsSpec(ctx) ? connect(ctx) : 'false',
    clientUrls: clientUrls(ctx),
    clientVariables: clientVariablesPath(ctx),
  }
}

/** Shell that sets `own` to etcdctl with the URL at which the member of this host answers, and `status` to what it says. */
function connect(ctx: Context): string {
  const variables = clientVariablesPath(ctx)
  return [
    `export ETCDCTL_API=3; if [ -f ${variables} ]; then set -a; . ${variables}; set +a; fi`,
    `for url in ${clientUrls(ctx).join(' ')}; do own="${binDir(ctx)}/etcdctl --endpoints=$url --dial-timeout=2s --command-timeout=4s"`,
    // Also a learner, and one without a quorum, has a status.
    'if status=$($own endpoint status -w json 2>/dev/null); then break; fi; status=; done; [ -n "$status" ]',
  ].join('; ')
}

/**
 * Healthy is who answers, is in the list of members, and is in the cluster of most members that
 * answer: not who began a cluster alone.
 */
export function healthCheck(ctx: Context): string {
  const { host, attributes } = ctx
  if (Number.parseInt(attributes.version, 10) < 3) return healthCheckOf2(ctx)
  const others = membersOf(ctx).filter(({ name }) => name !== host.name)
  const schemes = clientSchemes[attributes.tls]
  const all = others
    .flatMap(({ address }) => schemes.map((scheme) => urlOf(address, attributes.clientPort, scheme)))
    .join(',')
  // Members that are down must not use up the time that a check has.
  const status = `${binDir(ctx)}/etcdctl --endpoints=${all} --dial-timeout=1s --command-timeout=1s endpoint status -w json 2>/dev/null`
  // A learner answers nothing else than its status.
  const learner = `echo "$status" | grep -qE '"isLearner": ?true'`
  return [
    connect(ctx),
    'id=$(echo "$status" | sed -n \'s/.*"member_id": *\\([0-9]*\\).*/\\1/p\')',
    `{ ${learner} || { $own endpoint health && $own member list -w json | grep -qE "\\"ID\\": ?$id[,}]"; }; }`,
    `ids=$({ echo "$status"; ${all === '' ? ':' : status}; } | grep -o '"cluster_id":[0-9]*')`,
    'own=$(echo "$ids" | grep -cx "$(echo "$ids" | head -n 1)")',
    '[ $((2 * own)) -gt "$(echo "$ids" | wc -l)" ]',
  ].join(' && ')
}

/** etcdctl of etcd 2 asks over the v2 API, and asks other members if it may. */
function healthCheckOf2(ctx: Context): string {
  const url = urlOf(ctx.host.address, ctx.attributes.clientPort, 'http')
  const etcdctl = `${binDir(ctx)}/etcdctl --no-sync -C ${url}`
  return `${etcdctl} ls / >/dev/null && ${etcdctl} member list | grep -qF 'name=${ctx.host.name} '`
}
