import { Command, CommanderError, Option } from 'commander'
import type { ApplyOptions } from '../apply.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import type { PlanOptions } from '../plan.ts'
import type { RenderOptions } from '../render.ts'
import type { SchemaOptions } from '../schema.ts'
import type { SpecOptions } from '../spec/load-spec.ts'
import { addHostCommands } from './host-commands.ts'
import {
  addOptions,
  formatOptions,
  hostOptions,
  limitOption,
  namesOf,
  planOptions,
  proposeOptions,
  type Run,
  specOptions,
} from './options.ts'
import { defaultCommandHelp, exitCodesHelp } from './program-help.ts'

export interface CommandLine {
  /** Without `node converge`. */
  readonly argv: readonly string[]
  readonly io: Io
  readonly version: string
}

/** Runs one command line and tells its exit code; whatever goes wrong has been told on stderr. */
export async function runCommandLine({ argv, io, version }: CommandLine): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const run: Run = async (command, options, work) => {
    const { openView } = await import('../io/open-view.ts')
    const view = await openView(command, options, io)
    try {
      exitCode = await work(view)
    } catch (error) {
      const { showFailure } = await import('./show-failure.ts')
      exitCode = showFailure(error, view)
    } finally {
      io.live?.erase()
    }
  }
  try {
    const program = createProgram(io, version, run)
    const unknown = helpOfUnknown(argv, program)
    if (unknown === undefined) await program.parseAsync([...argv], { from: 'user' })
    else await run('help', {}, () => refuseUnknown(unknown, commandNames(program)))
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 3
  }
}

// Each command is imported when it runs: `converge --help` loads nothing but this file and commander.
function createProgram(io: Io, version: string, run: Run): Command {
  const program = new Command('converge')
    .description('Turns one cluster.yaml into converged Linux hosts, over SSH.')
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print help.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })

  const apply = program
    .command('apply', { isDefault: true })
    .description('Inspect, plan, show the plan, ask, apply it. Runs where no command is named.')
    .argument('[plan]', 'A file of `plan --out`: do exactly that, or refuse with what differs.')
    .action((file: string | undefined, options: ApplyOptions, command: Command) =>
      run('apply', options, async (view) => {
        if (file === undefined) return (await import('../apply.ts')).apply(options, io, view)
        await refuseUnknownCommand(file, command)
        return (await import('../apply-sealed.ts')).applySealed(file, options, io, view)
      }),
    )
  addOptions(apply, proposeOptions(), specOptions(), [limitOption()], hostOptions(), planOptions())

  const plan = program
    .command('plan')
    .description(
      'Show what apply would do; also sealed in a file to be applied later, or as the program of one host.',
    )
    .option(
      '--out <file>',
      'Seal the plan in this file: `converge apply FILE` does exactly that, or refuses.',
    )
    .addOption(
      new Option('--script <host>', 'Print the very program that apply would run on this host.').conflicts(
        namesOf(formatOptions()),
      ),
    )
    .action((options: PlanOptions) =>
      run('plan', options, async (view) => (await import('../plan.ts')).plan(options, io, view)),
    )
  addOptions(plan, specOptions(), [limitOption()], hostOptions(), planOptions())

  addHostCommands(program, io, run)

  const validate = program
    .command('validate')
    .description('Check and compile the spec; contact nobody.')
    .action((options: SpecOptions & ViewOptions) =>
      run('validate', options, async (view) => (await import('../validate.ts')).validate(options, view)),
    )
  addOptions(validate, specOptions(), formatOptions())

  const render = program
    .command('render')
    .description('Write the files of each host, as they will be on it, to a folder; contact nobody.')
    .requiredOption('-o, --output <dir>', 'Folder for one tree per host: new, or made by render before.')
    .option('--reveal', 'Write sensitive content too, with mode 0600.')
    .option('--portable', 'Also write HOST.sh: makes that host true by itself, without a controller.')
    .action((options: RenderOptions) =>
      run('render', {}, async (view) => (await import('../render.ts')).render(options, io, view)),
    )
  addOptions(render, specOptions(), [limitOption()])

  program
    .command('schema')
    .description('Print the JSON Schema of cluster.yaml, with all recipes and resource kinds.')
    .option('-f, --file <file>', "Take this spec's own recipes in.")
    .action((options: SchemaOptions) =>
      run('schema', {}, async () => (await import('../schema.ts')).schema(options, io)),
    )

  program
    .command('init')
    .description('Write a working starter: a spec, a recipe, a schema for editors, hosts to try it on.')
    .argument('[dir]', 'The folder; nothing in it is overwritten.', '.')
    .action((directory: string) =>
      run('init', {}, async () => (await import('../init.ts')).init({ directory }, io)),
    )

  program
    .command('demo')
    .description('See it work on three hosts inside this process, from nothing to converged.')
    .action(() => run('demo', {}, async (view) => (await import('../demo.ts')).demo(io, view)))

  program.addHelpText('after', () => `${defaultCommandHelp(apply)}${exitCodesHelp}`)
  return program
}

/** The command that does not exist and whose help is wanted: commander prints the whole help then. */
function helpOfUnknown([first, word]: readonly string[], program: Command): string | undefined {
  if (first !== 'help' || word === undefined || word.startsWith('-')) return undefined
  return [...commandNames(program), 'help'].includes(word) ? undefined : word
}

function commandNames(program: Command): readonly string[] {
  return program.commands.map((command) => command.name())
}

async function refuseUnknown(word: string, known: readonly string[]): Promise<never> {
  const [{ usageError }, { nearestHint }] = await Promise.all([
    import('./usage-error.ts'),
    import('../../validation/nearest.ts'),
  ])
  throw usageError(`unknown command "${word}"`, nearestHint(word, known, ''))
}

/**
 * A word that is no option was meant as a command, unless it looks like a file or stands behind `apply`: commander
 * hands all of them to the default command.
 */
async function refuseUnknownCommand(word: string, command: Command): Promise<void> {
  if (command.parent?.args[0] === command.name() || /\.json$|\//.test(word)) return
  const known = command.parent?.commands.map((other) => other.name()) ?? []
  const [{ usageError }, { nearestHint }] = await Promise.all([
    import('./usage-error.ts'),
    import('../../validation/nearest.ts'),
  ])
  if (known.includes(word)) {
    throw usageError(
      `the command ${word} stands behind an option`,
      `the command comes first: converge ${word} ...`,
    )
  }
  const hint = nearestHint(word, known, '')
  // Whoever comes from other tools names a host there.
  const choice = hint.startsWith('known') ? `; hosts are chosen with --limit ${word}` : ''
  throw usageError(`unknown command "${word}"`, `${hint}${choice}`)
}
