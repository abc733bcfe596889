import { isSecret, join as joinTexts, renderMarked, Secret } from '../../model/secret.ts'
import { isList, isMap, type Value } from '../../model/value.ts'

/** A pure function that expressions may call; throws HelperError for wrong arguments. */
export interface Helper {
  readonly name: string
  /** How it is written, and its result. */
  readonly usage: string
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number]
  /** Its first argument may be an unknown path; it is then `undefined`. */
  readonly optional?: true
  /** Numbers among its arguments become text. */
  readonly makesText?: true
  call(args: readonly (Value | undefined)[]): Value
}

/** Why a helper failed, starting with its name: `pad: the width must be from 0 to 64`. */
export class HelperError extends Error {}

const many = Number.POSITIVE_INFINITY

const table: readonly Helper[] = [
  arithmetic('add', 'adds numbers', many, (one, other) => one + other),
  arithmetic('subtract', 'subtracts the second number from the first', 2, (one, other) => one - other),
  arithmetic('multiply', 'multiplies numbers', many, (one, other) => one * other),
  arithmetic('divide', 'divides and drops the remainder', 2, (one, other) => Math.trunc(one / other)),
  arithmetic('modulo', 'gives the remainder of a division', 2, (one, other) => one % other),
  {
    name: 'pad',
    usage: '{{pad number width}}: pads with zeros on the left',
    arity: [2, 2],
    call: (args) => {
      const digits = String(Math.abs(integer('pad', args, 0))).padStart(width(args), '0')
      return integer('pad', args, 0) < 0 ? `-${digits}` : digits
    },
  },
  {
    name: 'lower',
    usage: '{{lower text}}: in lower case',
    arity: [1, 1],
    makesText: true,
    call: (args) => text('lower', args, 0).toLowerCase(),
  },
  {
    name: 'upper',
    usage: '{{upper text}}: in upper case',
    arity: [1, 1],
    makesText: true,
    call: (args) => text('upper', args, 0).toUpperCase(),
  },
  {
    name: 'replace',
    usage: '{{replace text from to}}: replaces every occurrence, as plain text',
    arity: [3, 3],
    makesText: true,
    call: (args) =>
      text('replace', args, 0).replaceAll(text('replace', args, 1), () => text('replace', args, 2)),
  },
  {
    name: 'join',
    usage: '{{join list separator}}: joins the elements; the default separator is a comma',
    arity: [1, 2],
    makesText: true,
    call: (args) => {
      const [list, separator = ','] = args
      if (!isList(list)) throw mismatch('join', 0, 'a list', list)
      const texts = list.map((element, index) => {
        if (isSecret(element)) return element
        if (isText(element)) return String(element)
        throw new HelperError(`join: element ${index + 1} must be text, not ${describeValue(element)}`)
      })
      return joinTexts(texts, text('join', [list, separator], 1))
    },
  },
  {
    name: 'concat',
    usage: '{{concat text ...}}: joins texts and numbers',
    arity: [1, many],
    makesText: true,
    call: (args) =>
      Secret.concat(args.map((arg, index) => (isSecret(arg) ? arg : text('concat', args, index)))),
  },
  {
    name: 'default',
    usage: '{{default path fallback}}: the value at the path, or the fallback if there is none',
    arity: [2, 2],
    optional: true,
    call: ([value, fallback]) => value ?? fallback ?? null,
  },
  {
    name: 'eq',
    usage: '{{eq a b}}: whether both are the same',
    arity: [2, 2],
    call: ([one, other]) => isSame(one, other),
  },
  {
    name: 'not',
    usage: '{{not a}}: true for false, and the other way round',
    arity: [1, 1],
    call: (args) => !truth('not', args, 0),
  },
  {
    name: 'and',
    usage: '{{and a b ...}}: whether all are true',
    arity: [2, many],
    call: (args) => args.map((_, index) => truth('and', args, index)).every(Boolean),
  },
  {
    name: 'or',
    usage: '{{or a b ...}}: whether one is true',
    arity: [2, many],
    call: (args) => args.map((_, index) => truth('or', args, index)).some(Boolean),
  },
  {
    name: 'includes',
    usage: '{{includes list value}}: whether the list has the value, the map the key, or the text the piece',
    arity: [2, 2],
    call: (args) => {
      const [whole, part] = args
      if (isList(whole)) return whole.some((element) => isSame(element, part))
      if (isMap(whole)) return Object.hasOwn(whole, text('includes', args, 1))
      if (typeof whole === 'string') return whole.includes(text('includes', args, 1))
      throw mismatch('includes', 0, 'a list, a map or text', whole)
    },
  },
  {
    name: 'json',
    usage: '{{json value}}: as JSON on one line',
    arity: [1, 1],
    call: ([value]) => renderMarked(value ?? null, (plain) => JSON.stringify(plain), jsonEscaped),
  },
]

