import type { UnitFact } from '../../model/facts.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** The state of a unit: properties of `systemctl show`. */
export const units: ProbeKind<ProbeOf<'unit'>, UnitFact> = {
  probe: 'unit',
  subject: ({ unit }) => unit,
  ask: (probes) => [`inspect_units ${commandLine(probes.map(({ unit }) => unit))}`],
  read(reader, probes) {
    reader.expect('units')
    const blocks = reader
      .linesUntil('units end')
      .join('\n')
      .split(/\n{2,}/)
      .filter((block) => block.trim() !== '')
    if (blocks.length < probes.length)
      throw new AnswerError(`asked for ${probes.length} units, got ${blocks.length}`)
    const facts = emptyMap<UnitFact>()
    for (const [index, { unit }] of probes.entries()) facts[unit] = readUnit(unit, blocks[index] ?? '')
    // What stops or restarts with them is told unasked, under its own name.
    for (const block of blocks.slice(probes.length)) {
      const name = /^Id=(.*)$/m.exec(block)?.[1] ?? ''
      facts[name] ??= readUnit(name, block)
    }
    return facts
  },
}

/** Units that a stop or restart of the unit stops or restarts as well, if they run (systemd.unit(5)). */
const takenAlong = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo']
/** Units that its start stops. */
const excluded = ['Conflicts', 'ConflictedBy']

function readUnit(unit: string, block: string): UnitFact {
  const properties = new Map(
    block.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
  const property = (key: string): string => {
    const value = properties.get(key)
    if (value === undefined) throw new AnswerError(`systemctl did not report ${key} of ${unit}`)
    return value
  }
  const named = (keys: readonly string[]): readonly string[] =>
    keys.flatMap((key) => (properties.get(key) ?? '').split(' ')).filter((name) => name !== '')
  const [dependents, conflicts] = [
    named(takenAlong),
    named(excluded).filter((name) => !name.endsWith('.target')),
  ]
  return {
    load: property('LoadState'),
    active: property('ActiveState'),
    file: property('UnitFileState'),
    // Of a masked unit systemd reads no drop-ins, and would ask for them for ever.
    needsReload: property('NeedDaemonReload') === 'yes' && property('LoadState') !== 'masked',
    ...(properties.get('Type') === 'oneshot' && properties.get('RemainAfterExit') === 'no'
      ? { endsByItself: true }
      : {}),
    ...(properties.get('CanReload') === 'no' && property('LoadState') === 'loaded'
      ? { cannotReload: true }
      : {}),
    ...(properties.get('SubState') === 'auto-restart' ? { isCrashing: true } : {}),
    ...(dependents.length > 0 && { dependents }),
    ...(conflicts.length > 0 && { conflicts }),
  }
}
