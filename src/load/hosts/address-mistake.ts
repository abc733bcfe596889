import { foreignCharacter } from '../../validation/foreign-character.ts'

/** Words that are written for a shell or by a word processor, in a setting of which every character counts. */
export function writtenForOthers(text: string): string | undefined {
  const foreign = foreignCharacter(text, 'quote', 'dash', 'blank')
  if (foreign !== undefined) {
    return `it contains a ${foreign.name}${foreign.name.includes('quote') ? ': write "..." or \'...\'' : ''}`
  }
  if (/\$[A-Za-z_{]/.test(text))
    return 'environment variables are not expanded: write the value, or use an attribute and --set'
  return /<%|%>/.test(text)
    ? 'expressions are written in double braces, such as "{{host.name}}.example.com"'
    : undefined
}

/** What is wrong with an address, if anything. A name may be an alias of ssh_config, so little is refused. */
export function addressMistake(
  address: string,
): { readonly message: string; readonly hint: string } | undefined {
  if (isIpv4(address) || isIpv6(address)) return undefined
  const refused = (hint: string) => ({ message: `${address} is neither an IP address nor a name`, hint })
  const foreign = writtenForOthers(address)
  if (foreign !== undefined) return refused(foreign)
  const [, bracketed, bare = bracketed, port] = /^(?:\[(.+)\]|([^:\s@/]+)):(\d+)$/.exec(address) ?? []
  if (port !== undefined) return refused(`set the port separately: address: ${bare}, ssh: { port: ${port} }`)
  const [, user, rest, at] = /^(?:ssh:\/\/)?([^@/:\s]+)@([^@/:\s]+)(?::(\d+))?$/.exec(address) ?? []
  if (user !== undefined) {
    const settings = at === undefined ? `user: ${user}` : `user: ${user}, port: ${at}`
    return refused(`set the user separately: address: ${rest}, ssh: { ${settings} }`)
  }
  // A resolver would take it for octal digits, and reach another machine.
  if (/^[\d.]+$/.test(address) && /\b0\d/.test(address))
    return refused('write the numbers of an IPv4 address without zeros before them')
  if (/^[\d.]+$/.test(address)) return refused('an IPv4 address has four numbers from 0 to 255')
  // A name becomes part of a line in known_hosts, where `*` or `,` would speak of other hosts.
  if (!/^[\w][\w.-]*$/.test(address)) return refused('such as 192.0.2.10, 2001:db8::10 or web0.example.com')
  return undefined
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

/** Also with a zone, such as `fe80::1%eth0`. */
function isIpv6(text: string): boolean {
  const [, bare] = /^([\da-f:.]+)(?:%[\w.-]+)?$/i.exec(text) ?? []
  return bare?.includes(':') === true && URL.canParse(`http://[${bare}]`)
}
