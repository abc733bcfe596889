import { formatPath, type Path } from '../model/path.ts'
import { keyTypeOf, publicKeyTypes, readPublicKey } from '../model/public-key.ts'
import type { FormatMistake } from './format-error.ts'

/** The options of sshd(8), in lower case; sshd ignores a line with another one. */
const flags = [
  ...['cert-authority', 'restrict', 'verify-required', 'no-touch-required'],
  ...['agent-forwarding', 'port-forwarding', 'pty', 'user-rc', 'x11-forwarding'].flatMap((flag) => [
    flag,
    `no-${flag}`,
  ]),
]
const valued = [
  ...['command', 'environment', 'expiry-time', 'from'],
  ...['permitlisten', 'permitopen', 'principals', 'tunnel'],
]

/** A line of authorized_keys: options without blanks outside of quotes, the type, the key in base64, a comment. */
const lineOf = (types: string) =>
  new RegExp(String.raw`^(?:((?:[^\s"]|"(?:[^"\\]|\\.)*")+)[ \t]+)?(${types})[ \t]+(\S+)(?:[ \t].*)?$`)
const knownLine = lineOf(publicKeyTypes.join('|').replaceAll('.', '\\.'))
const otherLine = /^()([a-z][\w@.-]*)[ \t]+(\S+)(?:[ \t].*)?$/
const optionPattern = /^([\w-]+)(?:=("(?:[^"\\]|\\.)*"))?(?:,|$)/

const wholeLine = 'copy the whole line of the .pub file'
const example = 'write it as in a .pub file, such as ssh-ed25519 AAAA... name'

interface Found {
  readonly what: string
  readonly hint: string
}

/** What sshd would ignore in a list of authorized keys, and keys that are in it twice, each at its index. */
export function checkAuthorizedKeys(
  lines: readonly string[],
  pathOf: (index: number) => Path = (index) => ['authorizedKeys', index],
): readonly FormatMistake[] {
  const keys = lines.map((line) => keyIn(line)?.base64)
  return lines.flatMap((line, index) => {
    const first = keys.indexOf(keys[index])
    const found =
      mistakeIn(line) ??
      (first === index
        ? undefined
        : { what: `is the same key as ${formatPath(pathOf(first))}`, hint: 'remove one of them' })
    if (found === undefined) return []
    const path = pathOf(index)
    const message = `${formatPath(path)} ${found.what}`
    return [{ code: 'invalid-value', message, hint: found.hint, path }]
  })
}

function keyIn(line: string) {
  const [, options = '', type = '', base64] = knownLine.exec(line) ?? otherLine.exec(line) ?? []
  return base64 === undefined ? undefined : { options, type, base64 }
}

function mistakeIn(line: string): Found | undefined {
  if (line.includes('PRIVATE KEY'))
    return { what: 'is a private key', hint: 'use its .pub file, and replace the key, which is known now' }
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) {
    const hint = 'write one key per element, and a block of YAML with |- or >-'
    return { what: 'has a line break or another control character', hint }
  }
  const key = keyIn(line)
  if (key === undefined) return { what: 'is not a public key', hint: example }
  return optionMistake(key.options) ?? keyMistake(key.type, key.base64)
}

function optionMistake(options: string): Found | undefined {
  for (let left = options; left !== ''; ) {
    const [all = '', name = '', value] = optionPattern.exec(left) ?? []
    const low = name.toLowerCase()
    if (valued.includes(low) && value === undefined)
      return { what: `has no value for the option ${name}`, hint: `write ${name}="..."` }
    if (!valued.includes(low) && !(flags.includes(low) && value === undefined)) {
      const [shown] = left.split(',')
      return { what: `has an option that sshd does not know: ${shown}`, hint: 'sshd(8) lists them' }
    }
    left = left.slice(all.length)
  }
  return undefined
}

function keyMistake(type: string, base64: string): Found | undefined {
  if (!publicKeyTypes.includes(type)) {
    const hint = `use one of ${publicKeyTypes.join(', ')}`
    return { what: `has the type ${type}, which sshd does not accept`, hint }
  }
  if (readPublicKey(type, base64) !== undefined) return undefined
  const inside = keyTypeOf(Buffer.from(base64, 'base64'))
  return publicKeyTypes.includes(inside) && inside !== type
    ? { what: `says ${type}, but its base64 is a key of the type ${inside}`, hint: wholeLine }
    : { what: `is not a whole key of the type ${type}, or one that sshd does not accept`, hint: wholeLine }
}
