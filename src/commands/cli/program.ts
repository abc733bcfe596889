import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { bootFormatNames } from '../../boot/format-names.ts'
import { userDataLimits } from '../../boot/providers.ts'
import { nearest, nearestHint } from '../../validation/nearest.ts'
import type { ApplyOptions } from '../apply.ts'
import type { DiffOptions } from '../diff.ts'
import type { ImageOptions } from '../image.ts'
import type { InitOptions } from '../init.ts'
import type { ExitCode, Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import type { PlanOptions } from '../plan.ts'
import type { RenderOptions } from '../render.ts'
import type { SchemaOptions } from '../schema.ts'
import type { SpecOptions } from '../spec/load-spec.ts'
import { addEtcdCommands } from './etcd-commands.ts'
import { addHostCommands, selector } from './host-commands.ts'
import {
  addOptions,
  exitCodeOption,
  formatOptions,
  hostOptions,
  identityOption,
  limitedTo,
  limitOption,
  markdownOptions,
  namesOf,
  onlyOption,
  planOptions,
  proposeOptions,
  type Run,
  refuseOnly,
  refuseTwoFormats,
  showOptions,
  specOptions,
  statOption,
  trustOption,
} from './options.ts'
import {
  defaultCommandHelp,
  documentsHelp,
  exitCodesHelp,
  helpCommand,
  subcommandTerm,
  uses,
} from './program-help.ts'
import { addRecipeCommands } from './recipe-commands.ts'
import { addSecretsCommands } from './secrets-commands.ts'

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
    const words = commandFirst(argv, program)
    const topic = topicOfHelp(words, program)
    const unknown = unknownCommand(words, program)
    const spec = specAsArgument(words, createProgram(io, version, run))
    if (spec !== undefined) await run('help', {}, () => refuseSpecAsArgument(spec))
    else if (topic !== undefined)
      await run('help', {}, async () => (await import('../help.ts')).help(topic, commandNames(program), io))
    else if (unknown === undefined) await program.parseAsync(words, { from: 'user' })
    else await run('help', {}, () => refuseUnknown(unknown))
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 3
  }
}

