/** Host names with ranges as in the spec: `infra[0-2,5], db1, core-[01-05]`. Only the end of the first label counts. */
export function compactHosts(hosts: readonly string[]): string {
  const families = new Map<string, Numbered[]>()
  const parts: (string | Numbered[])[] = []
  for (const host of hosts) {
    const numbered = parseNumbered(host)
    if (numbered === undefined) {
      parts.push(host)
      continue
    }
    const key = JSON.stringify([numbered.prefix, numbered.suffix])
    const family = families.get(key)
    if (family !== undefined) family.push(numbered)
    else {
      const begun = [numbered]
      families.set(key, begun)
      parts.push(begun)
    }
  }
  return parts.map((part) => (typeof part === 'string' ? part : writeFamily(part))).join(', ')
}

interface Numbered {
  readonly prefix: string
  readonly digits: string
  readonly suffix: string
}

function parseNumbered(host: string): Numbered | undefined {
  const dot = host.indexOf('.')
  const label = dot === -1 ? host : host.slice(0, dot)
  const digits = /\d{1,9}$/.exec(label)?.[0]
  if (digits === undefined) return undefined
  return { prefix: label.slice(0, -digits.length), digits, suffix: dot === -1 ? '' : host.slice(dot) }
}

function writeFamily(family: readonly Numbered[]): string {
  const [one] = family
  if (one === undefined) return ''
  if (family.length === 1) return `${one.prefix}${one.digits}${one.suffix}`
  const runs: { readonly first: string; last: string }[] = []
  for (const { digits } of family.toSorted((a, b) => Number(a.digits) - Number(b.digits))) {
    const run = runs.at(-1)
    if (run !== undefined && successor(run.last) === digits) run.last = digits
    else runs.push({ first: digits, last: digits })
  }
  const inner = runs.map(({ first, last }) => (first === last ? first : `${first}-${last}`))
  return `${one.prefix}[${inner.join(',')}]${one.suffix}`
}

/** The next number with the same padding: `09` -> `10`, `9` -> `10`. */
function successor(digits: string): string {
  return String(Number(digits) + 1).padStart(digits.length, '0')
}
