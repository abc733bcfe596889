import { InternalError } from '../../model/errors.ts'
import type { Content, Operation } from '../../model/operation.ts'
import type { CatalogEntry, HostCatalog, Notification, Step } from '../../model/resource.ts'
import { supposedFacts } from '../../model/supposed-facts.ts'
import { rulesOf } from '../../operations/index.ts'
import type { HostLibrary } from '../library.ts'
import { commandLine, quote } from '../quote.ts'
import { encodeId } from '../resource-id.ts'
import { placeSettings, type StatePlace } from './inspect-program.ts'
import { guardWords } from './plan-program.ts'

/**
 * One program that makes a whole catalog true on any host, without a controller: first boot, images, air gaps. Each
 * operation compares first; notifications fire on what changed. It never prunes. Contents travel inside it.
 */
export function portableProgram(catalog: HostCatalog, place: StatePlace, library: HostLibrary): string {
  const lines = new PortableLines()
  const last: string[] = []
  for (const entry of catalog.entries) {
    for (const step of entry.resource.steps(supposedFacts(entry.resource.probes, 'inactive'))) {
      if (step.phase === 'last') last.push(...lines.step(entry, step))
      else lines.add(...lines.step(entry, step))
    }
    for (const notification of entry.notifies) {
      if (notification.timing === 'immediate') lines.add(...lines.notified(catalog, notification))
    }
  }
  const delayed: readonly Notification['action'][] = ['run', 'start', 'stop', 'restart', 'reload']
  for (const { resource } of catalog.entries) {
    for (const action of delayed.filter((known) => resource.actions?.includes(known)))
      lines.add(...lines.notified(catalog, { resource: resource.id, action, timing: 'delayed' }))
  }
  return `{
${library.inspect}
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
begin_portable
${[...lines.staged.values(), ...lines.lines, ...last, ...lines.end()].join('\n')}
[ -n "$FAILED" ] || flush_writes
leave_owed
end_of_steps
rm -rf -- "$RUN"
[ -z "$FAILED" ]
} </dev/null
`
}

class PortableLines {
  readonly staged = new Map<string, string>()
  readonly lines: string[] = []
  #number = 0

  add(...lines: readonly string[]): void {
    this.lines.push(...lines)
  }

  step(entry: CatalogEntry, { operation, guard, owes = [] }: Step): string[] {
    if (operation.op === 'write') this.staged.set(operation.content.sha256, stageLine(operation.content))
    const { onlyIf, unless } = { ...entry.resource.relations, ...guard }
    const id = encodeId(entry.resource.id)
    return [
      ...(operation.op === 'unit' ? [`reload_units ${this.#number++}`] : []),
      ...owes.map((action) => `owe ${commandLine([action, id])}`),
      ...entry.notifies.map((target) => `owe ${commandLine([target.action, encodeId(target.resource)])}`),
      `${guardWords({ ...(onlyIf === undefined ? {} : { onlyIf }), ...(unless === undefined ? {} : { unless }) })}${this.#call(operation)}`,
      ...(isUnitFile(operation) ? ['unit_file'] : []),
      ...(operation.op === 'unit' && operation.action === 'start'
        ? [`absorb restart ${quote(id)}`, `absorb reload ${quote(id)}`]
        : []),
    ]
  }

  notified(catalog: HostCatalog, { resource: id, action }: Notification): string[] {
    const entry = catalog.entries.find(({ resource }) => resource.id === id)
    if (entry === undefined) throw new InternalError(`${id} is notified but not in the catalog`)
    return entry.resource
      .steps(supposedFacts(entry.resource.probes, 'active'), { action })
      .flatMap(({ operation }) => [
        `reload_units ${this.#number++}`,
        `notified ${commandLine([action, encodeId(id)])} ${this.#call(operation)}`,
      ])
  }

  /** Unit files that no unit action followed. */
  end(): string[] {
    return [`reload_units ${this.#number++}`]
  }

  #call(operation: Operation): string {
    return commandLine(['step', String(this.#number++), ...rulesOf(operation).shell(operation)])
  }
}

function stageLine(content: Content): string {
  if (content.encoding === 'utf8' && !content.data.includes('\0')) {
    return `stage ${commandLine([content.sha256, content.data])}`
  }
  const bytes = Buffer.from(content.data, content.encoding)
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  return `stage_bytes ${commandLine([content.sha256, octal])}`
}

function isUnitFile(operation: Operation): boolean {
  return (
    operation.op === 'write' &&
    /^\/(etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\//.test(operation.path)
  )
}
