import Handlebars, { type HelperDeclareSpec, type HelperDelegate, type HelperOptions } from 'handlebars'
import { callHelper, type Helper, helpers } from '../load/expressions/helpers.ts'
import { toValue } from '../model/value.ts'

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
    const args = given.slice(0, -1)
    if (args.length === 0 && typeof this === 'object' && this !== null && name in this)
      return Reflect.get(this, name)
    const missing = args.findIndex((arg, index) => arg === undefined && !(optional && index === 0))
    if (missing !== -1) throw notDefined(name)
    return callHelper(helper, args.map(toValue))
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
    data.place.written += text.length
    if (data.place.written > maxBlocks) throw new Handlebars.Exception('the blocks write more than 16 MiB')
    return text
  }
}

function notDefined(name: string): Error {
  return new Handlebars.Exception(`${name} is called with an undefined value`)
}
