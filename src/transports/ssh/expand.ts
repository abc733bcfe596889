import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname as localName } from 'node:os'
import { join, resolve } from 'node:path'
import type { SshEnvironment } from './config.ts'

/** What the tokens of ssh_config(5) stand for. */
export interface TokenSource {
  readonly address: string
  readonly hostname: string
  readonly user: string
  readonly port: number
  readonly hostKeyAlias: string | undefined
}

/** Expands `~`, tokens and `${VARIABLES}` of a file name. Throws with the reason if ssh would refuse it. */
export function expandAll(file: string, source: TokenSource, environment: SshEnvironment): string {
  const tokens = tokensOf(source, environment)
  return expandHome(file, environment, (text) =>
    text.replaceAll(/%(.?)|\$\{([^}]*)\}/g, (whole, token: string | undefined, variable: string) => {
      const value = token === undefined ? environment.variables[variable] : tokens[token]
      if (value !== undefined) return value
      throw new Error(
        token === undefined ? `the variable ${whole} is not set` : `${whole} is not one of its tokens`,
      )
    }),
  )
}

/** Expands `~` and `~user`; relative paths start at the working directory. */
export function expandHome(
  file: string,
  environment: SshEnvironment,
  expandRest = (text: string) => text,
): string {
  const [, user, rest = ''] = /^~([^/]*)(.*)$/s.exec(file) ?? []
  if (user === undefined) return resolve(expandRest(file))
  return join(user === '' ? environment.homeDirectory : homeOf(user), expandRest(rest))
}

function homeOf(user: string): string {
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n')
  const home = entries.map((entry) => entry.split(':')).find(([name]) => name === user)?.[5]
  if (home === undefined) throw new Error(`there is no user ${user} in /etc/passwd`)
  return home
}

function tokensOf(
  { address, hostname, user, port, hostKeyAlias }: TokenSource,
  environment: SshEnvironment,
): Readonly<Record<string, string>> {
  const local = localName()
  return {
    '%': '%',
    C: createHash('sha1').update(`${local}${hostname}${port}${user}`).digest('hex'),
    d: environment.homeDirectory,
    h: hostname,
    i: String(process.getuid?.() ?? ''),
    k: hostKeyAlias ?? address,
    L: local.replace(/\..*/, ''),
    l: local,
    n: address,
    p: String(port),
    r: user,
    u: environment.userName,
  }
}
