/** The files of a new recipe by path in its folder, except what its tests expect. */
export function recipeFiles(name: string): Readonly<Record<string, string>> {
  const spec = (attributes: string) => `cluster: ${name}-test
recipes:
  ${name}: ../../recipe.ts
attributes:
  ${name}: ${attributes}
hosts:
  "node[0-1]":
    address: "192.0.2.{{add index 10}}"
    recipes: [${name}]
`
  return {
    'recipe.ts': `import { defineRecipe, directory, file, Type } from 'converge'

const Port = (use: string, fallback: number) =>
  Type.Integer({
    description: \`a port from 1 to 65535; \${use}\`,
    minimum: 1,
    maximum: 65535,
    default: fallback,
  })

/** The configuration of ${name}. */
export default defineRecipe({
  name: '${name}',
  attributes: Type.Object({
    port: Port('${name} listens on it', 8080),
    adminPort: Port('for metrics and health checks', 8081),
  }),
  resources(ctx) {
    const { port, adminPort } = ctx.attributes
    if (port === adminPort)
      ctx.fail(\`\${ctx.instance}.port and adminPort are the same port \${port}\`, 'choose another one')
    const folder = directory({ path: \`/etc/\${ctx.instance}\` })
    const configuration = file({
      path: \`\${folder.name}/${name}.conf\`,
      content: ctx.template('${name}.conf', { host: ctx.host.name, port, adminPort }),
    })
    return [folder, configuration]
  },
})
`,
    [`templates/${name}.conf`]: `# ${name} on {{host}}
port = {{port}}
admin_port = {{adminPort}}
`,
    'README.md': `# ${name}

Say what it is for, and what it puts on a host.

    recipes: { ${name}: ./recipes/${name}/recipe.ts }

## Attributes

\`converge recipe docs ${name}\` writes the table.

<!-- recipe ${name} -->
<!-- /recipe ${name} -->

## Tests

\`converge recipe test ${name}\` renders \`test/*/cluster.yaml\` and compares. After a change that is right,
\`converge recipe test ${name} --update\` writes what is expected then; look at its diff before you commit it.
`,
    'test/two-hosts/cluster.yaml': spec('{ port: 9000 }'),
    'test/same-ports/cluster.yaml': spec('{ port: 8081 }'),
  }
}
