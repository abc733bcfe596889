import { join } from 'node:path'
import { Command, type Help } from 'commander'
import { packageRoot } from '../../load/recipes/read-asset.ts'

/** The headings below which `converge --help` lists the commands, by use. */
export const uses = {
  apply: 'Apply changes:',
  look: 'Look at hosts:',
  repair: 'Undo and clean up:',
  spec: 'Without any host:',
  begin: 'Get started:',
} as const

export function helpCommand(): Command {
  return new Command('help')
    .argument('[command|code]')
    .description('Print the help of a command, or what the code of a message means.')
    .helpGroup(uses.begin)
}

/** Commands by their names alone: their arguments and options are in the help of each. */
export function subcommandTerm(this: Help, command: Command): string {
  return command.name()
}

/** The options of the default command that have a short form, which belong in the help of `converge` itself. */
export function defaultCommandHelp(command: Command): string {
  const help = command.createHelp()
  const options = help.visibleOptions(command).filter(({ short, long }) => short && long !== '--help')
  const width = Math.max(...options.map((option) => help.optionTerm(option).length))
  const lines = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  )
  const all = `All of them: converge help ${command.name()}`
  return `\nOptions of ${command.name()}, the default command:\n${lines.join('\n')}\n${all}\n`
}

export const exitCodesHelp = `
Exit codes:
  0    success
  1    a host failed, refused or was unreachable, also in a dry run; the plan
       was not confirmed; with exec: a command failed
  2    a dry run found changes, drift found drift, or diff found differences
       (with --exit-code)
  3    the spec or the command line is wrong, or a sealed plan does not match
       the spec; no host was changed
  130  interrupted; the report of an apply says how far each host got

Environment:
  CONVERGE_SUDO_PASSWORD  password for sudo on the hosts;
  CONVERGE_SUDO_PASSWORD_DMZ: of those with sudoPasswordGroup: dmz
  CONVERGE_PLAN_KEY       key of sealed plans, where they are applied elsewhere
  CONVERGE_IDENTITY       private key of age that opens secrets.yaml: its text
  NO_COLOR, FORCE_COLOR   no colors; colors even without a terminal
  PAGER                   shows long output on a terminal; empty: none

Examples:
  converge --dry-run                    what would change?
  converge 'web[0-2],role:etcd'         only these hosts
  converge --yes --json > report.json   in a pipeline
  converge plan --out p.json            seal a plan; once approved:
  converge apply p.json --yes           apply exactly that, or nothing
  converge rollback web0 --dry-run      what would the undo of an apply change?
  converge exec 'web*' -- uptime        on many hosts at once
  converge help unknown-key             what a code in a message means
`

/** Where the documentation of this copy is. */
export function documentsHelp(): string {
  const folder = join(packageRoot(), 'docs')
  return `\nDocumentation: spec.md, recipes.md and more in\n  ${folder}\n`
}
