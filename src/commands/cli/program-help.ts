import type { Command } from 'commander'

/** The options of the command that runs where none is named: they belong to the help of `converge` itself. */
export function defaultCommandHelp(command: Command): string {
  const help = command.createHelp()
  const options = help.visibleOptions(command)
  const width = Math.max(...options.map((option) => help.optionTerm(option).length))
  const lines = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  )
  return `\nOptions of ${command.name()}, which runs where no command is named:\n${lines.join('\n')}\n`
}

export const exitCodesHelp = `
Exit codes:
  0    as asked
  1    a host failed, refused or was unreachable, also in a dry run; you did not say yes; with exec: a command did not exit 0
  2    a dry run found changes, or drift found drift (with --exit-code)
  3    the spec or the command line is wrong, or a sealed plan does not fit the spec; nothing was contacted
  130  interrupted; in an apply the report says what each host had come to

Environment:
  CONVERGE_SUDO_PASSWORD  password for sudo on the hosts
  NO_COLOR, FORCE_COLOR   no colours, or colours even where there is no terminal

Examples:
  converge init my-cluster && cd my-cluster   begin
  converge --dry-run                          what would change?
  converge --limit 'web[0-2],role:etcd'       only these hosts
  converge --yes --json > report.json         in a pipeline
  converge plan --out p.json                  seal a plan; once it is approved:
  converge apply p.json --yes                 exactly that, or nothing
  converge rollback web0 --dry-run            what would taking the last apply back do?
  converge --release                          go on where a rollback holds hosts
  converge exec 'web*' -- uptime              on many hosts at once
`
