import type { RecipeUse } from '../../model/cluster.ts'
import { formatPath, type Path } from '../../model/path.ts'
import { definitionOf, type LoadedRecipe, recipeWords } from '../../model/recipe.ts'
import { isList, isMap, mapWith, type Value } from '../../model/value.ts'
import type { Problems } from '../problems.ts'
import { childOf, valueAt } from '../yaml/document.ts'
import { builtinLayer, type Layer, type LayerStack, settingsOf } from './layers.ts'

type Recipes = Readonly<Record<string, LoadedRecipe>>

/** What a run list has of a recipe that another one needs: the recipe itself, or else its instances. */
export function thatMeet(need: string, runList: readonly RecipeUse[], recipes: Recipes): readonly string[] {
  const names = runList.map(({ recipe }) => recipe)
  if (names.includes(need)) return [need]
  return names.filter((name) => {
    const loaded = recipes[name]
    return loaded?.instanceOf !== undefined && definitionOf(loaded) === need
  })
}

/** What recipes pass on to those that they need, a layer for each, in the order of the run list. */
export function passedOn(runList: readonly RecipeUse[], recipes: Recipes): readonly Layer[] {
  return runList.flatMap(({ recipe, position }) => {
    const loaded = recipes[recipe]
    return (loaded?.recipe.needs ?? []).flatMap(({ recipe: need, attributes }): Layer[] => {
      const [target, other] = thatMeet(need, runList, recipes)
      const isPassed = attributes !== undefined && Object.keys(attributes).length > 0
      if (loaded === undefined || !isPassed || target === undefined || other !== undefined) return []
      const passedOnBy = recipeWords(loaded)
      const value = mapWith({ attributes: mapWith({ [target]: attributes }) })
      return [
        { ...builtinLayer(`${passedOnBy}, needs ${target}`, value), passedOnBy, locate: () => position },
      ]
    })
  })
}

/** Reports what two recipes pass on differently, unless a stronger layer decides. */
export function checkPassedOn(passed: readonly Layer[], stack: LayerStack, problems: Problems): void {
  for (const [index, layer] of passed.entries()) {
    for (const path of leavesOf(layer.value)) {
      const value = valueAt(layer.value, path)
      const other = passed.slice(0, index).find((one) => {
        const before = valueOnWay(one.value, path)
        return before !== undefined && JSON.stringify(before) !== JSON.stringify(value)
      })
      const deciding = settingsOf(stack, path).at(-1)?.layer
      if (other === undefined || passed.every(({ name }) => name !== deciding)) continue
      const name = formatPath(path)
      const values = [other, layer].map((one) => JSON.stringify(valueOnWay(one.value, path)).slice(0, 60))
      problems.error({
        code: 'conflicting-needs',
        path,
        message: `${other.passedOnBy} and ${layer.passedOnBy} pass on different values for ${name}: ${values.join(' and ')}`,
        hint: `set ${name} in the spec, which decides`,
        position: layer.locate(path, 'value'),
      })
    }
  }
}

function leavesOf(value: Value, path: Path = []): readonly Path[] {
  return isMap(value) && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...path, key]))
    : [path]
}

/** The value at a path, or one above it that is no map. */
function valueOnWay(root: Value, path: Path): Value | undefined {
  let value: Value | undefined = root
  for (const part of path) {
    if (!isMap(value) && !isList(value)) return value
    value = childOf(value, part)
  }
  return value
}
