import type { Path } from '../../model/path.ts'
import { isMap, mapWith, NO_VALUES, type Value, type ValueMap } from '../../model/value.ts'
import type { Problems } from '../problems.ts'
import { childOf } from '../yaml/document.ts'
import { parseSpec } from '../yaml/parse.ts'
import { builtinLayer, type Layer } from './layers.ts'

/** The strongest layer, from `--set etcd.version=3.5.0`: a path below `attributes` and a YAML value. Later ones win. */
export function setLayer(assignments: readonly string[], problems: Problems): Layer {
  let value = NO_VALUES
  const written = new Map<string, string>()
  for (const assignment of assignments) {
    const parsed = parseAssignment(assignment)
    if ('message' in parsed) {
      problems.error({
        code: 'invalid-set',
        message: `--set ${assignment}: ${parsed.message}`,
        hint: parsed.hint,
      })
      continue
    }
    value = layOver(value, parsed.path, parsed.value)
    written.set(JSON.stringify(parsed.path), parsed.text)
  }
  return { ...builtinLayer('--set', value), source: (path) => written.get(JSON.stringify(path)) }
}

type Assignment =
  | { readonly path: Path; readonly value: Value; readonly text: string }
  | { readonly message: string; readonly hint: string }

const usage = 'write path=value, such as etcd.version=3.5.0'

function parseAssignment(assignment: string): Assignment {
  const equals = assignment.indexOf('=')
  if (equals < 0) return { message: '"=" is missing', hint: usage }
  const keys = assignment.slice(0, equals).split('.')
  if (keys.some((key) => key.trim() === '')) return { message: 'the path has an empty part', hint: usage }
  const text = assignment.slice(equals + 1).trim()
  if (text === '')
    return { message: 'the value is empty', hint: 'write "" for empty text, or null to remove it' }
  const { document, problems } = parseSpec({ file: '--set', text: `value: ${text}\n` })
  const [problem] = problems
  const value = document === undefined ? undefined : childOf(document.data, 'value')
  if (problem !== undefined || value === undefined || Object.keys(document?.data ?? {}).length !== 1) {
    if (problem !== undefined && problem.code !== 'invalid-yaml') {
      return { message: problem.message, hint: problem.hint ?? 'put it in quotes' }
    }
    const path = assignment.slice(0, equals)
    return {
      message: `the value is not YAML${problem === undefined ? '' : `: ${problem.message}`}`,
      hint: `if text is meant, keep the quotes from your shell: --set '${path}="${text}"'`,
    }
  }
  const path = ['attributes', ...(keys[0] === 'attributes' ? keys.slice(1) : keys)]
  if (path.length === 1) return { message: 'the path is too short', hint: usage }
  return { path, value, text }
}

/** Like merging, but keeps `null`, which removes values of weaker layers. */
function layOver(map: ValueMap, [first, ...rest]: Path, value: Value): ValueMap {
  const key = String(first)
  const below = childOf(map, key)
  const laid = rest.length === 0 ? value : layOver(isMap(below) ? below : {}, rest, value)
  return mapWith(map, { [key]: laid })
}
