const label = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'

/** A DNS name, also with `*.` before it, or something with colons, which `canonicalName` tells from an IPv6 address. */
const certificateNamePattern = `^((\\*\\.)?${label}(\\.${label})*|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$`

/** Whether a name of a certificate is an address; undefined if it is neither that nor a name. */
export function typeOfName(name: string): 'dns' | 'ip' | undefined {
  if (name.includes(':')) return URL.canParse(`http://[${name}]`) ? 'ip' : undefined
  if (!/^[\d.]+$/.test(name)) return new RegExp(certificateNamePattern).test(name) ? 'dns' : undefined
  const parts = name.split('.')
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return isAddress ? 'ip' : undefined
}

/** The one spelling of a name or address. */
export function canonicalName(name: string): string {
  if (!name.includes(':')) return name.toLowerCase()
  return URL.canParse(`http://[${name}]`) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
}
