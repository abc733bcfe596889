import type { Host } from '../../model/cluster.ts'
import { ConvergeError } from '../../model/errors.ts'
import type { Stop } from '../../model/stop.ts'
import { placeOf } from '../../model/targets/index.ts'
import { sudoPasswordVariable } from '../../model/targets/ssh.ts'
import { escapeLine } from '../../report/text/escape-control.ts'
import { usageError } from '../cli/usage-error.ts'
import type { Io } from '../io/io.ts'

type Member = Pick<Host, 'name' | 'target'>
type Asking = Pick<Io, 'env' | 'canAsk' | 'askSecret'>

interface AskingOptions {
  readonly askSudoPassword?: boolean
}

/** The sudo password of a host; undefined if there is none. */
export type SudoPasswords = (host: string) => Promise<string | undefined>

/** From the environment, or asked for once for each group of the selected hosts. */
export async function sudoPasswords(
  hosts: readonly Member[],
  selected: readonly string[] | undefined,
  { askSudoPassword = false }: AskingOptions,
  io: Asking,
  stop: Stop,
): Promise<SudoPasswords> {
  const groups = new Map(hosts.map((host) => [host.name, groupOf(host)]))
  const asked = new Map<string | undefined, string>()
  if (askSudoPassword) {
    const needed = new Set(
      [...groups].flatMap(([name, group]) => ((selected?.includes(name) ?? true) ? [group] : [])),
    )
    for (const group of needed) {
      const variable = sudoPasswordVariable(group)
      if (io.env[variable] !== undefined) continue
      if (!io.canAsk) throw usageError('--ask-sudo-password needs a terminal', `set ${variable} instead`)
      const whose = group === undefined ? '' : ` of ${group}`
      asked.set(group, await io.askSecret(`sudo password${whose}: `, stop.stopping))
    }
  }
  return async (host) => {
    const group = groups.get(host)
    return asked.get(group) ?? io.env[sudoPasswordVariable(group)]
  }
}

/** Of a host whose address only other hosts report: no password but one that is typed for just this address. */
export async function sudoPasswordFor(
  { name, target }: Member,
  { askSudoPassword = false }: AskingOptions,
  io: Asking,
  stop: Stop,
): Promise<() => Promise<string>> {
  if (askSudoPassword && io.canAsk && target.transport === 'ssh') {
    const where = escapeLine(`${name} (${placeOf(target)?.words})`)
    const answer = await io.askSecret(`sudo password for ${where}: `, stop.stopping)
    return async () => answer
  }
  return async () => {
    throw new ConvergeError(
      'sudo-failed',
      'sudo requires a password, and none is sent unasked to an address that other hosts report',
      { host: name, step: 'exec', remedy: 'Run it in a terminal with --ask-sudo-password.' },
    )
  }
}

function groupOf({ target }: Member): string | undefined {
  return target.transport === 'ssh' ? target.ssh.sudoPasswordGroup : undefined
}