// Each command is imported when it runs: `converge --help` loads nothing but this file and commander.
function createProgram(io: Io, version: string, run: Run): Command {
  const program = new Command('converge')
    .usage('[command] [options]')
    .description('Brings Linux hosts to the state that one file, cluster.yaml, declares, over SSH.')
    .configureHelp({ subcommandTerm })
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print help.')
    .addHelpCommand(helpCommand())
    .exitOverride()
    .hook('preAction', (_program, command) => {
      refuseTwoFormats(command)
      refuseOnly(command)
      findSpec(command)
    })
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })

  const apply = program
    .command('apply', { isDefault: true })
    .helpGroup(uses.apply)
    .description('Inspect, plan, show the plan, ask, apply. The default command.')
    .argument(
      '[plan]',
      'A sealed plan from `plan --out`, if it is a file, a path or ends in .json: apply exactly that, or refuse with what differs. Otherwise a selector of hosts.',
    )
    .action((file: string | undefined, options: ApplyOptions, command: Command) =>
      run('apply', options, async (view) => {
        const isNamed = command.getOptionValueSource('file') !== 'default'
        if (file === undefined) return (await import('../apply.ts')).apply(options, io, view)
        if (!isPlanFile(file)) {
          return (await import('../apply.ts')).apply(await limitedTo(file, options), io, view)
        }
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
    .helpGroup(uses.apply)
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
        (await import('../plan.ts')).plan(await limitedTo(limit, options), io, view),
      ),
    )
  addOptions(plan, specOptions(), [limitOption()], hostOptions(), planOptions(), markdownOptions())

  addHostCommands(program, io, run)
  addEtcdCommands(program, io, run)

  const validate = program
    .command('validate')
    .helpGroup(uses.spec)
    .description('Check and compile the spec without connecting to any host.')
    .action((options: SpecOptions & ViewOptions) =>
      run('validate', options, async (view) => (await import('../validate.ts')).validate(options, view)),
    )
  addOptions(validate, specOptions(), [trustOption()], formatOptions())

  const render = program
    .command('render')
    .helpGroup(uses.spec)
    .description('Write the files of each host to a folder without connecting to any host.')
    .requiredOption('-o, --output <dir>', 'Folder for one tree per host: a new one, or one that render made.')
    .option('--reveal', 'Write sensitive content too, with mode 0600.')
    .option('--portable', 'Also write HOST.sh: a script that converges the host without a controller.')
    .addOption(
      new Option(
        '--boot <format>',
        'Also write a document with which the host converges itself at its first boot.',
      ).choices(bootFormatNames),
    )
    .addOption(
      new Option(
        '--provider <name>',
        'Refuse a document that is larger than what this provider takes as user-data.',
      ).choices(Object.keys(userDataLimits)),
    )
    .option(
      '--boot-url <url>',
      'Write small documents, which fetch the rest, written beside them, from there.',
    )
    .argument('[selector]', selector)
    .action((limit: string | undefined, options: RenderOptions) =>
      run('render', {}, async (view) =>
        (await import('../render.ts')).render(await limitedTo(limit, options), io, view),
      ),
    )
  addOptions(render, specOptions(), [limitOption(), trustOption(), identityOption()])

  const image = program
    .command('image')
    .helpGroup(uses.spec)
    .description(
      'Write a script and a Packer template for an image of what hosts like this one have in common.',
    )
    .requiredOption('-o, --output <dir>', 'Folder for HOST.image.sh and HOST.pkr.hcl.')
    .option('--source <type.name>', 'A source of Packer that another file in the folder defines.')
    .argument('<host>', 'Name of a host.')
    .action((host: string, options: ImageOptions) =>
      run('image', {}, async (view) => (await import('../image.ts')).image(host, options, io, view)),
    )
  addOptions(image, specOptions())

  const diff = program
    .command('diff')
    .helpGroup(uses.spec)
    .description('Show what a dry run would say of hosts that are as another git revision leaves them.')
    .argument(
      '<revisions>',
      'REV..REV; REV...REV: from where both part, as for a pull request; REV: to the working tree.',
    )
    .action((revisions: string, options: Omit<DiffOptions, 'revisions'> & ViewOptions) =>
      run('diff', options, async (view) =>
        (await import('../diff.ts')).diff({ ...options, revisions }, io, view),
      ),
    )
  addOptions(
    diff,
    specOptions().filter(({ long }) => long !== '--recipes-below'),
    [limitOption(), trustOption(), statOption(), exitCodeOption('Exit with 2 if there are differences.')],
    formatOptions(),
    markdownOptions(),
  )
  const explain = program
    .command('explain')
    .helpGroup(uses.spec)
    .description('Show where a value, a line of a file or a resource of a host comes from.')
    .argument(
      '<what>',
      'A host; or of one: web0:app.port, web0:/etc/app.conf, web0:/etc/app.conf:7, web0:unit[app.service].',
    )
    .action((what: string, options: SpecOptions & ViewOptions) =>
      run('explain', options, async (view) => (await import('../explain.ts')).explain(what, options, view)),
    )
  addOptions(explain, specOptions(), [trustOption()], formatOptions())

  addRecipeCommands(program, io, run)
  addSecretsCommands(program, io, run)

  program
    .command('schema')
    .helpGroup(uses.spec)
    .description('Print the JSON Schema of cluster.yaml, with all recipes and resource kinds.')
    .option('-f, --file <file>', "With this spec's own recipes and names.")
    .addOption(trustOption())
    .option('--secrets', 'Print the JSON Schema of secrets.yaml instead.')
    .action((options: SchemaOptions) =>
      run('schema', {}, async () => (await import('../schema.ts')).schema(options, io)),
    )

  program
    .command('init')
    .helpGroup(uses.begin)
    .description('Write a working project: a spec, a recipe, a schema for editors, and hosts to try it on.')
    .argument('[dir]', 'The folder; nothing in it is overwritten.', '.')
    .option('--types', 'In an existing project: only link the types of recipes, for editors.')
    .action((directory: string, options: InitOptions) =>
      run('init', {}, async () => (await import('../init.ts')).init(directory, options, io)),
    )

  program
    .command('demo')
    .helpGroup(uses.begin)
    .description('Converge three demo hosts that run inside this process, step by step.')
    .action(() => run('demo', {}, async (view) => (await import('../demo.ts')).demo(io, view)))

  for (const command of leafCommands(program)) {
    const has = command.options.map(({ long }) => long)
    const missing = [...showOptions(), onlyOption()].filter(({ long }) => !has.includes(long))
    addOptions(
      command,
      missing.map((option) => option.hideHelp()),
    )
  }
  program.addHelpText('after', () => `${defaultCommandHelp(apply)}${exitCodesHelp}${documentsHelp()}`)
  return program
}

