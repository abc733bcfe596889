/** The files of a new project by path, except the schema. The project works without any change. */
export const starterFiles: Readonly<Record<string, string>> = {
  'cluster.yaml': `# yaml-language-server: $schema=./cluster.schema.json
#
# The desired state of your hosts.
#   converge validate     checks this file
#   converge --dry-run    shows what would change
#   converge              shows it, asks, and applies it
cluster: starter

# Your own recipes, in addition to the built-in ones.
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
    # Directories on this machine, to try things out. For a real host, replace these two lines with its address:
    #   address: 192.0.2.{{add index 10}}
    transport: directory
    directory: hosts/{{host.name}}
`,
  'recipes/hello/recipe.ts': `import { defineRecipe, file, Type } from 'converge'

/** Greets users at login. */
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

\`cluster.yaml\` declares the desired state of the hosts; \`recipes/\` holds what they have in common, as code.

    converge validate      # check the spec
    converge --dry-run     # show what would change
    converge               # show it, ask, apply it

The two hosts are directories below \`hosts/\`, so you can try everything without a server. Change the greeting in
\`cluster.yaml\` and look at the dry run; then give the hosts real addresses.

\`cluster.schema.json\` lets editors complete and check \`cluster.yaml\` and files that it includes. Write it again after
changing a recipe's attributes: \`converge schema -f cluster.yaml > cluster.schema.json\`.

\`node_modules/converge\` is a link to the installed converge, where editors find the types for recipes. It is not in
git; in a fresh clone \`converge init --types\` makes it.
`,
  'tsconfig.json': `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "types": []
  },
  "include": ["recipes"]
}
`,
  '.gitignore': 'hosts/\nnode_modules/\n',
}

/** Where editors look for the types of `converge`. */
export const starterTypes = 'node_modules/converge'

/** The root trees of the starter's hosts. */
export const starterRoots: readonly string[] = ['hosts/web0', 'hosts/web1']
