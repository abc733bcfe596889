import type { LoadedRecipe } from '../../model/recipe.ts'
import type { SpecCode } from '../../model/spec-codes.ts'
import { nearestHint } from '../../validation/nearest.ts'
import type { Problems } from '../problems.ts'
import type { ClusterSpec } from '../schema/cluster-schema.ts'
import type { Document } from '../yaml/document.ts'
import { INVALID_VALUE } from '../yaml/invalid-value.ts'
import { thrownAt } from './thrown-at.ts'
import { defaultLimitMs, withTimeLimit } from './time-limit.ts'

/** Units, paths and accounts are named after an instance, and `--set` splits its path at dots. */
const instancePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

interface InstancesInput {
  readonly spec: ClusterSpec
  readonly document: Document
  readonly builtins: Readonly<Record<string, LoadedRecipe>>
  readonly problems: Problems
}

/** Adds the instances of the spec to the recipes: each is the recipe that it is one of, under its own name. */
export function loadInstances(
  recipes: Record<string, LoadedRecipe>,
  { spec, document, builtins, problems }: InstancesInput,
): void {
  const written = spec.recipes ?? {}
  // Of recipes only, in whatever order they are written.
  const known = { ...recipes }
  for (const [name, entry] of Object.entries(written)) {
    if (typeof entry === 'string' || entry.instanceOf === INVALID_VALUE) continue
    const { instanceOf: of } = entry
    const report = (code: SpecCode, message: string, hint: string, below: readonly string[] = []) => {
      const path = ['recipes', name, ...below]
      const position = document.locate(path, below.length === 0 ? 'key' : 'value')
      problems.error({ code, path, message, hint, position })
    }
    const loaded = Object.hasOwn(known, of) ? known[of] : undefined
    if (!instancePattern.test(name)) {
      const hint = 'use at most 63 letters, digits, hyphens and underscores, and begin with a letter or digit'
      report('invalid-name', `"${name}" cannot be the name of an instance`, hint)
    } else if (Object.hasOwn(builtins, name)) {
      const hint = `give the instance another name, such as ${name}-2`
      report('invalid-recipe', `the instance ${name} has the name of a built-in recipe`, hint)
      delete recipes[name]
    } else if (typeof written[of] === 'object') {
      const { circle, last } = followed(name, written)
      const hint = Object.hasOwn(known, last) ? `write instanceOf: ${last}` : 'name a recipe, not an instance'
      if (circle.length === 0) report('invalid-recipe', `${of} is an instance itself`, hint, ['instanceOf'])
      else if (isFirst(name, circle, written))
        report('invalid-recipe', circleWords([...circle, name]), hint, ['instanceOf'])
    } else if (loaded !== undefined) {
      try {
        recipes[name] = instance(loaded, name)
      } catch (error) {
        const at = thrownAt(error)
        const why = error instanceof Error ? error.message : String(error)
        const hint = at === undefined ? '' : `it was thrown at ${at.file}:${at.line}`
        report('invalid-recipe', `${of} has no instance ${name}: ${why}`, hint)
      }
    } else if (!Object.hasOwn(written, of)) {
      const hint = nearestHint(of, Object.keys(known), 'name its module under recipes')
      report('unknown-recipe', `there is no recipe ${of}`, hint, ['instanceOf'])
    }
  }
}

function instance(loaded: LoadedRecipe, name: string): LoadedRecipe {
  const { recipe } = loaded
  const parts = withTimeLimit(defaultLimitMs, () => recipe.partsOf?.(name))
  return { ...loaded, recipe: Object.freeze({ ...recipe, ...parts, name }), instanceOf: recipe.name }
}

/** Where a chain of instances ends, and the circle that it is, if it comes back to where it began. */
function followed(
  name: string,
  written: NonNullable<ClusterSpec['recipes']>,
): { readonly circle: readonly string[]; readonly last: string } {
  const passed: string[] = []
  let last = name
  for (
    let entry = written[last];
    typeof entry === 'object' && !passed.includes(last);
    entry = written[last]
  ) {
    passed.push(last)
    last = entry.instanceOf
  }
  return { circle: last === name ? passed : [], last }
}

/** `a is an instance of b, an instance of a`. */
function circleWords([first, ...others]: readonly string[]): string {
  return `${first} is ${others.map((name) => `an instance of ${name}`).join(', ')}`
}

/** Whether a circle is told here: once, at the first of its names. */
function isFirst(
  name: string,
  circle: readonly string[],
  written: NonNullable<ClusterSpec['recipes']>,
): boolean {
  return Object.keys(written).find((one) => circle.includes(one)) === name
}