/** Options may come before the command: `-f x.yaml validate` means `validate -f x.yaml`. */
function commandFirst(argv: readonly string[], program: Command): readonly string[] {
  const index = firstWord(argv, program)
  const word = argv[index]
  if (word === undefined || !commandNames(program).includes(word)) return argv
  return [word, ...argv.slice(0, index), ...argv.slice(index + 1)]
}

/** The index of the first word that is neither an option nor the value of one. */
function firstWord(argv: readonly string[], program: Command): number {
  const takesValue = new Set(
    program.commands
      .flatMap((command) => command.options)
      .flatMap(({ required, short, long }) => (required ? [short, long] : [])),
  )
  const isValue = (index: number): boolean => takesValue.has(argv[index - 1] ?? '')
  const end = argv.indexOf('--')
  return argv.findIndex((word, index) => !word.startsWith('-') && !isValue(index) && (end < 0 || index < end))
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

interface Unknown {
  readonly word: string
  /** What may follow `converge` instead. */
  readonly known: readonly string[]
}

/** What `converge help` is asked for, if that is no command: the code of a message. */
function topicOfHelp([first, asked]: readonly string[], program: Command): string | undefined {
  if (first !== 'help' || asked === undefined || asked.startsWith('-')) return undefined
  return [...commandNames(program), 'help'].includes(asked) ? undefined : asked
}

/** A word that is like a command or an option, which commander would pass to `apply` as its argument. */
function unknownCommand(argv: readonly string[], program: Command): Unknown | undefined {
  const known = commandNames(program)
  const word = argv[firstWord(argv, program)]
  if (word === undefined || known.includes(word) || word === 'help' || isPlanFile(word)) return undefined
  const options = leafCommands(program).flatMap((command) => command.options)
  if (options.some(({ long }) => long === `--${word}`)) return { word, known: [`--${word}`] }
  return nearest(word, known) === undefined ? undefined : { word, known }
}

interface MisplacedSpec {
  readonly command: string
  readonly file: string
}

/** A spec where a selector belongs, or nothing at all; `apply` takes a file, and says what is wrong with it. */
function specAsArgument([name, ...words]: readonly string[], program: Command): MisplacedSpec | undefined {
  const command = program.commands.find((one) => one.name() === name)
  if (command === undefined || ['apply', 'init'].includes(command.name())) return undefined
  const [file] = command.parseOptions([...words]).operands
  return file !== undefined && /\.ya?ml$/.test(file) ? { command: command.name(), file } : undefined
}

async function refuseSpecAsArgument({ command, file }: MisplacedSpec): Promise<never> {
  const { usageError } = await import('./usage-error.ts')
  throw usageError(
    `${file} is an argument of ${command}`,
    `a spec follows -f: converge ${command} -f ${file}`,
  )
}

/** The commands that do something: those without subcommands. */
function leafCommands({ commands }: Command): readonly Command[] {
  return commands.flatMap((command) => (command.commands.length === 0 ? [command] : leafCommands(command)))
}

function commandNames(program: Command): readonly string[] {
  return program.commands.map((command) => command.name())
}

async function refuseUnknown({ word, known }: Unknown): Promise<never> {
  const { usageError } = await import('./usage-error.ts')
  throw usageError(`unknown command "${word}"`, nearestHint(word, known, ''))
}

/** Paths, names in .json and files that exist are sealed plans; anything else selects hosts. */
function isPlanFile(word: string): boolean {
  return /\.json$|\//.test(word) || statSync(word, { throwIfNoEntry: false })?.isFile() === true
}
