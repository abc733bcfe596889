import type { EmbeddedHosts } from '../../embedded/hosts.ts'

/** The demo's cluster.yaml for its embedded hosts. */
export function demoSpec(embedded: EmbeddedHosts, greeting: string): string {
  const hosts = embedded.hosts.map(
    ({ name, address, port }) => `  ${name}:
    address: ${address}
    ssh: { port: ${port} }
    roles: [web]
`,
  )
  return `cluster: demo
ssh:
  user: root
  identityFile: ${JSON.stringify(embedded.identityFile)}
  knownHostsFile: ${JSON.stringify(embedded.knownHostsFile)}
attributes:
  app: { greeting: ${JSON.stringify(greeting)}, port: 8080 }

roles:
  web:
    resources:
      - group: { name: app, system: true }
      - user: { name: app, group: app, system: true, home: /srv/app, shell: /usr/sbin/nologin }
      - directory: { path: /srv/app, owner: app, group: app, mode: "0750" }
      - file:
          path: /etc/app.conf
          content: |
            greeting = {{attributes.app.greeting}}
            port = {{attributes.app.port}}
      - file:
          path: /etc/motd
          content: |
            {{host.name}} is managed by converge.
      - unit:
          name: app.service
          content:
            Unit: { Description: The demo's application }
            Service: { ExecStart: /usr/bin/sleep infinity, User: app }
            Install: { WantedBy: multi-user.target }
          enabled: true
          started: true
          restartOn: ["file[/etc/app.conf]"]

hosts:
${hosts.join('')}`
}
