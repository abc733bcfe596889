import { type Command, InvalidArgumentError, Option } from 'commander'
import { formats, type OutputFormat } from '../../report/views/index.ts'
import type { View } from '../../report/views/view.ts'
import type { ExitCode } from '../io/io.ts'
import type { ViewOptions } from '../io/open-view.ts'
import { parseDuration } from './parse-duration.ts'

/** Runs a command's work with the view that the options choose, and shows what goes wrong. */
export type Run = (
  command: string,
  options: ViewOptions,
  work: (view: View) => Promise<ExitCode>,
) => Promise<void>

export function addOptions(command: Command, ...groups: readonly (readonly Option[])[]): void {
  for (const option of groups.flat()) command.addOption(option)
}

export function specOptions(): readonly Option[] {
  return [
    fileOption(),
    new Option('-e, --environment <name>', "Use this environment instead of the spec's."),
    new Option('--set <path=value>', 'Set an attribute, overriding all layers; repeatable.').argParser(
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    ),
    new Option(
      '--recipes-below <dir>',
      "Recipes may be below this folder, not only in the spec's repository.",
    ),
    new Option('--compile-timeout <time>', 'Processor time for recipes (default: 30s).').argParser(
      (text: string) => parseTime(text, 1),
    ),
  ]
}

export function fileOption(): Option {
  return new Option('-f, --file <file>', 'The spec file.').default('cluster.yaml')
}

export function identityOption(): Option {
  return new Option(
    '--identity <file>',
    'File with the private key of age that opens secrets; - for stdin. Otherwise CONVERGE_IDENTITY has its text.',
  )
}

/** For commands that reach no host. */
export function trustOption(): Option {
  return new Option(
    '--trust-only <rev>',
    'Run recipes only as they are in this git revision, or none but the built-in ones (none): for pull requests.',
  ).conflicts('recipesBelow')
}

export function limitOption(): Option {
  return new Option(
    '-l, --limit <selector>',
    'Only these hosts: names, infra[0-2], web*, role:etcd, recipe:etcd, label:zone=a, env:live, !web3; a,b for either, a&b for both.',
  )
}

export function hostOptions(): readonly Option[] {
  return [
    new Option('--parallel <n>', 'How many hosts to work on at once.').default(32).argParser(parseCount),
    identityOption(),
    new Option('--ask-sudo-password', "Prompt for the hosts' sudo password."),
    new Option(
      '--allow-local',
      'Let guards, checks and exec run on this machine for root trees (directory, memory), as an apply does.',
    ),
    ...showOptions(),
  ]
}

/** Every command takes these, so that they can be a habit. */
export function showOptions(): readonly Option[] {
  return [
    new Option('-v, --verbose', 'List unchanged hosts, show full diffs, report more progress.'),
    new Option('--no-pager', 'Do not show long output page by page (PAGER, or less).'),
  ]
}

/** Options of apply and rollback for the plan. */
export function proposeOptions(): readonly Option[] {
  return [
    new Option('-n, --dry-run', 'Show what would change, then stop.'),
    new Option('-y, --yes', 'Apply without asking.'),
    new Option('--allow-prune', 'With --yes: allow large removals and the removal of group members.'),
    lockWaitOption(),
    new Option(
      '--max-failures <n>',
      'Start no further host once more than these have failed (default: 0 with --canary or --batch, else all go on).',
    ).argParser(parseFailures),
    new Option('--pause <time>', 'Wait this long between two waves, a day at most: 90, 120s, 2m.').argParser(
      parsePause,
    ),
    new Option(
      '--confirm-within <time>',
      'Roll each host back automatically unless a new connection confirms in time: 120s. Needs systemd.',
    ).argParser((text: string) => parseTime(text, 1)),
  ]
}

export function lockWaitOption(): Option {
  return new Option(
    '--lock-wait <time>',
    'Wait this long for another apply on a host to end: 90, 120s, 2m.',
  ).argParser((text: string) => parseTime(text, 0))
}

export function planOptions(): readonly Option[] {
  return [
    new Option('--no-prune', 'Do not prune: keep on the hosts what was removed from the spec.'),
    new Option('--release', 'Also plan for hosts held by a rollback.'),
    onlyOption().argParser((value: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      value,
    ]),
    new Option('--canary <selector>', 'These hosts first and alone; the others only if they succeed.'),
    new Option(
      '--batch <sizes>',
      'The hosts in batches, each only if the one before has succeeded: 1,5%,25%; the last size is that of all further ones.',
    ).argParser(parseBatch),
    ...formatOptions(),
    statOption(),
    exitCodeOption('Exit with 2 if a dry run finds changes.'),
  ]
}

