/** Where a mount or automount unit mounts, which its name says (systemd.mount(5)); undefined for other units. */
export function mountPointOf(unit: string): string | undefined {
  const escaped = /^(.*)\.(?:auto)?mount$/.exec(unit)?.[1]
  if (escaped === undefined) return undefined
  if (escaped === '-') return '/'
  const bytes = escaped
    .replaceAll('-', '/')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return `/${Buffer.from(bytes, 'latin1').toString()}`
}

/** The name of the unit that mounts on a path, without its type; as `systemd-escape --path` has it. */
export function mountNameOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  const escaped = parts.map(escapePart).join('-')
  return escaped === '' ? '-' : escaped.replace(/^\./, '\\x2e')
}

function escapePart(part: string): string {
  return [...Buffer.from(part)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) =>
      /[A-Za-z0-9:_.]/.test(char) ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .join('')
}

/** A path that a unit file's text says in one directive; undefined if it says nothing, or something that only systemd knows. */
export function pathIn(text: string, directive: string): string | undefined {
  const value = lastValueOf(text, directive)
  return value?.startsWith('/') && !value.includes('%') ? value : undefined
}

/** What the text says of a directive, the last time. */
function lastValueOf(text: string, directive: string): string | undefined {
  const lines = [...text.matchAll(new RegExp(`^[ \\t]*${directive}[ \\t]*=[ \\t]*(.*?)[ \\t]*$`, 'gm'))]
  return lines.at(-1)?.[1]
}

/**
 * What a changed file asks of a mount that is there: systemd mounts it again with its new options at a reload, and only what is
 * mounted otherwise has to be unmounted first.
 */
export function mountChange(before: string | undefined, after: string): 'reload' | 'restart' {
  if (before === undefined) return 'restart'
  const isSame = ['What', 'Where', 'Type'].every(
    (directive) => lastValueOf(before, directive) === lastValueOf(after, directive),
  )
  return isSame ? 'reload' : 'restart'
}
