import { authority, certificate, directory, file, renderEnvFile, type Secret } from 'converge'
import type { Context } from './attributes.ts'
import { clientVariablesPath, hostOf } from './layout.ts'

const etcdctlVariables = { ETCDCTL_CACERT: 'ca.crt', ETCDCTL_CERT: 'server.crt', ETCDCTL_KEY: 'server.key' }

/** Certificates of the member and of its authorities. etcd reads those of authorities at its start, the others at each connection. */
export function tlsFiles(ctx: Context) {
  const { attributes, host, instance } = ctx
  const { authority: clients, peerAuthority: peers, user: owner, tls } = attributes
  if (tls === 'none') return { all: [], readOnce: [] }
  const names = [host.address, '127.0.0.1', ...(attributes.advertiseClientUrls ?? []).map(hostOf)]
  const server = ctx.secret(`${instance}/server/${host.name}`, certificate({ authority: clients, names }))
  const peer = ctx.secret(
    `${instance}/peer/${host.name}`,
    certificate({ authority: peers, names: [host.address] }),
  )
  const folder = directory({ path: tlsPath(ctx) })
  const inFolder = (name: string, content: string | Secret) =>
    file({
      path: `${folder.name}/${name}`,
      content,
      owner,
      group: owner,
      mode: name.endsWith('.key') ? '0600' : '0644',
    })
  const authorities = [
    inFolder('ca.crt', ctx.secret(clients, authority()).certificate),
    inFolder('peer-ca.crt', ctx.secret(peers, authority()).certificate),
  ]
  const own = [
    inFolder('server.crt', server.certificate),
    inFolder('server.key', server),
    inFolder('peer.crt', peer.certificate),
    inFolder('peer.key', peer),
  ]
  const client = file({
    path: clientVariablesPath(ctx),
    content: renderEnvFile(
      Object.fromEntries(
        Object.entries(etcdctlVariables).map(([name, path]) => [name, `${folder.name}/${path}`]),
      ),
    ),
  })
  return { all: [folder, ...authorities, ...own, client], readOnce: authorities }
}

function tlsPath({ instance }: Context): string {
  return `/etc/${instance}/tls`
}

export function tlsVariables(ctx: Context): Record<string, string | boolean> {
  const { tls, clientCertAuth } = ctx.attributes
  const folder = tlsPath(ctx)
  if (tls === 'none') return {}
  return {
    ETCD_CERT_FILE: `${folder}/server.crt`,
    ETCD_KEY_FILE: `${folder}/server.key`,
    ...(clientCertAuth && { ETCD_CLIENT_CERT_AUTH: true, ETCD_TRUSTED_CA_FILE: `${folder}/ca.crt` }),
    ETCD_PEER_CERT_FILE: `${folder}/peer.crt`,
    ETCD_PEER_KEY_FILE: `${folder}/peer.key`,
    ETCD_PEER_CLIENT_CERT_AUTH: true,
    ETCD_PEER_TRUSTED_CA_FILE: `${folder}/peer-ca.crt`,
  }
}
