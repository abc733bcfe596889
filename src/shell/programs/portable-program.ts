import { bytesOf } from '../../model/bytes-of.ts'
import { dropLine } from '../../model/manifest.ts'
import type { Content } from '../../model/operation.ts'
import type { Owed, PortableChange, PortablePlan } from '../../model/plan.ts'
import { changesUnitFile, contentOf, kindMadeBy, pathOf, rulesOf } from '../../operations/index.ts'
import { identityLines } from '../../record/identities.ts'
import { withoutContent } from '../../record/manifest-entry.ts'
import { notificationWords } from '../answers/journal.ts'
import type { HostLibrary } from '../library.ts'
import { collectQuestions, questionLines } from '../probes/index.ts'
import { commandLine, quote } from '../quote.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'
import { changeStep, partsFor, temporaryLines } from './plan-program.ts'

/**
 * One program that converges any host to a catalog, without a controller: first boot, images, air gaps. It does what
 * the plan of that host would do, and records it as an apply does. It never prunes. It includes all contents.
 */
export function portableProgram(
  plan: PortablePlan,
  place: StatePlace,
  library: HostLibrary,
  readLarge?: (content: Content) => Uint8Array,
): string {
  const { changes, made, digest, identity, members } = plan
  const questions = collectQuestions(plan.probes)
  const numbers = new Map(made.map(({ entry }, index) => [entry.resource, index]))
  return `{
${library.inspect}
${partsFor(changes, library)}
${library.apply}
${library.portable}
${placeSettings(place)}
ID=portable-$$
RUN=$STATE/run/$ID
STAGING=$RUN/staging
PORTABLE=yes
LOCK_WAIT=0
read_uid
read_init
DIGEST=${digest}
IDENTITY=${quote(identityLines([identity]))}
MEMBERS=${quote(JSON.stringify(members))}
PROBES=${quote(JSON.stringify(questions.probes))}
STEPS=${quote(JSON.stringify({ steps: changes.map(({ resource, operation }) => ({ resource, operation: withoutContent(operation) })) }))}
probe_all() {
${questionLines(questions).join('\n')}
:
}
note_temporaries() {
${temporaryLines(changes).join('\n')}
:
}
begin_portable
${[
  ...stageLines(changes, readLarge),
  ...made.map(
    ({ entry, isGuarded }, index) =>
      `entry ${commandLine([String(index), isGuarded ? 'guarded' : '', dropLine(entry.resource), JSON.stringify(entry)])}`,
  ),
  ...changes.flatMap((change, index) => changeLines(change, index, numbers.get(change.resource) ?? 0)),
].join('\n')}
reload_units ${changes.length}
end_portable ${made.length}
} </dev/null
`
}

/** Each content once. */
function stageLines(
  changes: readonly PortableChange[],
  readLarge: (content: Content) => Uint8Array = bytesOf,
): readonly string[] {
  const contents = new Map(
    changes.flatMap(({ operation }) => {
      const content = contentOf(operation)
      return content === undefined ? [] : [[content.sha256, content] as const]
    }),
  )
  return [...contents.values()].map((content) =>
    stageLine(content, content.encoding === 'file' ? readLarge(content) : bytesOf(content)),
  )
}

function stageLine(content: Content, bytes: Uint8Array): string {
  if (content.encoding === 'utf8' && !content.data.includes('\0')) {
    return `stage ${commandLine([content.sha256, content.data])}`
  }
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  return `stage_bytes ${commandLine([content.sha256, octal])}`
}

function changeLines(change: PortableChange, index: number, entry: number): readonly string[] {
  const { operation, resource, reason, original, owes, settles, absorbs = [] } = change
  const notification = (word: string) => (owed: Owed) => `${word} ${commandLine(notificationWords(owed))}`
  const kept = [pathOf(operation), original].flatMap((word) => word ?? [])
  const kind = kindMadeBy(operation)
  const stays = rulesOf(operation).replacesFile ? [] : ['stays']
  return [
    // To disable, systemd reads the files by itself.
    ...(operation.op === 'unit' && operation.action !== 'disable' ? [`reload_units ${index}`] : []),
    `next ${commandLine([String(entry), JSON.stringify(`${resource}: ${reason}`), ...kept, ...(kept.length === 2 ? stays : [])])}`,
    ...(kind === undefined ? [] : [`makes ${commandLine([kind, JSON.stringify(pathOf(operation))])}`]),
    ...owes.map(notification('owe')),
    changeStep(change, index),
    ...(changesUnitFile(operation) ? ['unit_file'] : []),
    ...absorbs.map(notification('absorb')),
    ...settles.map(notification('settle_earned')),
  ]
}
