import { uses } from '../../src/commands/cli/program-help.ts'
import { converge } from '../commands/recording-io.ts'

type Entry = readonly [term: string, description: string]

/** What `converge --help` lists. */
export interface Help {
  readonly commands: readonly Entry[]
  readonly exitCodes: readonly Entry[]
}

export async function readHelp(): Promise<Help> {
  const { stdout } = await converge(['--help'])
  return {
    commands: Object.values(uses)
      .flatMap((use) => entriesBelow(use, stdout))
      .filter(([name]) => name !== 'help'),
    exitCodes: entriesBelow('Exit codes:', stdout),
  }
}

/** The options of each command, short and long. */
export async function readOptions(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { commands } = await readHelp()
  const options = commands.map(async ([name]) => {
    const texts = [
      name,
      ...(['secrets', 'recipe', 'etcd'].includes(name) ? await subcommands(name) : []),
    ].map(async (words) => (await converge([...words.split(' '), '--help'])).stdout)
    const stdout = (await Promise.all(texts)).join('')
    const terms = [...stdout.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm)]
    return [name, new Set(terms.flatMap(([, short = '', long = '']) => [short, long]))] as const
  })
  return new Map(await Promise.all(options))
}

/** Such as `secrets set`. */
async function subcommands(name: string): Promise<readonly string[]> {
  const { stdout } = await converge([name, '--help'])
  return entriesBelow('Commands:', stdout).map(([own]) => `${name} ${own}`)
}

/** A list of the help: a term, what it takes, two spaces or more, what it is. Continued lines stand further right. */
function entriesBelow(title: string, help: string): readonly Entry[] {
  const [, below = ''] = help.split(`\n${title}\n`)
  const [list = ''] = below.split('\n\n')
  const lines = list
    .trimEnd()
    .replaceAll(/\n {4,}/g, ' ')
    .split('\n')
  return lines.map((line) => {
    const [, term = '', description = ''] = /^ {2}(\S+).*? {2,}(.*)$/.exec(line) ?? []
    return [term, description]
  })
}
