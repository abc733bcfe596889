import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { shared } from '../shared.ts'
import { isRelevant, linesOf, type SshConfig } from './keywords.ts'

/** What OpenSSH would take from the process and its user. */
export interface SshEnvironment {
  readonly homeDirectory: string
  readonly userName: string
  /** Environment variables; `SSH_AUTH_SOCK` is the socket of the ssh agent. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Read instead of the user's and the system's ssh_config, as `ssh -F`. */
  readonly configFile?: string
}

interface SshConfigQuery {
  readonly address: string
  readonly user?: string | undefined
  readonly port?: number | undefined
}

/** OpenSSH's configuration. Each question is asked once per run. */
export interface SshConfigs {
  /**
   * The settings of an address by `ssh -G`, which implements Include, Match, canonical names and precedence. If no
   * configuration file sets anything that `needed` relies on, the answer is empty and no process is started. Rejects
   * with ssh's own message if a configuration file is wrong, and if there is no ssh to read it.
   */
  read(query: SshConfigQuery, needed: 'login' | 'records'): Promise<SshConfig>
  /** Whether the values are those of an ssh without any configuration. */
  isBuiltIn(keyword: string, values: readonly string[]): Promise<boolean>
  /** `FILE:LINE` of the first line with the keyword; undefined if only an included file has it. */
  placeOf(keyword: string): Promise<string | undefined>
}

const FORGIVEN = new Set(['ENOENT', 'ENOTDIR', 'EACCES'])
const run = promisify(execFile)

export function sshConfigs(environment: SshEnvironment): SshConfigs {
  const { configFile } = environment
  const texts = shared((_: 'all') => configTexts(environment))
  const answers = shared((query: SshConfigQuery) => {
    const { address, user, port } = query
    const options = [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
    ]
    return ask([...options, '--', address], environment)
  })
  const builtIn = shared((_: 'all') => ask(['-F', 'none', '--', 'localhost'], environment))
  return {
    async read({ address, user, port }, needed) {
      const isConfigured =
        configFile !== undefined || (await texts.get('all')).some(({ text }) => isRelevant(text, needed))
      return isConfigured ? answers.get({ address, user, port }) : new Map()
    },
    async isBuiltIn(keyword, values) {
      return String((await builtIn.get('all')).get(keyword)) === String(values)
    },
    async placeOf(keyword) {
      const places = (await texts.get('all')).flatMap(({ file, text }) =>
        linesOf(text).flatMap((found) => (found.keyword === keyword ? [`${file}:${found.line}`] : [])),
      )
      return places[0]
    },
  }
}

/** Parses the output of `ssh -G`. */
export function parseSshConfig(output: string): SshConfig {
  const config = new Map<string, string[]>()
  for (const line of output.split('\n')) {
    const [, written, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (written === undefined || value === undefined) continue
    const keyword = written.toLowerCase()
    config.set(keyword, [...(config.get(keyword) ?? []), value])
  }
  return config
}

async function ask(options: readonly string[], { variables }: SshEnvironment): Promise<SshConfig> {
  const env = { ...process.env, ...variables }
  // -T avoids a warning about the missing terminal.
  const { stdout } = await run('ssh', ['-T', '-G', ...options], { timeout: 10_000, env })
  return parseSshConfig(stdout)
}

async function configTexts({ homeDirectory, configFile }: SshEnvironment) {
  const files =
    configFile === undefined
      ? [join(homeDirectory, '.ssh/config'), '/etc/ssh/ssh_config', ...(await systemSnippets())]
      : [configFile]
  return Promise.all(files.map(async (file) => ({ file, text: await readIfThere(file) })))
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
