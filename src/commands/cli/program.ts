import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { given } from '../../model/given.ts'
import type { ApplyOptions } from '../apply.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import type { PlanOptions } from '../plan.ts'
import type { RenderOptions } from '../render.ts'
import type { SchemaOptions } from '../schema.ts'
import type { SpecOptions } from '../spec/load-spec.ts'
import { addHostCommands, selector } from './host-commands.ts'
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

/** Runs one command line and returns its exit code; anything that went wrong was reported on stderr. */
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
    if (unknown === undefined) await program.parseAsync(commandFirst(argv, program), { from: 'user' })
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
    .hook('preAction', (_program, command) => findSpec(command))
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })

  const apply = program
    .command('apply', { isDefault: true })
    .description('Inspect, plan, show the plan, ask, apply. The default command.')
    .argument(
      '[plan]',
      'A sealed plan from `plan --out`: apply exactly that, or refuse with what differs. Or a selector of hosts.',
    )
    .action((file: string | undefined, options: ApplyOptions, command: Command) =>
      run('apply', options, async (view) => {
        const isNamed = command.getOptionValueSource('file') !== 'default'
        if (file === undefined) return (await import('../apply.ts')).apply(options, io, view)
        await refuseUnknownCommand(file, command)
        if (!/\.json$|\//.test(file) && !existsSync(file))
          return (await import('../apply.ts')).apply({ ...options, limit: options.limit ?? file }, io, view)
        return (await import('../apply-sealed.ts')).applySealed(
          file,
          { ...options, file: isNamed ? options.file : undefined },
          io,
          view,
        )
      }),
    )
  addOptions(apply, proposeOptions(), specOptions(), [limitOption()], hostOptions(), planOptions())

  const plan = program
    .command('plan')
    .description(
      "Show what apply would do; or seal it in a file to apply later, or print one host's program.",
    )
    .option(
      '--out <file>',
      'Seal the plan in this file: `converge apply FILE` applies exactly that, or refuses.',
    )
    .addOption(
      new Option('--script <host>', 'Print the exact program that apply would run on this host.').conflicts(
        namesOf(formatOptions()),
      ),
    )
    .argument('[selector]', selector)
    .action((limit: string | undefined, options: PlanOptions) =>
      run('plan', options, async (view) =>
        (await import('../plan.ts')).plan({ ...options, ...given({ limit }) }, io, view),
      ),
    )
  addOptions(plan, specOptions(), [limitOption()], hostOptions(), planOptions())

  addHostCommands(program, io, run)

  const validate = program
    .command('validate')
    .description('Check and compile the spec without connecting to any host.')
    .action((options: SpecOptions & ViewOptions) =>
      run('validate', options, async (view) => (await import('../validate.ts')).validate(options, view)),
    )
  addOptions(validate, specOptions(), formatOptions())

  const render = program
    .command('render')
    .description('Write the files of each host to a folder without connecting to any host.')
    .requiredOption('-o, --output <dir>', 'Folder for one tree per host: a new one, or one that render made.')
    .option('--reveal', 'Write sensitive content too, with mode 0600.')
    .option('--portable', 'Also write HOST.sh: a script that converges the host without a controller.')
    .argument('[selector]', selector)
    .action((limit: string | undefined, options: RenderOptions) =>
      run('render', {}, async (view) =>
        (await import('../render.ts')).render({ ...options, ...given({ limit }) }, io, view),
      ),
    )
  addOptions(render, specOptions(), [limitOption()])

  program
    .command('schema')
    .description('Print the JSON Schema of cluster.yaml, with all recipes and resource kinds.')
    .option('-f, --file <file>', "Include this spec's own recipes.")
    .action((options: SchemaOptions) =>
      run('schema', {}, async () => (await import('../schema.ts')).schema(options, io)),
    )

  program
    .command('init')
    .description('Write a working project: a spec, a recipe, a schema for editors, and hosts to try it on.')
    .argument('[dir]', 'The folder; nothing in it is overwritten.', '.')
    .action((directory: string) =>
      run('init', {}, async () => (await import('../init.ts')).init(directory, io)),
    )

  program
    .command('demo')
    .description('Converge three demo hosts that run inside this process, step by step.')
    .action(() => run('demo', {}, async (view) => (await import('../demo.ts')).demo(io, view)))

  program.addHelpText('after', () => `${defaultCommandHelp(apply)}${exitCodesHelp}`)
  return program
}

/** Options may come before the command: `-f x.yaml validate` means `validate -f x.yaml`. */
function commandFirst(argv: readonly string[], program: Command): string[] {
  const takesValue = new Set(
    program.commands
      .flatMap((command) => command.options)
      .flatMap(({ required, short, long }) => (required ? [short, long] : [])),
  )
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--') break
    if (takesValue.has(word)) index += 1
    else if (!word.startsWith('-')) {
      if (!commandNames(program).includes(word)) break
      return [word, ...argv.slice(0, index), ...argv.slice(index + 1)]
    }
  }
  return [...argv]
}

/** Looks for `cluster.yaml` upwards, unless another spec is named. */
function findSpec(command: Command): void {
  if (command.getOptionValueSource('file') !== 'default') return
  for (let folder = process.cwd(); folder !== dirname(folder); folder = dirname(folder)) {
    if (!existsSync(join(folder, 'cluster.yaml'))) continue
    const file = relative(process.cwd(), join(folder, 'cluster.yaml'))
    command.setOptionValueWithSource('file', file, 'default')
    return
  }
}

/** `wbe` of `converge help wbe`, for which commander would print the whole help. */
function helpOfUnknown([first, word]: readonly string[], program: Command): string | undefined {
  if (first !== 'help' || word === undefined || word.startsWith('-')) return undefined
  return [...commandNames(program), 'help'].includes(word) ? undefined : word
}

function commandNames(program: Command): readonly string[] {
  return program.commands.map((command) => command.name())
}

/** If no known word is near, the hint ends with `otherwise`: users of other tools name a host here. */
async function refuseUnknown(word: string, known: readonly string[], otherwise = ''): Promise<never> {
  const [{ usageError }, { nearestHint }] = await Promise.all([
    import('./usage-error.ts'),
    import('../../validation/nearest.ts'),
  ])
  const hint = nearestHint(word, known, '')
  throw usageError(`unknown command "${word}"`, hint.startsWith('known') ? `${hint}${otherwise}` : hint)
}

/** Refuses a misspelled command: commander passes `wbe` to `apply` as its file. Paths and `apply wbe` are files. */
async function refuseUnknownCommand(word: string, command: Command): Promise<void> {
  if (command.parent?.args[0] === command.name() || /\.json$|\//.test(word)) return
  const known = command.parent === null ? [] : commandNames(command.parent)
  return refuseUnknown(word, known, `; hosts are chosen with --limit ${word}`)
}
