/** The files of a new project by path, the schema aside. Everything in them works as it stands. */
export const starterFiles: Readonly<Record<string, string>> = {
  'cluster.yaml': `# yaml-language-server: $schema=./cluster.schema.json
#
# What should be true of your hosts.
#   converge validate     checks this file
#   converge --dry-run    shows what would change
#   converge              shows it, asks, and does it
cluster: starter

# Recipes of your own, beside those that come with converge.
recipes:
  hello: ./recipes/hello/recipe.ts

# Values for recipes. Layers, weakest first: recipe default, cluster, environment, roles, host, --set.
attributes:
  hello: { greeting: Welcome }

roles:
  web:
    recipes: [hello]
    resources:
      - directory: { path: /srv/www, mode: "0755" }
      - file:
          path: /srv/www/index.html
          content: |
            <h1>{{host.name}}</h1>

hosts:
  "web[0-1]": # a range: web0 and web1
    roles: [web]
    # Directories on this machine, to try things out. For a real host, put its address in place of these two lines:
    #   address: 192.0.2.{{add index 10}}
    transport: directory
    directory: hosts/{{host.name}}
`,
  'recipes/hello/recipe.ts': `import { defineRecipe, file, Type } from 'converge'

/** Greets whoever logs in. */
export default defineRecipe({
  name: 'hello',
  attributes: Type.Object({
    greeting: Type.String({ description: 'The first word of the greeting.', default: 'Hello' }),
  }),
  resources(ctx) {
    const { greeting } = ctx.attributes
    return [file({ path: '/etc/motd', content: \`\${greeting} to \${ctx.host.name}.\\n\` })]
  },
})
`,
  'README.md': `# Hosts, declared

\`cluster.yaml\` says what should be true of the hosts; \`recipes/\` holds what they have in common as code.

    converge validate      # is it right?
    converge --dry-run     # what would change?
    converge               # show it, ask, do it

The two hosts are directories below \`hosts/\`, so that everything can be tried without a server. Change the greeting in
\`cluster.yaml\` and look at the dry run; then give the hosts real addresses.

\`cluster.schema.json\` lets editors complete and check \`cluster.yaml\`. After a change of a recipe's attributes, write it
anew: \`converge schema -f cluster.yaml > cluster.schema.json\`.
`,
  '.gitignore': 'hosts/\n',
}

/** The root trees of the starter's hosts. */
export const starterRoots: readonly string[] = ['hosts/web0', 'hosts/web1']
