import { defineRecipe, nftables, pkg, type RecipeContext, type Static, Type } from 'converge'

const From = Type.String({
  description: 'any, a selector of hosts such as "role:web", or a network such as 192.0.2.0/24',
})

const Attributes = Type.Object({
  allow: Type.Array(
    Type.Object({
      port: Type.Integer({ description: 'a port from 1 to 65535', minimum: 1, maximum: 65535 }),
      protocol: Type.Enum(['tcp', 'udp'], { description: 'tcp or udp', default: 'tcp' }),
      from: From,
    }),
    { description: 'a list of ports that are open besides those of the recipes', default: [] },
  ),
  sshPort: Type.Integer({
    description: 'a port from 1 to 65535; it is open to everyone, so that converge never shuts itself out',
    minimum: 1,
    maximum: 65535,
    default: 22,
  }),
  ping: Type.Boolean({ description: 'true or false; whether the host answers to ping', default: true }),
  logDropped: Type.Boolean({
    description: 'true or false; whether packets that are dropped are logged, at most ten a second',
    default: false,
  }),
})

type Context = RecipeContext<Static<typeof Attributes>>

interface Opening {
  readonly port: number
  readonly protocol: string
  readonly from: string
}

/** Lets in what recipes say that they need, from whom they say, and nothing else. What Docker forwards is Docker's. */
export default defineRecipe({
  name: 'firewall',
  attributes: Attributes,
  resources(ctx) {
    return [
      pkg({ name: 'nftables' }),
      nftables({ name: 'converge', content: ctx.template('table.nft', { ...rulesOf(ctx), ...shown(ctx) }) }),
    ]
  },
})

function shown({ attributes: { sshPort, ping, logDropped } }: Context) {
  return { sshPort, ping, logDropped }
}

function rulesOf(ctx: Context): { readonly rules: readonly string[] } {
  const own = ctx.offered('ports').filter(({ host }) => host.name === ctx.host.name)
  const openings = [...own.map(({ recipe, value }) => openingOf(ctx, recipe, value)), ...ctx.attributes.allow]
  const rules = openings.flatMap((opening) => ruleOf(ctx, opening))
  return { rules: [...new Set(rules)] }
}

function openingOf({ fail }: Context, recipe: string, value: unknown): Opening {
  const { port, protocol = 'tcp', from = 'any' } = Object(value)
  const isPort = Number.isInteger(port) && port >= 1 && port <= 65535
  if (!isPort || !['tcp', 'udp'].includes(protocol) || typeof from !== 'string')
    fail(
      `the recipe ${recipe} offers to ports what is none: ${JSON.stringify(value)}`,
      "let it offer { port: 80, protocol: 'tcp', from: 'any' }",
    )
  return { port, protocol, from }
}

function ruleOf(ctx: Context, { port, protocol, from }: Opening): readonly string[] {
  const accept = `${protocol} dport ${port} accept`
  if (from === 'any') return [accept]
  const addresses = /^[0-9a-f.:]+(\/\d+)?$/i.test(from) ? [from] : addressesOf(ctx, from)
  return (['ip', 'ip6'] as const).flatMap((family) => {
    const of = addresses.filter((address) => address.includes(':') === (family === 'ip6'))
    return of.length === 0 ? [] : [`${family} saddr { ${of.join(', ')} } ${accept}`]
  })
}

function addressesOf(ctx: Context, selector: string): readonly string[] {
  const others = ctx.hosts(selector).filter(({ name }) => name !== ctx.host.name)
  const named = others.find(({ address }) => !/^[0-9.]+$|:/.test(address))
  if (named !== undefined)
    ctx.fail(
      `nftables knows no names, and the address of ${named.name} is ${named.address}`,
      'give the host its IP address as `address:`',
    )
  return others.map(({ address }) => address)
}
