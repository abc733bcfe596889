import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { ApplyOptions } from './apply.ts'
import type { ExitCode, Io } from './io.ts'
import type { PlanOptions } from './plan.ts'
import { defaultCommandHelp, exitCodesHelp } from './program-help.ts'
import type { RenderOptions } from './render.ts'
import type { SchemaOptions } from './schema.ts'
import type { ValidateOptions } from './validate.ts'

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
    try {
      exitCode = await work()
    } catch (error) {
      const { showFailure } = await import('./show-failure.ts')
      exitCode = showFailure(error, io, { command, json: options.json === true })
    }
  }
  try {
    await createProgram(io, version, run).parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 3
  }
}

type Run = (
  command: string,
  options: { readonly json?: boolean },
  work: () => Promise<ExitCode>,
) => Promise<void>

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
    .option('-n, --dry-run', 'Stop at the plan: show what would change.')
    .option('-y, --yes', 'Apply without asking.')
    .allowExcessArguments()
    .action((options: ApplyOptions, command: Command) =>
      run('apply', options, async () => {
        await refuseArguments(command)
        return (await import('./apply.ts')).apply(options, io)
      }),
    )
  for (const option of [...specOptions(), ...hostOptions(), ...planOptions()]) apply.addOption(option)

  const plan = program
    .command('plan')
    .description('Show what apply would do; also as JSON in a file, or as the program of one host.')
    .option('--out <file>', 'Write the plan as JSON to this file.')
    .option('--script <host>', 'Print the very program that apply would run on this host.')
    .action((options: PlanOptions) =>
      run('plan', options, async () => (await import('./plan.ts')).plan(options, io)),
    )
  for (const option of [...specOptions(), ...hostOptions(), ...planOptions()]) plan.addOption(option)

  const validate = program
    .command('validate')
    .description('Check and compile the spec; contact nobody.')
    .action((options: ValidateOptions) =>
      run('validate', options, async () => (await import('./validate.ts')).validate(options, io)),
    )
  for (const option of [...specOptions(), jsonOption()]) validate.addOption(option)

  const render = program
    .command('render')
    .description('Write the files of each host, as they will be on it, to a folder; contact nobody.')
    .requiredOption('-o, --output <dir>', 'Folder for one tree per host: new, or made by render before.')
    .option('--reveal', 'Write sensitive content too, with mode 0600.')
    .action((options: RenderOptions) =>
      run('render', {}, async () => (await import('./render.ts')).render(options, io)),
    )
  for (const option of [...specOptions(), limitOption()]) render.addOption(option)

  program
    .command('schema')
    .description('Print the JSON Schema of cluster.yaml, with all recipes and resource kinds.')
    .option('-f, --file <file>', "Take this spec's own recipes in.")
    .action((options: SchemaOptions) =>
      run('schema', {}, async () => (await import('./schema.ts')).schema(options, io)),
    )

  program
    .command('init')
    .description('Write a working starter: a spec, a recipe, a schema for editors, hosts to try it on.')
    .argument('[dir]', 'The folder; nothing in it is overwritten.', '.')
    .action((directory: string) =>
      run('init', {}, async () => (await import('./init.ts')).init({ directory }, io)),
    )

  program
    .command('demo')
    .description('See it work on three hosts inside this process, from nothing to converged.')
    .action(() => run('demo', {}, async () => (await import('./demo.ts')).demo(io)))

  program.addHelpText('after', () => `${defaultCommandHelp(apply)}${exitCodesHelp}`)
  return program
}

function specOptions(): readonly Option[] {
  return [
    new Option('-f, --file <file>', 'The spec.').default('cluster.yaml'),
    new Option('-e, --environment <name>', "Environment instead of the spec's."),
    new Option('--set <path=value>', 'Set an attribute, over all layers; repeatable.').argParser(
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    ),
  ]
}

function hostOptions(): readonly Option[] {
  return [
    limitOption(),
    new Option('--parallel <n>', 'How many hosts at once.').default(32).argParser(parseCount),
    new Option('--ask-sudo-password', 'Ask for the password that sudo wants on the hosts.'),
  ]
}

function planOptions(): readonly Option[] {
  return [
    jsonOption(),
    new Option('--exit-code', 'Exit with 2 when a dry run finds changes.'),
    new Option('-v, --verbose', 'Name unchanged hosts, show long diffs whole, tell more of the way.'),
  ]
}

function limitOption(): Option {
  return new Option(
    '-l, --limit <selector>',
    'Only these hosts: names, infra[0-2], web*, role:etcd; with commas.',
  )
}

function jsonOption(): Option {
  return new Option('--json', 'Print one JSON document to stdout (documented in schemas/).')
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.')
  return Number(text)
}

/** What is no option was meant as a command: commander would hand it to the default one. */
async function refuseArguments(command: Command): Promise<void> {
  const [word] = command.args
  if (word === undefined) return
  const known = command.parent?.commands.map((other) => other.name()) ?? []
  const [{ usageError }, { suggestHint }] = await Promise.all([
    import('./usage-error.ts'),
    import('../load/suggest.ts'),
  ])
  throw usageError(`unknown command "${word}"`, suggestHint(word, known, ''))
}
