import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What OpenSSH would take from the process and its user. */
export interface SshEnvironment {
  readonly homeDirectory: string
  readonly userName: string
  /** Socket of the ssh agent. */
  readonly agentSocket: string | undefined
  /** Read instead of the user's and the system's ssh_config, as `ssh -F`. */
  readonly configFile?: string
}

/** Lower-case keyword -> its values, as `ssh -G` prints them. */
export type SshConfig = ReadonlyMap<string, readonly string[]>

export interface SshConfigQuery {
  readonly address: string
  readonly user?: string | undefined
  readonly port?: number | undefined
}

// The system's snippets are read as well, so an Include of those is irrelevant; any other one may include anything.
const RELEVANT =
  /^\s*(?:match|hostname|user|port|identit(?:yfile|iesonly|yagent)|proxy(?:jump|command)|(?:user|global)knownhostsfile|hostkeyalias|connecttimeout|stricthostkeychecking|include(?!\s*=?\s*\/etc\/ssh\/ssh_config\.d\/))\b/im
const FORGIVEN = new Set(['ENOENT', 'ENOTDIR', 'EACCES'])
const run = promisify(execFile)

/**
 * Looks up OpenSSH's configuration of an address by `ssh -G`, which implements Include, Match and precedence. If no
 * configuration file sets anything relevant, or there is no ssh, the answer is empty and no process is started. Rejects
 * with ssh's own message if a configuration file is wrong.
 */
export function sshConfigReader(environment: SshEnvironment): (query: SshConfigQuery) => Promise<SshConfig> {
  const answers = new Map<string, Promise<SshConfig>>()
  let configured: Promise<boolean> | undefined
  return async (query) => {
    configured ??= isConfigured(environment)
    if (!(await configured)) return new Map()
    const key = JSON.stringify([query.address, query.user, query.port])
    const answer = answers.get(key) ?? ask(query, environment)
    answers.set(key, answer)
    return answer
  }
}

/** Parses the output of `ssh -G`. */
export function parseSshConfig(output: string): SshConfig {
  const config = new Map<string, string[]>()
  for (const line of output.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (keyword === undefined || value === undefined) continue
    config.set(keyword, [...(config.get(keyword) ?? []), value])
  }
  return config
}

async function ask(query: SshConfigQuery, environment: SshEnvironment): Promise<SshConfig> {
  const options = [
    ...(environment.configFile === undefined ? [] : ['-F', environment.configFile]),
    ...(query.user === undefined ? [] : ['-l', query.user]),
    ...(query.port === undefined ? [] : ['-p', String(query.port)]),
  ]
  try {
    // -T avoids a warning about the missing terminal.
    const { stdout } = await run('ssh', ['-T', '-G', ...options, '--', query.address], { timeout: 10_000 })
    return parseSshConfig(stdout)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
}

/** Whether the text of a configuration file sets anything that converge uses, for any address. */
export function isRelevant(text: string): boolean {
  return RELEVANT.test(text)
}

async function isConfigured(environment: SshEnvironment): Promise<boolean> {
  if (environment.configFile !== undefined) return true
  const texts = await Promise.all([
    readIfThere(join(environment.homeDirectory, '.ssh/config')),
    readIfThere('/etc/ssh/ssh_config'),
    ...(await systemSnippets()).map(readIfThere),
  ])
  return texts.some(isRelevant)
}

async function systemSnippets(): Promise<readonly string[]> {
  const directory = '/etc/ssh/ssh_config.d'
  return forgiving(async () => (await readdir(directory)).map((name) => join(directory, name)), [])
}

async function readIfThere(file: string): Promise<string> {
  return forgiving(() => readFile(file, 'utf8'), '')
}

/** Files that ssh could not read either count as absent. */
async function forgiving<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && FORGIVEN.has(String(error.code))) return otherwise
    throw error
  }
}