/** Every helper, by name. */
export const helpers: ReadonlyMap<string, Helper> = new Map(table.map((helper) => [helper.name, helper]))

/** Calls a helper with any number of arguments. */
export function callHelper(helper: Helper, args: readonly (Value | undefined)[]): Value {
  const mistake = arityMistake(helper, args.length)
  if (mistake !== undefined) throw new HelperError(mistake)
  return helper.call(args)
}

/** What is wrong with calling a helper with so many arguments, if anything. */
export function arityMistake({ name, arity: [least, most] }: Helper, count: number): string | undefined {
  if (count >= least && count <= most) return undefined
  const plural = most === 1 ? '' : 's'
  if (least === most) return `${name} takes ${least} argument${plural}, not ${count}`
  const range = most === many ? `${least} or more` : `${least} to ${most}`
  return `${name} takes ${range} arguments, not ${count}`
}

/** What a value is, in the words of messages: `the text "a"`, `the number 1`, `a list`. */
export function describeValue(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nothing (null)'
  if (typeof value === 'string') return `the text ${JSON.stringify(shorten(value))}`
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'boolean') return `${value}`
  if (isSecret(value)) return `the secret ${value.names.join(', ')}`
  return Array.isArray(value) ? 'a list' : 'a map'
}

/** As within the quotes of JSON. */
function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function shorten(value: string): string {
  return value.length > 40 ? `${value.slice(0, 37)}...` : value
}

function arithmetic(
  name: string,
  does: string,
  most: number,
  operate: (one: number, other: number) => number,
): Helper {
  return {
    name,
    usage: `{{${name} a b${most === 2 ? '' : ' ...'}}}: ${does}`,
    arity: [2, most],
    call: (args) => {
      const numbers = args.map((_, index) => number(name, args, index))
      const result = numbers.reduce(operate)
      if (Number.isFinite(result)) return result
      throw new HelperError(`${name}: ${numbers.join(' and ')} have no finite result`)
    },
  }
}

/** Whether two values are the same, whatever the order of their keys. */
function isSame(one: Value | undefined, other: Value | undefined): boolean {
  if (isSecret(one) || isSecret(other)) throw new HelperError('a secret cannot be compared')
  if (isList(one)) {
    return (
      isList(other) &&
      one.length === other.length &&
      one.every((element, index) => isSame(element, other[index]))
    )
  }
  if (!isMap(one)) return one === other
  const keys = Object.keys(one)
  return (
    isMap(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  )
}

function truth(name: string, args: readonly (Value | undefined)[], index: number): boolean {
  const value = args[index]
  if (typeof value !== 'boolean') throw mismatch(name, index, 'true or false', value)
  return value
}

function width(args: readonly (Value | undefined)[]): number {
  const wanted = integer('pad', args, 1)
  if (wanted >= 0 && wanted <= 64) return wanted
  throw new HelperError('pad: the width must be from 0 to 64')
}

function number(name: string, args: readonly (Value | undefined)[], index: number): number {
  const value = args[index]
  if (typeof value !== 'number') throw mismatch(name, index, 'a number', value)
  return value
}

function integer(name: string, args: readonly (Value | undefined)[], index: number): number {
  const value = args[index]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw mismatch(name, index, 'a whole number', value)
  return value
}

/** Numbers and booleans become text; lists and maps are mistakes. */
function text(name: string, args: readonly (Value | undefined)[], index: number): string {
  const value = args[index]
  if (!isText(value)) throw mismatch(name, index, 'text', value)
  return String(value)
}

function isText(value: Value | undefined): value is string | number | boolean {
  return value !== undefined && value !== null && typeof value !== 'object'
}

function mismatch(name: string, index: number, wanted: string, value: Value | undefined): HelperError {
  return new HelperError(`${name}: argument ${index + 1} must be ${wanted}, not ${describeValue(value)}`)
}