export function onlyOption(): Option {
  return new Option(
    '--only <resources>',
    "Only these: 'file[/etc/nginx/*]', 'unit[nginx.service]', recipe:nginx, role:web; a,b for either; repeatable. What they notify is done; the rest is left out and counted.",
  )
}

export function statOption(): Option {
  return new Option('--stat', 'Show one line per change, with its hosts, without causes and diffs.')
}

export function exitCodeOption(description: string): Option {
  return new Option('--exit-code', description)
}

/** `--format`, and an option for each format that has one of its own; each excludes the others. */
export function formatOptions(): readonly Option[] {
  const options = Object.entries<OutputFormat>(formats).flatMap(([format, { option }]) =>
    option === undefined ? [] : [new Option(`--${format}`, option).implies({ format })],
  )
  return [
    ...options.map((option) => option.conflicts(namesOf(options.filter((other) => other !== option)))),
    new Option(
      '--format <name>',
      'How to print the result; markdown is for comments on pull requests.',
    ).choices(Object.keys(formats)),
  ]
}

/** Refuses `--format` beside an option that sets it as well. */
export function refuseTwoFormats(command: Command): void {
  const { json, jsonLines } = command.opts()
  if (command.getOptionValueSource('format') === 'cli' && (json ?? jsonLines) !== undefined)
    command.error("error: option '--format' cannot be used with another option for a format")
}

/** Refuses `--only` where there is no apply that it could narrow. */
export function refuseOnly(command: Command): void {
  const takes = ['apply', 'plan']
  if (command.opts().only === undefined || takes.includes(command.name())) return
  command.error(`error: --only narrows ${takes.join(' and ')}, not ${command.name()}`)
}

/** For results that go where there is no room for all of them. */
export function markdownOptions(): readonly Option[] {
  return [
    new Option(
      '--max-bytes <n>',
      'Cut Markdown to this size (default: 65536, as much as a comment on GitHub takes).',
    ).argParser(parseSize),
    new Option('--whole-at <url>', 'Where the whole of it is, as a link where Markdown is cut.').argParser(
      parseUrl,
    ),
  ]
}

/** The names by which `conflicts` knows options. */
export function namesOf(options: readonly Option[]): string[] {
  return options.map((option) => option.attributeName())
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.')
  return Number(text)
}

function parsePause(text: string): number {
  const seconds = parseTime(text, 1)
  if (seconds > 86_400) throw new InvalidArgumentError('It must be a day at most, such as 2m or 1h.')
  return seconds
}

function parseBatch(text: string): readonly (number | string)[] {
  return text.split(',').map((size) => {
    if (/^(100|[1-9]\d?)%$/.test(size)) return size
    if (/^[1-9]\d{0,4}$/.test(size)) return Number(size)
    throw new InvalidArgumentError('It must be numbers of hosts or percentages, such as 1,5%,25%.')
  })
}

function parseSize(text: string): number {
  if (!/^\d{4,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1000.')
  return Number(text)
}

function parseUrl(text: string): string {
  if (!/^https?:\/\/[^\s<>()]+$/.test(text))
    throw new InvalidArgumentError('It must be an http or https URL.')
  return text
}

function parseFailures(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number of at least 0.')
}

export function parseGeneration(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a generation number, or 0.')
  return Number(text)
}

/** Seconds. */
export function parseTime(text: string, atLeast: number): number {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds < atLeast) {
    throw new InvalidArgumentError(`It must be a duration of at least ${atLeast} s, such as 90, 120s or 2m.`)
  }
  return seconds
}

/** The options with the hosts that the command's argument chooses. */
export async function limitedTo<Options extends { readonly limit?: string }>(
  selector: string | undefined,
  options: Options,
): Promise<Options> {
  if (selector === undefined) return options
  if (options.limit === undefined) return { ...options, limit: selector }
  const { usageError } = await import('./usage-error.ts')
  const message = `"${selector}" and --limit ${options.limit} both choose hosts`
  throw usageError(message, 'keep one; a comma joins selectors')
}
