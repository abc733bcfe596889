/**
 * The nightly mode: which suites fuzz and enumerate, how much they are asked for, and what must come out. The longest
 * are first, so that two at a time end together.
 */
export const nightlySuites: readonly string[] = [
  'shell/hostile-names.test.ts',
  'shell/programs/portable-law.test.ts',
  'crash/connection.test.ts',
  'crash/points.test.ts',
  'hostile/cut-and-garbled.test.ts',
  'hostile/specs.test.ts',
  'explain/law.test.ts',
  'shell/hostile-words.test.ts',
  'hostile/answers.test.ts',
  'engine/life-of-a-host.test.ts',
  'crash/archive.test.ts',
  'shell/crash.test.ts',
  'shell/programs/portable-program.test.ts',
  'shell/refusals.test.ts',
  'shell/meddling.test.ts',
  'commands/others-directories.test.ts',
  'shell/quote.test.ts',
  'transports/ssh/logins.test.ts',
  'formats/yaml-readers.test.ts',
  'resources/etcd/etcd-member.test.ts',
]

/**
 * Each command of the host program before which it is killed takes a host three runs, about half a second: all of them,
 * with CRASH_COMMANDS=all, are an hour.
 */
export const nightlyEnvironment = {
  CONVERGE_FUZZ: '100000',
  CONVERGE_SHELLS: 'all',
  CRASH_POINTS: 'all',
  CRASH_COMMANDS: '200',
  SSH_LOGINS: 'all',
} as const

/** How much each figure must come to at least; `all` for all that there are. */
const promised: readonly {
  readonly suite: string
  readonly figure: RegExp
  readonly atLeast: number | 'all'
}[] = [
  { suite: 'shell/hostile-names.test.ts', figure: /^hostile names with contents/, atLeast: 100_000 },
  { suite: 'shell/quote.test.ts', figure: /^hostile words that are quoted/, atLeast: 100_000 },
  { suite: 'shell/hostile-words.test.ts', figure: /^hostile owners, accounts/, atLeast: 2_000 },
  { suite: 'shell/programs/portable-law.test.ts', figure: /^lives of whole catalogs/, atLeast: 300 },
  { suite: 'hostile/answers.test.ts', figure: /^garbled answers/, atLeast: 100_000 },
  { suite: 'hostile/answers.test.ts', figure: /^garbled histories/, atLeast: 100_000 },
  { suite: 'hostile/specs.test.ts', figure: /^fuzzed specs/, atLeast: 5_000 },
  { suite: 'explain/law.test.ts', figure: /^changes of a leaf of a spec/, atLeast: 5_000 },
  { suite: 'shell/meddling.test.ts', figure: /^acts of root/, atLeast: 10_000 },
  { suite: 'commands/others-directories.test.ts', figure: /^applies, rollbacks, prunes/, atLeast: 100 },
  { suite: 'resources/etcd/etcd-member.test.ts', figure: /^lives of a made-up etcd/, atLeast: 5_000 },
  { suite: 'engine/life-of-a-host.test.ts', figure: /^applies and rollbacks/, atLeast: 500 },
  ...['is cut off', 'falls silent', 'has any one', 'goes on'].map((way) => ({
    suite: 'hostile/cut-and-garbled.test.ts',
    figure: new RegExp(`^connections on which what a host says ${way}`),
    atLeast: 500,
  })),
  { suite: 'crash/points.test.ts', figure: /^points between two acts/, atLeast: 'all' },
  { suite: 'crash/points.test.ts', figure: /^commands of the host program/, atLeast: 200 },
  ...['Python', 'Go'].map((language) => ({
    suite: 'formats/yaml-readers.test.ts',
    figure: new RegExp(`^texts that ${language}'s YAML reader`),
    atLeast: 100_000,
  })),
  { suite: 'transports/ssh/logins.test.ts', figure: /^logins about which/, atLeast: 'all' },
  { suite: 'crash/connection.test.ts', figure: /connection is cut$/, atLeast: 'all' },
  { suite: 'crash/connection.test.ts', figure: /controller is killed$/, atLeast: 100 },
]

/** What the suites that ran have promised and not tried, one sentence each. */
export function brokenPromises(
  figures: readonly { readonly what: string; readonly count: string }[],
  ran: readonly string[],
): readonly string[] {
  return promised.flatMap(({ suite, figure, atLeast }) => {
    if (!ran.includes(suite)) return []
    const found = figures.find(({ what }) => figure.test(what))
    if (found === undefined) return [`${suite} has printed no figure like ${figure}`]
    // A reader of another language that is not installed, as the figure says.
    if (found.count.startsWith('none: ')) return []
    const enough = atLeast === 'all' ? found.count.startsWith('all ') : countOf(found.count) >= atLeast
    return enough ? [] : [`${suite} has tried ${found.count}, not ${atLeast}: ${found.what}`]
  })
}

/** The first number of `1,234`, `all 1,234` and `1,234 of 5,678`. */
function countOf(count: string): number {
  return Number(/[0-9,]+/.exec(count)?.[0].replaceAll(',', ''))
}
