import { healthWords } from '../../model/health-words.ts'
import type { Wave } from '../../model/plan.ts'
import { compactHosts } from '../text/compact-hosts.ts'
import { escapeLine } from '../text/escape-control.ts'
import { groupBy } from '../text/group-hosts.ts'
import type { Style } from '../text/style.ts'

/** The waves of a plan with their gates; nothing for one wave without gates. */
export function renderWaves(waves: readonly Wave[], style: Style): readonly string[] {
  const plain = waves.every(
    ({ gates, bootstrap, name }) => gates.length + bootstrap.length === 0 && name === undefined,
  )
  if (waves.length <= 1 && plain) return []
  return waves.flatMap((wave, index) => [
    style.heading(
      `wave ${index + 1} of ${waves.length}${wave.name === undefined ? '' : ` (${wave.name})`}: ${escapeLine(compactHosts(wave.hosts))}`,
    ),
    ...(wave.bootstrap.length === 0 ? [] : [`  ${escapeLine(startsOf(wave.bootstrap))}`]),
    ...wave.gates.flatMap(renderGate),
  ])
}

/** Only members that are down start, and may need each other for that. */
function startsOf(hosts: readonly string[]): string {
  const names = compactHosts(hosts)
  return hosts.length === 1
    ? `${names} starts at once: its member is down`
    : `bootstrap: ${names} start together and wait for each other`
}

/** Members of which the same is said share a line. */
function renderGate(gate: Wave['gates'][number]): readonly string[] {
  const checks = groupBy(gate.members, ({ healthy, unit }) => healthWords(healthy, unit))
  const head = `  ${escapeLine(gate.group)}: at most ${gate.maxUnavailable} unavailable${gate.within === undefined ? '' : escapeLine(`, of one ${gate.within}`)}`
  if (checks.length === 0) return [head]
  return [
    `${head}; starts only if the others are healthy:`,
    ...checks.map((members) =>
      escapeLine(
        `    ${compactHosts(members.map(({ host }) => host))}: ${healthWords(members[0].healthy, members[0].unit)}`,
      ),
    ),
  ]
}
