/** Where something is in the spec: keys and list indexes from the root. */
export type Path = readonly (string | number)[]

/** `hosts.infra0.roles[1]`; keys that would be misread are quoted: `hosts["infra[0-1]"].address`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    if (!/^[^\s.[\]"]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

/** The path of ajv's JSON pointer; indexes stay text. */
export function parsePointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
