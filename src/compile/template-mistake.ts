import { helpers } from '../load/expressions/helpers.ts'
import type { Mistake } from '../model/diagnostic.ts'

/** A mistake at an offset of a template. */
export interface TagMistake extends Mistake {
  readonly at: number
}

interface Tag {
  readonly at: number
  readonly written: string
  /** What is between the braces. */
  readonly inner: string
}

const tagPattern =
  /(?<!\\)\{\{(?:!--[\s\S]*?--~?\}\}|![\s\S]*?\}\}|(?<inner>(?:"[^"\n]*"|'[^'\n]*'|(?!\{\{|\}\})[\s\S])*)(?<end>\}\}\}?)?)/g

/** What is wrong with a template that Handlebars cannot parse, in the words of those who write it; `isTag` parses one tag. */
export function templateMistake(text: string, isTag: (tag: string) => boolean): TagMistake | undefined {
  const open: { readonly at: number; readonly name: string }[] = []
  for (const { index: at, 0: written, groups } of text.matchAll(tagPattern)) {
    const inner = groups?.inner?.replaceAll(/^[{~]+|~$/g, '').trim()
    if (inner === undefined) continue
    if (groups?.end === undefined) return { at, message: 'this {{ is never closed', hint: 'add }}' }
    const mistake = blockMistake({ at, written, inner }, open)
    if (mistake !== undefined) return mistake
    const [sign = ''] = /^(?:#|\/|else\b|\^)/.exec(inner) ?? []
    if (sign === '' && !isTag(written))
      return { at, message: `${written} cannot be read`, hint: wayOf(inner) }
    if (sign === '#' && !isTag(`${written}{{/${open.at(-1)?.name}}}`))
      return { at, message: `${written} cannot be read`, hint: wayOf(inner) }
  }
  const left = open.at(-1)
  return left && { at: left.at, message: `{{#${left.name}}} is never closed`, hint: `add {{/${left.name}}}` }
}

/** A block that begins, goes on or ends in the wrong place; keeps the list of open ones. */
function blockMistake(
  { at, written, inner }: Tag,
  open: { readonly at: number; readonly name: string }[],
): TagMistake | undefined {
  const [, sign, name = ''] = /^([#/])\s*([^\s}]*)/.exec(inner) ?? []
  const current = open.at(-1)
  if (sign === '#') {
    open.push({ at, name })
    return undefined
  }
  if (sign === undefined) {
    if (current === undefined && /^(?:else\b|\^$)/.test(inner))
      return { at, message: `${written} is in no block`, hint: 'put it between {{#if x}} and {{/if}}' }
    if (current !== undefined && /^end\w*$/.test(inner))
      return { at, message: `${written} does not close a block`, hint: `write {{/${current.name}}}` }
    return undefined
  }
  if (current === undefined)
    return { at, message: `${written} closes nothing`, hint: `remove it, or add {{#${name} ...}} before it` }
  if (current.name !== name)
    return {
      at,
      message: `${written} does not close {{#${current.name}}}`,
      hint: `write {{/${current.name}}}`,
    }
  open.pop()
  return undefined
}

/** How to write what other template languages write otherwise. */
function wayOf(inner: string): string {
  if (inner.startsWith('>'))
    return 'a partial is named by its path in the folder, such as {{> parts/listen.conf}}'
  const [, name, filter] = /^([\w.]+)\s*\|\s*(\w+)/.exec(inner) ?? []
  if (filter !== undefined) {
    const way = helpers.has(filter) ? `call a helper: {{${filter} ${name}}}` : 'decide in the variables'
    return `there are no filters; ${way}`
  }
  if (/^[#\s\w]*\.\w/.test(inner)) return 'a name has no dot before it'
  if (/[=!<>]=|&&|\|\||[<>+*?]/.test(inner)) return 'there are no operators; decide in the variables'
  return 'write a name, or a helper with its arguments, such as {{join list ","}}'
}
