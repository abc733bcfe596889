import { type Command, InvalidArgumentError, Option } from 'commander'
import { certificateUsages, secretKinds } from '../../model/secret-need.ts'
import type { Io } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import type { CheckOptions } from '../secrets/check.ts'
import type { EditOptions } from '../secrets/edit.ts'
import type { GenerateOptions } from '../secrets/generate.ts'
import type { SecretsInitOptions } from '../secrets/init.ts'
import type { RecipientsOptions } from '../secrets/recipients.ts'
import type { RotateOptions } from '../secrets/rotate.ts'
import type { SetOptions } from '../secrets/set.ts'
import type { ShowOptions } from '../secrets/show.ts'
import type { StoreOptions } from '../secrets/store.ts'
import {
  addOptions,
  exitCodeOption,
  fileOption,
  formatOptions,
  identityOption,
  type Run,
  specOptions,
} from './options.ts'
import { uses } from './program-help.ts'

type Shown<Options> = Options & ViewOptions

/** `converge secrets` and its subcommands. */
export function addSecretsCommands(program: Command, io: Io, run: Run): void {
  const secrets = program
    .command('secrets')
    .helpGroup(uses.spec)
    .description('Keep passwords, keys and certificates in secrets.yaml, encrypted with age.')
    .helpCommand(false)
    .addHelpText('after', identityHelp)

  const add = (name: string, description: string, options = [fileOption()] as readonly Option[]) => {
    const command = secrets.command(name).description(description)
    addOptions(command, options, formatOptions())
    return command
  }

  add('init', 'Write a secrets.yaml with its first recipient; overwrites nothing.')
    .argument('<name>', 'Name of the recipient: a person, or a pipeline.')
    .argument('[key]', 'Public key of age (age1...); default: that of the identity.')
    .addOption(identityOption())
    .option('--new-identity <file>', 'Make a key pair, and write its private half to this file.')
    .action((name: string, key: string | undefined, options: Shown<SecretsInitOptions>) =>
      run('secrets init', options, async (view) =>
        (await import('../secrets/init.ts')).init(
          name,
          key === undefined ? options : { ...options, key },
          io,
          view,
        ),
      ),
    )

  add('set', 'Encrypt a value from stdin, or typed twice; with an identity, an equal one changes nothing.')
    .argument('<key>', 'Key of the secret, such as web/db.')
    .addOption(new Option('--kind <kind>', 'What it is; default: as it was, or opaque.').choices(secretKinds))
    .addOption(identityOption())
    .action((key: string, options: Shown<SetOptions>) =>
      run('secrets set', options, async (view) =>
        (await import('../secrets/set.ts')).set(key, options, io, view),
      ),
    )

  add('edit', 'Change a value in an editor (VISUAL, EDITOR, else vi).')
    .argument('<key>', 'Key of the secret; a new one begins empty.')
    .addOption(identityOption())
    .action((key: string, options: Shown<EditOptions>) =>
      run('secrets edit', options, async (view) =>
        (await import('../secrets/edit.ts')).edit(key, options, io, view),
      ),
    )

  add('show', 'Print the value of a secret, or its public half.')
    .argument('<key>', 'Key of the secret.')
    .option('--public', 'Print the public half or the certificate, which needs no identity.')
    .addOption(identityOption())
    .action((key: string, options: Shown<ShowOptions>) =>
      run('secrets show', options, async (view) =>
        (await import('../secrets/show.ts')).show(key, options, io, view),
      ),
    )

  add('list', 'List all secrets without their values; needs no identity.').action(
    (options: Shown<StoreOptions>) =>
      run('secrets list', options, async (view) => (await import('../secrets/list.ts')).list(options, view)),
  )

  add(
    'generate',
    'Make what the recipes of the spec need and is not there yet, or one secret.',
    specOptions(),
  )
    .argument('[key]', 'Key of one secret; default: all that the spec declares.')
    .addOption(new Option('--kind <kind>', 'What to make.').choices(secretKinds))
    .addOption(new Option('--length <n>', 'Characters of a password (default: 32).').argParser(atLeast(8)))
    .addOption(new Option('--bytes <n>', 'Random bytes of a token (default: 32).').argParser(atLeast(8)))
    .option('--authority <key>', 'Key of the authority of a certificate.')
    .addOption(
      new Option('--name <name>', 'DNS name or address of a certificate; repeatable.').argParser(repeated),
    )
    .addOption(
      new Option('--usage <usage>', 'What a certificate is for; repeatable (default: both).')
        .choices(certificateUsages)
        .argParser(repeatedUsage),
    )
    .addOption(
      new Option(
        '--days <n>',
        'How long a certificate is valid (default: 365; an authority: 3650).',
      ).argParser(atLeast(1)),
    )
    .addOption(identityOption())
    .action((key: string | undefined, options: Shown<GenerateOptions>) =>
      run('secrets generate', options, async (view) =>
        (await import('../secrets/generate.ts')).generate(key, options, io, view),
      ),
    )

  add('rotate', 'Make new values; of an authority in three steps, each to be applied before the next.')
    .argument('[keys...]', 'Keys of the secrets.')
    .option('--all', 'Everything that a generator makes.')
    .option(
      '--continue',
      'The next step of authorities: first issue again, then end the trust in the old one.',
    )
    .addOption(identityOption())
    .action((keys: readonly string[], options: Shown<RotateOptions>) =>
      run('secrets rotate', options, async (view) =>
        (await import('../secrets/rotate.ts')).rotate(keys, options, io, view),
      ),
    )

  add(
    'check',
    'Report certificates that expire or do not fit; with an identity, open every value.',
    specOptions(),
  )
    .addOption(
      new Option('--within <days>', 'Report certificates that expire within so many days.')
        .default(30)
        .argParser(atLeast(0)),
    )
    .addOption(exitCodeOption('Exit with 2 if a certificate expires within that time.'))
    .addOption(identityOption())
    .action((options: Shown<CheckOptions>) =>
      run('secrets check', options, async (view) =>
        (await import('../secrets/check.ts')).check(options, io, view),
      ),
    )

  add('recipients', 'List who can open the values, or change that: all values are encrypted again.')
    .argument('[add|remove]', 'What to do; nothing: list them.')
    .argument('[name]', 'Name of the recipient.')
    .argument('[key]', 'With add: the public key of age (age1...).')
    .addOption(identityOption())
    .action(
      (
        act: string | undefined,
        name: string | undefined,
        key: string | undefined,
        options: Shown<RecipientsOptions>,
      ) =>
        run('secrets recipients', options, async (view) =>
          (await import('../secrets/recipients.ts')).recipients({ act, name, key }, options, io, view),
        ),
    )
}

const identityHelp = `
Identity: the private key of age that opens the values.
  --identity FILE      a file as age-keygen writes it; - for stdin
  CONVERGE_IDENTITY    the text of the key itself (AGE-SECRET-KEY-1...)
`

function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

function repeatedUsage(value: string, before: readonly string[] | undefined): readonly string[] {
  if (!certificateUsages.some((usage) => usage === value))
    throw new InvalidArgumentError(`It must be ${certificateUsages.join(' or ')}.`)
  return repeated(value, before)
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,6}$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`)
    return Number(text)
  }
}
