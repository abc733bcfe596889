import type { PackageFact } from '../../model/facts.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

/** Which version of a package is installed. Every package manager answers in the same form. */
export const packages: ProbeKind<ProbeOf<'package'>, PackageFact | null> = {
  probe: 'package',
  subject: ({ name }) => name,
  ask: (probes) => [`inspect_packages ${commandLine(probes.map(({ name }) => name))}`],
  read(reader, probes) {
    const [answer, ...supported] = reader.expect('packages').split(' ')
    if (answer === 'unsupported') {
      throw new AnswerError(
        `packages are declared, but the host has none of the supported package managers: ${supported.join(', ')}`,
        'Remove the package resources of this host from the spec.',
      )
    }
    const versions = new Map(
      reader.linesUntil('packages end').map((line): [string, string] => {
        const at = line.indexOf(' ')
        return [line.slice(0, at), line.slice(at + 1)]
      }),
    )
    const facts = emptyMap<PackageFact | null>()
    for (const { name } of probes) {
      const version = versions.get(name)
      facts[name] = version === undefined ? null : { version }
    }
    return facts
  },
}
