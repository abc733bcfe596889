import Handlebars, { type HelperDeclareSpec, type HelperDelegate, type HelperOptions } from 'handlebars'
import { callHelper, type Helper, helpers } from '../load/expressions/helpers.ts'
import { isSecret, type Marks, type Secret } from '../model/secret.ts'
import { toValue } from '../model/value.ts'

const secrets = new WeakMap<object, Secret>()

/** What a template sees of a secret: its text is a mark, which the rendered text has in its place. */
export function secretView(secret: Secret, marks: Marks): object {
  const view = Object.freeze({ [Symbol.toPrimitive]: () => marks.mark(secret) })
  secrets.set(view, secret)
  return view
}

/** A value of a template with its secrets, also within lists and maps. */
function unviewed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const secret = secrets.get(value)
  if (secret !== undefined) return secret
  if (Array.isArray(value)) return value.map(unviewed)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unviewed(inner)]))
}

/** The helpers of templates: those of expressions, and the built-in blocks, which refuse undefined values. */
export function templateHelpers(builtIn: {
  readonly [name: string]: HelperDelegate | undefined
}): HelperDeclareSpec {
  const known: HelperDeclareSpec = {
    blockHelperMissing() {
      throw new Handlebars.Exception('a block starts with #each, #if, #unless or #with')
    },
  }
  for (const [name, helper] of helpers) known[name] = asTemplateHelper(helper)
  for (const name of ['each', 'if', 'unless', 'with']) {
    const block = builtIn[name]
    if (block !== undefined) known[name] = defined(`#${name}`, block)
  }
  return known
}

function asTemplateHelper(helper: Helper): HelperDelegate {
  const { name, optional } = helper
  return function call(this: unknown, ...given: unknown[]) {
    // The last argument is Handlebars' own. As in expressions, a name without arguments is a path.
    const args = given.slice(0, -1).map(unviewed)
    const { data } = given.at(-1) as HelperOptions
    if (args.length === 0 && typeof this === 'object' && this !== null && name in this)
      return Reflect.get(this, name)
    const missing = args.findIndex((arg, index) => arg === undefined && !(optional && index === 0))
    if (missing !== -1) throw notDefined(name)
    const result = callHelper(helper, args.map(toValue))
    return isSecret(result) ? secretView(result, data.marks) : result
  }
}

/** Strict mode does not check the arguments of helpers. */
function defined(name: string, helper: HelperDelegate): HelperDelegate {
  return function checked(this: unknown, value: unknown, options: HelperOptions) {
    if (value === undefined) throw notDefined(name)
    return helper.call(this, value, { ...options, fn: bounded(options) })
  }
}

const maxBlocks = 16 * 1024 * 1024

/** Blocks within blocks can write more than there is memory for. */
function bounded({ fn, data }: HelperOptions): HelperOptions['fn'] {
  return (context, runtime) => {
    const text = fn(context, runtime)
    count(text, data)
    return text
  }
}

function count({ length }: string, { place }: HelperOptions['data']): void {
  place.written += length
  if (place.written > maxBlocks)
    throw new Handlebars.Exception('the blocks and partials write more than 16 MiB')
}

/** Renders a partial with a context: that of its template, or the one it is given, with its parameters. */
export function partialHelper(
  render: (context: unknown, template: string, data: HelperOptions['data']) => string,
): HelperDelegate {
  return function include(
    this: unknown,
    template: string,
    written: string,
    indent: string,
    ...given: unknown[]
  ) {
    const { hash, data } = given.at(-1) as HelperOptions
    const context = given.length > 1 ? given[0] : this
    const missing =
      context === undefined ? 'a context' : Object.keys(hash).find((key) => hash[key] === undefined)
    if (missing !== undefined)
      throw new Handlebars.Exception(`{{> ${written}}} is given ${missing} with an undefined value`)
    const text = render(withParameters(context, hash, data.structure), template, data)
    count(text, data)
    // As Handlebars does it: a partial in a line of its own is indented as its tag is.
    return indent === '' ? text : text.replaceAll(/^(?!$(?![\s\S]))/gm, indent)
  }
}

function withParameters(context: unknown, hash: HelperOptions['hash'], structure: object): unknown {
  if (Object.keys(hash).length === 0) return context
  const isMap = typeof context === 'object' && !Array.isArray(context)
  return Object.assign(Object.create(null), structure, isMap ? context : {}, hash)
}

function notDefined(name: string): Error {
  return new Handlebars.Exception(`${name} is called with an undefined value`)
}
