import type { Facts, PackageFact } from '../../model/facts.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError, type AnswerReader } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** Which version of a package is installed. Every package manager answers in the same form. */
export const packages: ProbeKind<ProbeOf<'package'>, PackageFact | null> = {
  probe: 'package',
  subject: ({ name }) => name,
  ask: (probes) => [
    `inspect_packages ${commandLine(probes.map(({ name }) => name))}`,
    `inspect_removals ${commandLine(probes.flatMap(({ name, removal }) => (removal ? [name] : [])))}`,
    'inspect_offers',
  ],
  read(reader, probes) {
    const [answer, ...supported] = reader.expect('packages').split(' ')
    if (answer === 'unsupported') {
      throw new AnswerError(
        `packages are declared, but the host has none of the supported package managers: ${supported.join(', ')}`,
        'Remove the package resources of this host from the spec. Where /usr is read-only, as on Flatcar, use an archive, a container or a system extension (systemd-sysext) instead.',
      )
    }
    const found = new Map(
      reader.linesUntil('packages end').map((line): [string, PackageFact] => {
        const [name = '', version = '', held] = line.split(' ')
        return [name, { version, ...(held === 'held' && { held: true }) }]
      }),
    )
    reader.expect('removals')
    const removals = reader.linesUntil('removals end').map((line) => line.split(' '))
    const facts = emptyMap<PackageFact | null>()
    for (const { name } of probes) {
      const fact = found.get(name)
      const takesAlong = removals.flatMap(([removed, other]) => (removed === name && other ? [other] : []))
      facts[name] = fact === undefined ? null : { ...fact, ...(takesAlong.length > 0 && { takesAlong }) }
    }
    return facts
  },
}

/** Follows the answers about packages. */
export function readOffers(reader: AnswerReader): Facts['offers'] {
  const offers = emptyMap<readonly string[] | null>()
  while (reader.next('offer') || reader.next('unknown')) {
    const [word, name = '', ...versions] = reader.line().split(' ')
    offers[name] = word === 'unknown' ? null : [...(offers[name] ?? []), ...versions]
  }
  return Object.keys(offers).length === 0 ? undefined : offers
}
