import type { Command } from 'commander'

/** The options of the default command, which belong in the help of `converge` itself. */
export function defaultCommandHelp(command: Command): string {
  const help = command.createHelp()
  const options = help.visibleOptions(command)
  const width = Math.max(...options.map((option) => help.optionTerm(option).length))
  const lines = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  )
  return `\nOptions of ${command.name()}, the default command:\n${lines.join('\n')}\n`
}

export const exitCodesHelp = `
Exit codes:
  0    success
  1    a host failed, refused or was unreachable, also in a dry run; the plan was not confirmed; with exec: a command failed
  2    a dry run found changes, or drift found drift (with --exit-code)
  3    the spec or the command line is wrong, or a sealed plan does not match the spec; no host was changed
  130  interrupted; the report of an apply says how far each host got

Environment:
  CONVERGE_SUDO_PASSWORD  password for sudo on the hosts
  NO_COLOR, FORCE_COLOR   no colors; colors even without a terminal

Examples:
  converge init my-cluster && cd my-cluster   start a project
  converge --dry-run                          what would change?
  converge --limit 'web[0-2],role:etcd'       only these hosts
  converge --yes --json > report.json         in a pipeline
  converge plan --out p.json                  seal a plan; once approved:
  converge apply p.json --yes                 apply exactly that, or nothing
  converge rollback web0 --dry-run            what would undoing the last apply change?
  converge --release                          continue on hosts held by a rollback
  converge exec 'web*' -- uptime              on many hosts at once
`
