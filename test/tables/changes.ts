import type { Content } from '../../src/model/operation.ts'
import type { Change, Owed } from '../../src/model/plan.ts'
import type { Guard } from '../../src/model/resource.ts'
import { operationWords } from './operations.ts'
import { pathFactWords } from './path-states.ts'

/** A change as one line: `RESOURCE: OPERATION (REASON)`, followed by everything else that it carries. */
export function changeLine(change: Change): string {
  const {
    resource,
    reason,
    guard,
    whenOwed,
    owes,
    settles,
    absorbs = [],
    cause,
    keeps = [],
    strikes = [],
  } = change
  const owed = ({ resource: other, action }: Owed): string => named(action, other, resource)
  return [
    `${resource}: ${ownWords(change)} (${reason})`,
    ...guardWords(guard),
    ...(whenOwed === undefined ? [] : [`if ${owed(whenOwed)} is owed`]),
    ...owes.map((one) => `owes ${owed(one)}`),
    ...settles.map((one) => `settles ${owed(one)}`),
    ...absorbs.map((one) => `absorbs ${owed(one)}`),
    ...keeps.map(({ path, kept }) =>
      [
        'keeps',
        ...(`file[${path}]` === resource ? [] : [path]),
        `as ${kept.replace('generations/', '').replace(/^originals.*/, 'original')}`,
      ].join(' '),
    ),
    ...(cause === undefined ? [] : [cause]),
    ...strikes.map((line) =>
      line.startsWith('set ')
        ? 'then set'
        : `then ${named('drop', String(JSON.parse(line.replace('drop ', ''))), resource)}`,
    ),
  ].join(', ')
}

/** What a change shows of a file: `/etc/x from "old" to "new"`. */
export function diffLine({ diff }: Change): readonly string[] {
  if (diff === undefined) return []
  const { path } = diff
  if ('omitted' in diff) return [`${path} is not shown (${diff.omitted})`]
  const { before, after } = diff.shown
  return [`${path} from ${JSON.stringify(before)} to ${JSON.stringify(after)}`]
}

/** What the host must still be like at a change's paths. */
export function expectationLines(
  { expects }: Change,
  contents: ReadonlyMap<string, Content>,
): readonly string[] {
  return expects.map(({ path, state }) => `${path}: ${pathFactWords(state, contents.get(path))}`)
}

/** Of an operation on what the resource is named after, only what is done. */
function ownWords({ resource, operation }: Change): string {
  const name = resource.slice(resource.indexOf('[') + 1, -1)
  const object = 'path' in operation ? operation.path : operation.op === 'unit' ? operation.unit : undefined
  // What is written is the matter of the resource's own cases.
  const said =
    operation.op === 'write'
      ? `write ${operation.path}${operation.sensitive ? ' sensitive' : ''}${operation.inPlace ? ' in place' : ''}${operation.replaces === undefined ? '' : ` in place of the ${operation.replaces}`}`
      : operationWords(operation)
  return object === name ? said.replace(` ${name}`, '') : said
}

function guardWords({
  onlyIf,
  unless,
  exists,
  absent,
  running,
  loaded,
  reinstalls,
}: Guard = {}): readonly string[] {
  return [
    ...(onlyIf === undefined ? [] : [`only if ${onlyIf}`]),
    ...(unless === undefined ? [] : [`unless ${unless}`]),
    ...(exists === undefined ? [] : [`once ${exists} exists`]),
    ...(absent === undefined ? [] : [`until ${absent} exists`]),
    ...(running === undefined ? [] : [`while ${running} runs`]),
    ...(loaded === undefined ? [] : [`if ${loaded} has a file`]),
    ...(reinstalls === undefined ? [] : ['if [Install] differs']),
  ]
}

/** `restart` of the resource itself, `restart unit[web.service]` of another one. */
function named(action: string, other: string, self: string): string {
  return other === self ? action : `${action} ${other}`
}
