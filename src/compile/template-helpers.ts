import Handlebars, { type HelperDeclareSpec, type HelperDelegate } from 'handlebars'

/** The helpers of templates: `json`, `join`, and the built-in blocks, which refuse what is not defined. */
export function templateHelpers(builtIn: {
  readonly [name: string]: HelperDelegate | undefined
}): HelperDeclareSpec {
  const helpers: HelperDeclareSpec = {
    json: defined('json', (value: unknown) => JSON.stringify(value)),
    join: defined('join', (list: unknown, separator: unknown) => {
      if (!Array.isArray(list))
        throw new Handlebars.Exception(`join needs a list, not ${JSON.stringify(list)}`)
      return list.join(typeof separator === 'string' ? separator : ',')
    }),
    blockHelperMissing() {
      throw new Handlebars.Exception('a block begins with #each, #if, #unless or #with')
    },
  }
  for (const name of ['each', 'if', 'unless', 'with']) {
    const helper = builtIn[name]
    if (helper !== undefined) helpers[name] = defined(`#${name}`, helper)
  }
  return helpers
}

/** Strict mode looks at what is written, not at what helpers are given. */
function defined(name: string, helper: HelperDelegate): HelperDelegate {
  return function checked(this: unknown, value: unknown, ...rest: unknown[]) {
    if (value !== undefined) return helper.call(this, value, ...rest)
    throw new Handlebars.Exception(`${name} is given something that is not defined`)
  }
}
