import type { Alter } from '../load/what-if.ts'
import { isSecret } from '../model/secret.ts'
import { isList, isMap, type Value } from '../model/value.ts'

/** Other values to try for one, likely valid ones first. `choices` are those that its schema lists. */
export function alternatives(
  written: Value | undefined,
  value: Value | undefined,
  choices: readonly Value[],
): readonly Alter[] {
  const chosen = choices.filter((choice) => choice !== value).map((choice) => () => choice)
  if (isSecret(written)) return [() => 'x', remove]
  if (written === undefined) return [...chosen, () => 'x', () => 1, () => true]
  if (typeof written === 'boolean') return [() => !written]
  if (typeof written === 'number')
    return [ofNumber((n) => n + 1), ofNumber((n) => n * 2), ofNumber((n) => n - 1), remove]
  if (typeof written === 'string') {
    // A text that is only an expression may stand for a number.
    const isOther = written.includes('{{') && typeof value !== 'string'
    const replaced = isOther ? alternatives(value, value, []).map((alter) => () => alter(value)) : []
    const changes = textChanges.filter((change) => change(written) !== written)
    return [...chosen, ...changes.map(ofText), ...replaced, remove]
  }
  if (isList(written)) return [(list) => (isList(list) ? [...list, 'x'] : list), remove]
  if (isMap(written)) return [() => ({ x: 'x' }), remove]
  return [remove]
}

const remove: Alter = () => undefined

function ofNumber(change: (number: number) => number): Alter {
  return (value) => (typeof value === 'number' ? change(value) : value)
}

function ofText(change: (text: string) => string): Alter {
  return (value) => (typeof value === 'string' ? change(value) : value)
}

/** The same text with another character outside of expressions, or one more. */
const textChanges: readonly ((text: string) => string)[] = [
  (text) => replaceFromEnd(text, 0),
  (text) => `${text}x`,
  (text) => replaceFromEnd(text, 1),
  (text) => replaceFromEnd(text, 2),
  (text) => `x${text}`,
]

/** One line of a text with another character, or one more: the first change that makes a difference is the first. */
export function lineChanges(line: number): readonly Alter[] {
  return textChanges.map((change) =>
    ofText((text) =>
      text
        .split('\n')
        .map((one, index) => (index === line ? change(one) : one))
        .join('\n'),
    ),
  )
}

/** Replaces the letter or digit that is so far from the last one by another of its kind, hexadecimal by hexadecimal. */
function replaceFromEnd(text: string, position: number): string {
  const found = [...text.matchAll(/\{\{.*?\}\}|[A-Za-z0-9]/gs)].filter(([match]) => match.length === 1)
  const { index, 0: character } = found.at(-1 - position) ?? {}
  if (index === undefined || character === undefined) return text
  return `${text.slice(0, index)}${nextOf(character)}${text.slice(index + 1)}`
}

function nextOf(character: string): string {
  const ring = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'].find(
    (one) => one.includes(character),
  )
  return ring === undefined ? character : (ring[(ring.indexOf(character) + 1) % ring.length] ?? character)
}
