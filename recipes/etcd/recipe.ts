import {
  archive,
  defineRecipe,
  directory,
  etcdMember,
  execLine,
  file,
  group,
  link,
  renderEnvFile,
  unit,
  user,
} from 'converge'
import { attributesOf, type Context, ownName } from './attributes.ts'
import { connection, healthCheck } from './connection.ts'
import { discovery } from './discovery.ts'
import { bootstrapVariables, memberVariables, variableLines } from './environment.ts'
import { binDir, dataPath, hasEtcdutl, isOld, membersOf, peerUrl, releasePath, tokenOf } from './layout.ts'
import { checkMode, checkPorts, checkTimes } from './mistakes.ts'
import { objects } from './objects.ts'
import { tlsFiles } from './tls.ts'

/** A member of an etcd cluster that is made of all hosts with this recipe, or with the same instance of it. */
export default defineRecipe({
  name: ownName,
  attributes: attributesOf,
  offers: {
    ports: ({ attributes, instance }) => [
      { port: attributes.clientPort, from: `recipe:${instance}` },
      ...(attributes.mode === 'member' ? [{ port: attributes.peerPort, from: `recipe:${instance}` }] : []),
    ],
  },
  resources(ctx) {
    const { attributes, instance } = ctx
    const { dataDir, user: owner, variablesIn } = attributes
    checkTimes(ctx)
    checkMode(ctx)

    const account = [
      group({ name: owner, system: true }),
      user({ name: owner, group: owner, system: true, home: dataDir, shell: '/usr/sbin/nologin' }),
    ]
    const data = directory({ path: dataDir, mode: '0700', owner, group: owner })
    const binaries = instance === ownName ? [] : [directory({ path: binDir(ctx) })]
    const release = archive({
      url: archiveUrl(ctx),
      sha256: attributes.sha256,
      path: releasePath(instance, attributes.version),
      binaries: ['etcd', 'etcdctl'],
      binDir: binDir(ctx),
    })
    // Beside the archive, whose change restarts etcd.
    const tools = hasEtcdutl(ctx)
      ? [
          link({
            path: `${binDir(ctx)}/etcdutl`,
            target: `${releasePath(instance, attributes.version)}/etcdutl`,
          }),
        ]
      : []
    const configuration = directory({ path: `/etc/${instance}` })
    const environment = file({
      path: `${configuration.name}/etcd.env`,
      content: renderEnvFile(memberVariables(ctx)),
    })
    // etcd ignores these once it has data. They are then removed, so that they neither mislead nor cause a restart.
    const first = {
      path: `${configuration.name}/bootstrap.env`,
      content: renderEnvFile(bootstrapVariables(ctx)),
    }
    const bootstrap =
      attributes.mode === 'member' ? member(ctx, first) : file({ ...first, until: dataPath(ctx) })
    const certificates = tlsFiles(ctx)
    const files = variablesIn === 'unit' ? [] : [configuration, ...certificates.all, environment, bootstrap]
    const service = unit({
      name: `${instance}.service`,
      content: serviceUnit(
        ctx,
        variablesIn === 'unit'
          ? { Environment: variableLines(ctx) }
          : { EnvironmentFile: [environment.name, `-${first.path}`] },
      ),
      enabled: true,
      started: true,
      after: [...account, data, ...files],
      // Exactly what the running process has read; a change of the unit itself restarts it anyway.
      restartOn: [release, ...certificates.readOnce, ...files.filter((one) => one === environment)],
      ...(attributes.mode === 'member' && {
        disruption: {
          group: instance,
          maxUnavailable: 'quorum',
          healthy: healthCheck(ctx),
          healthyTimeoutSeconds: 60,
          data: dataPath(ctx),
        },
      }),
    })
    checkPorts(ctx)
    return [...account, data, ...binaries, release, ...tools, ...files, service, ...objects(ctx, service)]
  },
})

function member(ctx: Context, first: { readonly path: string; readonly content: string }) {
  const { attributes, host, instance, platform } = ctx
  const { dataDir, version } = attributes
  const memberOf = ({ name, address }: Pick<typeof host, 'name' | 'address'>) => ({
    name,
    peerUrl: peerUrl(ctx, address),
  })
  return etcdMember({
    group: instance,
    unit: `${instance}.service`,
    version,
    ...connection(ctx),
    release: releasePath(instance, '{version}'),
    hasCertificates: attributes.tls !== 'none',
    self: memberOf(host),
    members: membersOf(ctx).map(memberOf),
    until: dataPath(ctx),
    data: `${dataDir}/member`,
    file: first.path,
    content: first.content,
    snapshots: `${platform.stateDir}/${instance}-snapshots`,
    ...discovery(ctx),
    restorer: `${releasePath(instance, version)}/${hasEtcdutl(ctx) ? 'etcdutl' : 'etcdctl'}`,
    token: tokenOf(ctx),
  })
}

function archiveUrl({ attributes, platform, host, fail }: Context): string {
  const { url, version } = attributes
  if (url.includes('{arch}') && platform.arch === undefined) {
    fail(
      `the architecture of ${host.name} is not declared, and the archive depends on it`,
      'add `platform: { arch: amd64 }` (or arm64, ...) to the cluster, the role or the host',
    )
  }
  return url.replaceAll('{version}', version).replaceAll('{arch}', platform.arch ?? '')
}

function serviceUnit(ctx: Context, variables: Record<string, readonly string[]>) {
  return {
    Unit: {
      Description: 'etcd key-value store',
      Documentation: 'https://etcd.io/docs/',
      Wants: 'network-online.target',
      After: 'network-online.target',
    },
    Service: {
      Type: isOld(ctx.attributes.version) || ctx.attributes.mode === 'proxy' ? 'simple' : 'notify',
      User: ctx.attributes.user,
      ...variables,
      ExecStart: execLine([`${binDir(ctx)}/etcd`]),
      Restart: 'on-failure',
      RestartSec: 5,
      // A first start waits for the other members.
      TimeoutStartSec: 120,
      LimitNOFILE: 65536,
    },
    Install: { WantedBy: 'multi-user.target' },
  }
}
