import { defineRecipe, directory, environmentLine, file, pkg, Type, unit } from 'converge'

/** containerd for Kubernetes: the CRI plugin on, cgroups by systemd, registries by hosts.toml. */
export default defineRecipe({
  name: 'containerd',
  attributes: Type.Object({
    package: Type.String({
      description: "the name of a package, such as containerd.io of Docker's own repository",
      default: 'containerd',
    }),
    version: Type.Optional(
      Type.String({ description: 'the whole version of the package; any version by default' }),
    ),
    configVersion: Type.Enum([2, 3], {
      description: '2 or 3; the version of config.toml: 3 from containerd 2.0 on',
      default: 2,
    }),
    sandboxImage: Type.Optional(
      Type.String({ description: 'an image with its tag; the pause container of each pod' }),
    ),
    systemdCgroup: Type.Boolean({
      description: 'true or false; whether systemd manages the cgroups of containers, as kubelet expects',
      default: true,
    }),
    mirrors: Type.Record(
      Type.String(),
      Type.Array(Type.String({ pattern: '^https?://', description: 'a URL' })),
      {
        description: 'a map from registries, such as docker.io, to lists of URLs of mirrors',
        default: {},
      },
    ),
    httpProxy: Type.Optional(
      Type.String({
        description: 'the URL of a proxy, such as http://proxy.example.com:8080',
        pattern: '^https?://',
      }),
    ),
    noProxy: Type.Array(
      Type.String({ pattern: '^[^,\\s]+$', description: 'a name, an address or a domain' }),
      {
        description:
          'a list of hosts and domains that are reached without the proxy; the hosts of the cluster are added',
        default: [],
      },
    ),
  }),
  resources(ctx) {
    const { attributes } = ctx
    const { version, httpProxy, mirrors } = attributes
    const packages = [pkg({ name: attributes.package, ...(version !== undefined && { version }) })]
    const folder = directory({ path: '/etc/containerd' })
    const settings = file({
      path: '/etc/containerd/config.toml',
      content: ctx.template('config.toml', {
        isThree: attributes.configVersion === 3,
        systemdCgroup: attributes.systemdCgroup,
        sandboxImage: attributes.sandboxImage ?? '',
      }),
      validate: 'containerd --config {} config dump >/dev/null',
      after: packages,
    })
    const certs = directory({ path: '/etc/containerd/certs.d' })
    const registries = Object.entries(mirrors).flatMap(([registry, urls]) => [
      directory({ path: `${certs.name}/${registry}` }),
      // Read at each pull: no restart.
      file({
        path: `${certs.name}/${registry}/hosts.toml`,
        content: urls
          .map((url) => `[host.${JSON.stringify(url)}]\n  capabilities = ["pull", "resolve"]\n`)
          .join('\n'),
      }),
    ])
    const own = ctx.hosts().flatMap(({ name, address }) => [name, address])
    const direct = [...new Set(['localhost', '127.0.0.1', ...own, ...attributes.noProxy])].join(',')
    const service = unit({
      name: 'containerd.service',
      ...(httpProxy !== undefined && {
        dropIns: {
          '10-proxy': {
            Service: {
              Environment: environmentLine({
                HTTP_PROXY: httpProxy,
                HTTPS_PROXY: httpProxy,
                NO_PROXY: direct,
              }),
            },
          },
        },
      }),
      enabled: true,
      started: true,
      after: packages,
      restartOn: [settings],
    })
    return [...packages, folder, settings, certs, ...registries, service]
  },
})
